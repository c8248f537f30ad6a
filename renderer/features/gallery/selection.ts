/** Which image of a run is meant: by arm and sequence, since the same image may stand in several columns. */

import type { Arm, Candidate, Preview } from '../../../shared/domain.ts'

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
  return image.arm === 'search'
    ? `${prompt}, candidate ${image.seq}`
    : `${prompt}, one noise with ${image.steps} steps`
}
