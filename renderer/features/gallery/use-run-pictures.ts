import { useMemo } from 'react'

import type { Flag, Picture, PictureId, Rating } from '../../../shared/gallery.ts'
import { useMarks, useQuery, valueOf } from '../../api/hooks.ts'
import type { RunImage } from '../../logic/run-image.ts'

/** The images of a run as pictures of the library: what marks, comparisons and pools hang on. */
export type RunPictures = {
  /** Null for a moment after an image has been finished. */
  idOf(image: RunImage): PictureId | null
  marksOf(image: RunImage): { readonly flag: Flag; readonly rating: Rating } | null
}

export function useRunPictures(runId: number): RunPictures {
  const pictures = valueOf(useQuery('picturesOfRun', { runId }))
  const marks = useMarks()
  const byImage = useMemo(() => {
    const found = new Map<string, Picture>()
    for (const picture of pictures ?? []) {
      if (picture.origin.kind === 'candidate') found.set(keyOf(picture.origin), picture)
    }
    return found
  }, [pictures])
  return {
    idOf: (image) => byImage.get(keyOf(image))?.id ?? null,
    marksOf(image) {
      const picture = byImage.get(keyOf(image))
      return picture === undefined ? null : marks.of(picture)
    },
  }
}

function keyOf({ arm, seq }: RunImage): string {
  return `${arm} ${seq}`
}
