/**
 * Answers of the studio, kept by question: asked once however many views want them, asked again when an event says
 * that they have changed. The old answer stays until the new one is there, so that nothing blinks.
 */

import { toErrorData } from '../../shared/errors.ts'
import type { ErrorData } from '../../shared/errors.ts'

/** What is known of an answer. A failed question keeps the last good answer beside the error. */
export type Query<Value> =
  | { readonly kind: 'loading' }
  | { readonly kind: 'ready'; readonly value: Value }
  | { readonly kind: 'failed'; readonly error: ErrorData; readonly last: Value | null }

export type QueryCache = {
  read(key: string): Query<unknown>
  /** Asks if nobody has, and calls back on every change until the returned function is called. */
  subscribe(key: string, ask: () => Promise<unknown>, listener: () => void): () => void
  /** Asks again for what is shown, forgets what is not. */
  invalidate(matches: (key: string) => boolean): void
  /** The same for one question; resolves when what is known is as new as this call, or cannot be had. */
  renew(key: string): Promise<void>
}

type Entry = {
  state: Query<unknown>
  ask: () => Promise<unknown>
  readonly listeners: Set<() => void>
  asking: boolean
  /** Counts the wishes to ask; one that comes while the question is on its way makes its answer old already. */
  wishes: number
  /** Called when the wish of this number has been answered. */
  readonly waiting: Map<number, () => void>
}

/** Answers that nobody shows are kept up to this many, the oldest go first. */
const maxIdle = 64

const loading: Query<unknown> = { kind: 'loading' }

export function createQueryCache(): QueryCache {
  const entries = new Map<string, Entry>()

  const fetchInto = async (entry: Entry): Promise<void> => {
    entry.wishes++
    if (entry.asking) return
    entry.asking = true
    let answered: number
    do {
      answered = entry.wishes
      try {
        entry.state = { kind: 'ready', value: await entry.ask() }
      } catch (thrown) {
        entry.state = { kind: 'failed', error: toErrorData(thrown), last: valueOf(entry.state) }
      }
      for (const listener of entry.listeners) listener()
      for (const [wish, done] of entry.waiting) {
        if (wish > answered) continue
        entry.waiting.delete(wish)
        done()
      }
    } while (answered !== entry.wishes)
    entry.asking = false
  }

  const dropIdle = () => {
    const idle = [...entries].filter(([, entry]) => entry.listeners.size === 0)
    for (const [key] of idle.slice(0, Math.max(0, idle.length - maxIdle))) entries.delete(key)
  }

  return {
    read: (key) => entries.get(key)?.state ?? loading,
    subscribe(key, ask, listener) {
      const known = entries.get(key)
      const entry = known ?? {
        state: loading,
        ask,
        listeners: new Set(),
        asking: false,
        wishes: 0,
        waiting: new Map(),
      }
      const untried = known === undefined || (known.listeners.size === 0 && known.state.kind === 'failed')
      entry.listeners.add(listener)
      entries.set(key, entry)
      if (untried) {
        void fetchInto(entry)
        dropIdle()
      }
      return () => entry.listeners.delete(listener)
    },
    invalidate(matches) {
      for (const [key, entry] of entries) {
        if (!matches(key)) continue
        if (entry.listeners.size === 0 && !entry.asking) entries.delete(key)
        else void fetchInto(entry)
      }
    },
    async renew(key) {
      const entry = entries.get(key)
      if (entry === undefined) return
      const answered = new Promise<void>((resolve) => entry.waiting.set(entry.wishes + 1, resolve))
      void fetchInto(entry)
      await answered
    },
  }
}

function valueOf(state: Query<unknown>): unknown {
  switch (state.kind) {
    case 'ready':
      return state.value
    case 'failed':
      return state.last
    case 'loading':
      return null
  }
}
