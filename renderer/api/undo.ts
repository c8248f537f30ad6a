/** One undo for the whole window: marks, boards, votes, steering, settings. What was done last is taken back first. */

import { toErrorData } from '../../shared/errors.ts'

/** Something that a person did and may take back. */
export type Deed = {
  /** In the past tense, for people: `Picked 3 pictures`. */
  readonly label: string
  undo(): Promise<unknown>
  /** Left out where it cannot be done again. */
  redo?(): Promise<unknown>
}

export type UndoState = {
  /** What undo and redo would act on; null for nothing. */
  readonly undo: string | null
  readonly redo: string | null
  /** What was done, undone or refused last, for the line that says so; `turn` tells two equal ones apart. */
  readonly said: { readonly text: string; readonly isFault: boolean; readonly turn: number } | null
}

export type UndoStack = {
  snapshot(): UndoState
  subscribe(listener: () => void): () => void
  /** Notes what has just been done. */
  done(deed: Deed): void
  /** Takes back that something was done: it turned out not to be. */
  forget(deed: Deed): void
  /** Says something that cannot be undone, or why nothing was done. */
  say(text: string, isFault?: boolean): void
  undo(): Promise<void>
  redo(): Promise<void>
}

/** Deeds that are remembered; the oldest go first. */
const remembered = 200

export function createUndoStack(): UndoStack {
  const past: Deed[] = []
  const future: Deed[] = []
  const listeners = new Set<() => void>()
  let turn = 0
  let state: UndoState = { undo: null, redo: null, said: null }
  /** Deeds are undone in order, however fast the keys come. */
  let last: Promise<void> = Promise.resolve()

  const publish = (text: string, isFault = false) => {
    turn++
    state = {
      undo: past.at(-1)?.label ?? null,
      redo: future.at(-1)?.label ?? null,
      said: { text, isFault, turn },
    }
    for (const listener of listeners) listener()
  }

  const step = (from: Deed[], work: (deed: Deed) => Promise<string>, nothing: string): Promise<void> => {
    last = last.then(async () => {
      const deed = from.pop()
      if (deed === undefined) return publish(nothing)
      try {
        publish(await work(deed))
      } catch (thrown) {
        publish(toErrorData(thrown).message, true)
      }
    })
    return last
  }

  return {
    snapshot: () => state,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    done(deed) {
      past.push(deed)
      if (past.length > remembered) past.shift()
      future.length = 0
      publish(deed.label)
    },
    forget(deed) {
      const place = past.lastIndexOf(deed)
      if (place >= 0) past.splice(place, 1)
    },
    say: publish,
    undo: () =>
      step(
        past,
        async (deed) => {
          await deed.undo()
          if (deed.redo !== undefined) future.push(deed)
          return `Undone: ${deed.label}`
        },
        'There is nothing to undo.',
      ),
    redo: () =>
      step(
        future,
        async (deed) => {
          await deed.redo?.()
          past.push(deed)
          return `Done again: ${deed.label}`
        },
        'There is nothing to do again.',
      ),
  }
}
