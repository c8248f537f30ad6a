/** Which image of a run is meant: by arm and sequence, since the same image may stand in several columns. */

import type { Arm, Candidate, Preview, RunDetail } from '../../shared/domain.ts'
import { isImage } from '../../shared/figure.ts'
import { formatLevel } from '../../shared/format.ts'
import type { PictureId } from '../../shared/gallery.ts'
import type { AlgorithmId } from '../../shared/vocabulary.ts'

export type RunImage = { readonly arm: Arm; readonly seq: number }

export function isSame(a: RunImage | null, b: RunImage | null): boolean {
  return a !== null && b !== null && a.arm === b.arm && a.seq === b.seq
}

/** An image's picture in the library, what its marks hang on; null for a moment after it was finished. */
export function pictureOf({ pictures }: RunDetail, { arm, seq }: RunImage): PictureId | null {
  return pictures[arm][seq] ?? null
}

/** The element id of an image in the strip of candidates. */
export function stripTileId({ arm, seq }: RunImage): string {
  return `strip-${arm}-${seq}`
}

/** The preview of one image of a run in the making. */
export function previewOf(previews: readonly Preview[], wanted: RunImage): Preview | null {
  return previews.find((preview) => isSame(preview, wanted)) ?? null
}

/** What a screen reader says for an image, and what stands in for it while it loads. */
export function imageAlt(run: RunDetail, image: Candidate): string {
  return `${run.spec.prompt}, ${nameOf(run, image)}`
}

/** An image in a few words; for an unfinished sample that it is none yet. */
function nameOf(run: RunDetail, image: Candidate): string {
  switch (image.arm) {
    case 'search':
      return `${unfinishedName(run, image) ?? 'candidate'} ${image.seq}`
    case 'baseline':
      return `one noise with ${image.steps} steps`
    case 'final':
      return `candidate ${image.seq} made again with ${image.steps} steps`
  }
}

/** What an unfinished sample is called, with its noise level: `draft σ 0.75`. Null for an image. */
export function unfinishedName({ spec }: RunDetail, image: Candidate): string | null {
  if (isImage(image)) return null
  const names: Readonly<Partial<Record<AlgorithmId, string>>> = {
    search_over_paths: 'path',
    fk_steering: 'particle',
  }
  return `${names[spec.algorithm] ?? 'draft'} σ ${formatLevel(image.level)}`
}
