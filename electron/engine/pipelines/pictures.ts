/** Pictures on their way into a verifier or the judge. */

import { StudioError } from '../../../shared/errors.ts'
import type { RgbImage } from '../../core/runs/adapters.ts'
import type { JudgePackManifest, VerifierPackManifest } from '../../packs/manifest.ts'
import { toPixels } from '../image/pixels.ts'
import type { Feed } from '../sessions.ts'
import { enoughRows } from './rows.ts'

/**
 * Pictures as a pack's networks take them: [rows, 3, height, width], at least two rows (see rows.ts), of which the
 * first belong to `images`.
 *
 * @throws `bad_input` when a picture has another size than the pack was trained for
 */
export function picturesFeed(
  { id, image }: VerifierPackManifest | JudgePackManifest,
  images: readonly RgbImage[],
): { readonly feed: Feed; readonly rows: number } {
  for (const { width, height } of images) {
    if (width === image.width && height === image.height) continue
    throw new StudioError(
      'bad_input',
      `Pack ${id}: expected pictures of ${image.width} x ${image.height}, found ${width} x ${height}. Choose a verifier made for this pack's pictures.`,
    )
  }
  const shown = enoughRows(images)
  const data = toPixels(shown, image.mean, image.std)
  const dims = [shown.length, 3, image.height, image.width]
  return { feed: { type: 'float32', data, dims }, rows: shown.length }
}

/** The values of each sample, in order, for the first `count` of `rows`; null where one of them is not finite. */
export function finiteRows(
  values: Float32Array,
  rows: number,
  count: number,
): readonly (Float32Array | null)[] {
  const size = values.length / rows
  return Array.from({ length: count }, (_, i) => {
    const row = values.slice(i * size, (i + 1) * size)
    return row.every(Number.isFinite) ? row : null
  })
}
