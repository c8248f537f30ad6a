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
  /** Notes what has just been done, by the window alone. */
  done(deed: Deed): void
  /**
   * Does something that takes a while. It has its place among the deeds from the start, so that an undo on its heels is
   * of this one, and waits for it.
   *
   * @param work resolves with what was done, or with null where nothing was; a fault is said, and gives up the place
   * @returns what `work` resolved with, null after a fault; never rejects
   */
  act<Done extends Deed>(work: () => Promise<Done | null>): Promise<Done | null>
  /** Says something that cannot be undone, or why nothing was done. */
  say(text: string, isFault?: boolean): void
  undo(): Promise<void>
  redo(): Promise<void>
}

/** Deeds that are remembered; the oldest go first. */
const remembered = 200

/** A deed in its place, done or under way; `made` is null for one that came to nothing. */
type Entry = { label: string; readonly made: Promise<Deed | null> }

const nothingTo = { undo: 'There is nothing to undo.', redo: 'There is nothing to do again.' }
const saidOf = { undo: 'Undone', redo: 'Done again' }

export function createUndoStack(): UndoStack {
  const past: Entry[] = []
  const future: Entry[] = []
  const listeners = new Set<() => void>()
  let turn = 0
  let state: UndoState = { undo: null, redo: null, said: null }
  /** Deeds are undone in order, however fast the keys come. */
  let last: Promise<void> = Promise.resolve()

  const publish = (said: UndoState['said']) => {
    state = { undo: past.at(-1)?.label ?? null, redo: future.at(-1)?.label ?? null, said }
    for (const listener of listeners) listener()
  }
  const say = (text: string, isFault = false) => {
    turn++
    publish({ text, isFault, turn })
  }
  let newest: Entry | null = null
  /** @returns what can be done again no longer */
  const remember = (entry: Entry): readonly Entry[] => {
    past.push(entry)
    if (past.length > remembered) past.shift()
    newest = entry
    return future.splice(0)
  }
  const forget = (entry: Entry) => {
    for (const entries of [past, future]) {
      const place = entries.indexOf(entry)
      if (place >= 0) entries.splice(place, 1)
    }
  }

  /** The deed changes places with the key, so that the next key finds the next deed; the work follows in its turn. */
  const step = (way: 'undo' | 'redo'): Promise<void> => {
    const [from, to] = way === 'undo' ? [past, future] : [future, past]
    const entry = from.pop()
    if (entry !== undefined) to.push(entry)
    last = last.then(async () => {
      const deed = await entry?.made
      // One that came to nothing has said so itself.
      if (deed === null) return
      const work = deed?.[way]
      if (entry === undefined || deed === undefined || work === undefined) {
        if (entry !== undefined) forget(entry)
        return say(nothingTo[way])
      }
      try {
        await work.call(deed)
        if (deed.redo === undefined) forget(entry)
        say(`${saidOf[way]}: ${deed.label}`)
      } catch (thrown) {
        forget(entry)
        say(toErrorData(thrown).message, true)
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
      remember({ label: deed.label, made: Promise.resolve(deed) })
      say(deed.label)
    },
    async act<Done extends Deed>(work: () => Promise<Done | null>): Promise<Done | null> {
      const made = work().catch((thrown: unknown) => {
        say(toErrorData(thrown).message, true)
        return null
      })
      const entry: Entry = { label: 'what is under way', made }
      const forgotten = remember(entry)
      publish(state.said)
      const deed = await made
      if (deed === null) {
        forget(entry)
        // What came to nothing changed nothing: what was undone before it can be done again.
        if (newest === entry) future.unshift(...forgotten)
        publish(state.said)
      } else {
        entry.label = deed.label
        say(deed.label)
      }
      return deed
    },
    say,
    undo: () => step('undo'),
    redo: () => step('redo'),
  }
}
