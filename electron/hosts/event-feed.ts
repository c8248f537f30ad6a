/**
 * What one view still has to be told, kept small however slow the view is.
 *
 * A view takes events when it is ready for them; meanwhile a newer progress of a run replaces the older one and a
 * second "run changed" is the same as the first. So the feed holds at most two events a run and one an import, and the
 * engine never waits for a window.
 */

import { assertNever } from '../../shared/assert-never.ts'
import type { StudioApi, StudioEvent } from '../../shared/contract.ts'

/** The part of the studio that a feed reads. */
export type EventSource = {
  readonly api: Pick<StudioApi, 'progress'>
  onEvent(listener: (event: StudioEvent) => void): () => void
}

export type EventFeed = {
  /**
   * Everything that has not been taken yet, oldest first; waits for the first event when there is none. The first
   * answer begins with the live runs of this moment. Empty only after `close`.
   */
  next(): Promise<readonly StudioEvent[]>
  /** Ends the subscription and answers whoever waits in `next`. */
  close(): void
}

/** Subscribes to the studio and asks it for the live runs. */
export async function openEventFeed(source: EventSource): Promise<EventFeed> {
  const pending = new Map<string, StudioEvent>()
  const waiting = new Set<() => void>()
  let closed = false

  const wakeAll = () => {
    for (const wake of waiting) wake()
    waiting.clear()
  }
  const add = (event: StudioEvent) => {
    const key = keyOf(event)
    pending.delete(key)
    pending.set(key, event)
    wakeAll()
  }
  const unsubscribe = source.onEvent(add)
  const close = () => {
    closed = true
    unsubscribe()
    pending.clear()
    wakeAll()
  }

  try {
    for (const progress of await source.api.progress()) {
      const event: StudioEvent = { kind: 'progress', progress }
      // What arrived during the question is newer than its answer.
      if (!pending.has(keyOf(event))) add(event)
    }
  } catch (error) {
    close()
    throw error
  }

  return {
    close,
    async next() {
      while (pending.size === 0 && !closed) await new Promise<void>((resolve) => waiting.add(resolve))
      const events = [...pending.values()]
      pending.clear()
      return events
    },
  }
}

function keyOf(event: StudioEvent): string {
  switch (event.kind) {
    case 'progress':
      return `progress ${event.progress.runId}`
    case 'run-changed':
      return `changed ${event.runId}`
    case 'import-changed':
      return `import ${event.importId}`
    case 'packs-changed':
    case 'pictures-changed':
    case 'court-changed':
    case 'preferences-changed':
      return event.kind
    default:
      return assertNever(event, 'event of the studio')
  }
}
