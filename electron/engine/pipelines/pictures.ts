/** Pictures on their way into a verifier or the judge. */

import { StudioError } from '../../../shared/errors.ts'
import type { RgbImage } from '../../core/runs/adapters.ts'
import type { JudgePackManifest, VerifierPackManifest } from '../../packs/manifest.ts'
import { toPixels } from '../image/pixels.ts'
import { fitPicture, interpolateBilinear } from '../image/resize.ts'
import type { Feed } from '../sessions.ts'
import { enoughRows } from './rows.ts'

/**
 * Pictures as a pack's networks take them: [rows, 3, height, width], at least two rows (see rows.ts), of which the
 * first belong to `images`.
 *
 * @throws `bad_input` when a picture has another size than the pack was trained for, and the pack does not say how
 * pictures come to that size
 */
export function picturesFeed(
  { id, image }: VerifierPackManifest | JudgePackManifest,
  images: readonly RgbImage[],
): { readonly feed: Feed; readonly rows: number } {
  const { resize, mean, std, width, height } = image
  const shown = enoughRows(images)
  const dims = [shown.length, 3, height, width]
  if (resize?.fit === 'interpolated') {
    const data = new Float32Array(shown.length * 3 * height * width)
    const plane = height * width
    shown.forEach((picture, row) => {
      // To 0..1, then to size, then by mean and standard deviation: pytorch-fid's order.
      const unit = interpolateBilinear(toPixels([picture], [0, 0, 0], [1, 1, 1]), picture, image)
      unit.forEach((value, i) => {
        const channel = Math.floor(i / plane)
        data[row * 3 * plane + i] = (value - (mean[channel] ?? NaN)) / (std[channel] ?? NaN)
      })
    })
    return { feed: { type: 'float32', data, dims }, rows: shown.length }
  }
  const fitted = shown.map((picture) => {
    if (resize !== undefined) return fitPicture(picture, resize, image)
    if (picture.width === width && picture.height === height) return picture
    throw new StudioError(
      'bad_input',
      `Pack ${id}: expected pictures of ${width} x ${height}, found ${picture.width} x ${picture.height}. Choose a verifier made for this pack's pictures.`,
    )
  })
  return { feed: { type: 'float32', data: toPixels(fitted, mean, std), dims }, rows: shown.length }
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
