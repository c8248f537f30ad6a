/**
 * Flags and stars as the window shows them: at once, before the studio has written them down, and back as they were if
 * it cannot.
 */

import { formatCountOf } from '../../shared/format.ts'
import type { Flag, GalleryApi, Mark, Picture, PictureId, Rating } from '../../shared/gallery.ts'
import type { PictureStore } from './pictures.ts'
import type { UndoStack } from './undo.ts'

/** What a person changes; what is left out stays. */
export type MarkChange = { readonly flag?: Flag; readonly rating?: Rating }

export type Marks = {
  version(): number
  subscribe(listener: () => void): () => void
  /** A picture's mark as this window has it. */
  of(picture: Pick<Picture, 'id' | 'flag' | 'rating'>): { readonly flag: Flag; readonly rating: Rating }
  /** Marks pictures, as one deed that undo takes back. Never rejects: what went wrong is said beside the undo. */
  set(pictures: readonly PictureId[], change: MarkChange): Promise<void>
}

/**
 * @param renew asks for the details of pictures anew, and resolves when they have come: until then a mark is shown ahead
 *   of them, however long that takes
 */
export function createMarks(
  api: Pick<GalleryApi, 'mark' | 'restoreMarks'>,
  undo: UndoStack,
  renew: PictureStore['renew'],
): Marks {
  const ahead = new Map<PictureId, MarkChange>()
  const listeners = new Set<() => void>()
  let version = 0

  const publish = () => {
    version++
    for (const listener of listeners) listener()
  }
  const show = (change: ReadonlyMap<PictureId, MarkChange>): (() => void) => {
    for (const [id, one] of change) ahead.set(id, { ...ahead.get(id), ...one })
    publish()
    const mine = new Map([...change.keys()].map((id) => [id, ahead.get(id)]))
    return () => {
      // A later change of the same picture is not this one's to take back.
      for (const [id, one] of mine) if (ahead.get(id) === one) ahead.delete(id)
      publish()
    }
  }
  /** Shows a change while the studio is told of it, and until its own details have it. */
  const told = async <Result>(
    change: ReadonlyMap<PictureId, MarkChange>,
    tell: () => Promise<Result>,
  ): Promise<Result> => {
    const hide = show(change)
    try {
      const result = await tell()
      void renew([...change.keys()]).then(hide)
      return result
    } catch (error) {
      hide()
      throw error
    }
  }
  /** What the deed changed, and no more: another window may have changed the rest since. */
  const restore = (marks: readonly Mark[], { flag, rating }: MarkChange) => {
    const parts = marks.map((mark) => ({
      picture: mark.picture,
      ...(flag === undefined ? {} : { flag: mark.flag }),
      ...(rating === undefined ? {} : { rating: mark.rating }),
    }))
    return told(new Map(parts.map(({ picture, ...part }) => [picture, part])), () =>
      api.restoreMarks({ marks: parts }),
    )
  }

  return {
    version: () => version,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    of({ id, flag, rating }) {
      const change = ahead.get(id)
      return change === undefined ? { flag, rating } : { flag, rating, ...change }
    },
    async set(pictures, change) {
      if (pictures.length === 0) return
      await undo.act(async () => {
        const tell = () => api.mark({ pictures, ...change })
        let before = await told(new Map(pictures.map((id) => [id, change])), tell)
        const turnBack = async () => {
          before = await restore(before, change)
        }
        return { label: deedOf(change, pictures.length), undo: turnBack, redo: turnBack }
      })
    },
  }
}

/** `Picked 3 pictures`, `Rated 1 picture 4 stars`. */
function deedOf({ flag, rating }: MarkChange, count: number): string {
  const what = formatCountOf(count, 'picture')
  if (rating !== undefined) {
    if (rating === 0) return `Took the stars off ${what}`
    return `Rated ${what} ${formatCountOf(rating, 'star')}`
  }
  if (flag === 'pick') return `Picked ${what}`
  return flag === 'reject' ? `Rejected ${what}` : `Cleared the flag of ${what}`
}
