/** Which image of a run is meant: by arm and sequence, since the same image may stand in several columns. */

import type { Arm, Candidate, Preview } from '../../../shared/domain.ts'
import { isImage } from '../../logic/figure.ts'
import { formatLevel } from '../../logic/format.ts'

export type Selection = { readonly arm: Arm; readonly seq: number }

export function isSame(a: Selection | null, b: Selection | null): boolean {
  return a !== null && b !== null && a.arm === b.arm && a.seq === b.seq
}

/** The element id of an image in the strip of candidates. */
export function stripTileId({ arm, seq }: Selection): string {
  return `strip-${arm}-${seq}`
}

/** The preview of one image of a run in the making. */
export function previewOf(previews: readonly Preview[], wanted: Selection): Preview | null {
  return previews.find((preview) => isSame(preview, wanted)) ?? null
}

/** What a screen reader says for an image, and what stands in for it while it loads. */
export function imageAlt(prompt: string, image: Candidate): string {
  return `${prompt}, ${nameOf(image)}`
}

/** An image in a few words: what it is, and for a draft or a path that it is none yet. */
export function nameOf(image: Candidate): string {
  switch (image.arm) {
    case 'search':
      return isImage(image)
        ? `candidate ${image.seq}`
        : `draft ${image.seq} at noise level ${formatLevel(image.level)}`
    case 'baseline':
      return `one noise with ${image.steps} steps`
    case 'final':
      return `candidate ${image.seq} made again with ${image.steps} steps`
  }
}
