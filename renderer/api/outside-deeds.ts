/** Images from outside on their way into the library and out of it: each a deed that undo takes back. */

import { formatCountOf } from '../../shared/format.ts'
import type { GalleryApi, PictureId } from '../../shared/gallery.ts'
import type { UndoStack } from './undo.ts'

type Arrivals = { readonly added: readonly PictureId[]; readonly fresh: readonly PictureId[] }

/** Both resolve when the studio has answered and never reject. */
export type OutsideDeeds = {
  /**
   * Takes files in.
   *
   * @param add resolves with their pictures; `fresh` are those that the library did not have; must not reject
   * @returns what `add` resolved with
   */
  bring<Brought extends Arrivals>(add: () => Promise<Brought>): Promise<Brought>
  /** Removes those of these pictures that came from outside; what runs have made stays, and where that is all, says so. */
  remove(pictures: readonly PictureId[]): Promise<void>
}

/** Whether a picture came from outside: its number says so. */
export const isOutside = (picture: PictureId): boolean => picture < 0

export function createOutsideDeeds(
  api: Pick<GalleryApi, 'removePictures' | 'restorePictures'>,
  undo: UndoStack,
): OutsideDeeds {
  const remove = (pictures: readonly PictureId[]) => () => api.removePictures({ pictures })
  const restore = (pictures: readonly PictureId[]) => () => api.restorePictures({ pictures })

  return {
    async bring(add) {
      const arrivals = add()
      await undo.act(async () => {
        const { added, fresh } = await arrivals
        const label = `Added ${formatCountOf(fresh.length, 'picture')} from outside`
        if (fresh.length > 0) return { label, undo: remove(fresh), redo: restore(fresh) }
        if (added.length > 0) undo.say('Already in the library.')
        return null
      })
      return arrivals
    },
    async remove(pictures) {
      const outside = pictures.filter(isOutside)
      if (outside.length === 0) {
        undo.say('Only images from outside can be removed: a run stays whole. X rejects what a run has made.')
        return
      }
      await undo.act(async () => {
        await remove(outside)()
        const stays = outside.length === pictures.length ? '' : '; what runs have made stays'
        const label = `Removed ${formatCountOf(outside.length, 'picture')} from the library${stays}`
        return { label, undo: restore(outside), redo: remove(outside) }
      })
    },
  }
}
