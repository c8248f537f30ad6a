/**
 * Pictures in the size that a network takes, by the arithmetic of the libraries that people trained it with: Pillow's
 * for 8-bit pictures, to the last bit, and torch's for floats.
 */

import type { RgbImage } from '../../core/runs/adapters.ts'

type Size = { readonly width: number; readonly height: number }

/** A kernel of Pillow's `Resample.c`: how far it reaches, and its weight at a distance. */
type Kernel = { readonly support: number; readonly weight: (distance: number) => number }

const kernels = {
  bilinear: { support: 1, weight: (x: number) => Math.max(0, 1 - Math.abs(x)) },
  /** Keys 1981 with a = -1/2. */
  bicubic: { support: 2, weight: cubicWeight },
} as const satisfies Readonly<Record<string, Kernel>>

/** What 8-bit pictures are resampled with. */
export type PictureFilter = keyof typeof kernels

/** How a picture comes to the size of a network. */
type Fit = { readonly filter: PictureFilter } &
  /** Both sides change, whatever the proportions. */
  (
    | { readonly fit: 'exact' }
    | {
        readonly fit: 'shortest_edge_then_crop'
        /** Pixels of the shorter side before the crop, not less than the crop. */
        readonly size: number
        /**
         * Where an odd margin leaves the crop: `floor` as transformers' image processors, `half_even` as torchvision
         * (open_clip, ImageReward, DINOv2), whose crop lies one pixel further where the margin is 3, 7, 11, ... pixels.
         */
        readonly cropOffset: 'floor' | 'half_even'
      }
  )

/** Bits after the point of a weight: Pillow's PRECISION_BITS, 32 - 8 - 2. */
const fractionBits = 22

/**
 * A picture at the size a network takes. The longer side follows the shorter one, rounded down, as in transformers'
 * `get_resize_output_image_size` and torchvision's `Resize`.
 *
 * @throws RangeError for a crop that is larger than what it is cut from
 */
export function fitPicture(image: RgbImage, how: Fit, { width, height }: Size): RgbImage {
  if (how.fit === 'exact') return resize(image, { width, height }, how.filter)
  const { filter, size, cropOffset } = how
  if (width > size || height > size) {
    throw new RangeError(`Expected a crop within ${size} pixels, found ${width} x ${height}`)
  }
  const short = Math.min(image.width, image.height)
  const scaled = (side: number) => Math.trunc((size * side) / short)
  const whole = resize(image, { width: scaled(image.width), height: scaled(image.height) }, filter)
  const left = offsetOf(whole.width - width, cropOffset)
  const top = offsetOf(whole.height - height, cropOffset)
  const data = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * whole.width + left) * 3
    data.set(whole.data.subarray(from, from + width * 3), y * width * 3)
  }
  return { width, height, data }
}

function offsetOf(margin: number, cropOffset: 'floor' | 'half_even'): number {
  const down = Math.floor(margin / 2)
  return cropOffset === 'half_even' && margin % 4 === 3 ? down + 1 : down
}

/**
 * `Image.resize` of Pillow 13 for RGB pictures: with antialiasing, one axis after the other, 8 bits between the two.
 * Width comes first, unless the height loses more than twice as many pixels; before version 13 it always did, and such
 * pictures differ by one level here and there.
 *
 * @param size both sides at least 1
 */
export function resize(image: RgbImage, { width, height }: Size, filter: PictureFilter): RgbImage {
  const down = image.height - height
  const heightFirst = down > 0 && down > 2 * (image.width - width)
  const between = heightFirst ? toHeight(image, height, filter) : toWidth(image, width, filter)
  const resized = heightFirst ? toWidth(between, width, filter) : toHeight(between, height, filter)
  return resized === image ? { ...image, data: image.data.slice() } : resized
}

function toWidth(image: RgbImage, width: number, filter: PictureFilter): RgbImage {
  if (width === image.width) return image
  const data = resampleAxis(image.data, [image.height, image.width, 3], width, kernels[filter])
  return { width, height: image.height, data }
}

function toHeight(image: RgbImage, height: number, filter: PictureFilter): RgbImage {
  if (height === image.height) return image
  const data = resampleAxis(image.data, [1, image.height, image.width * 3], height, kernels[filter])
  return { width: image.width, height, data }
}

/** Resamples the middle axis of [outer, from, inner] bytes to a new length. */
function resampleAxis(
  source: Uint8Array,
  [outer, from, inner]: readonly [number, number, number],
  to: number,
  kernel: Kernel,
): Uint8Array {
  const { starts, counts, weights, most } = coefficients(from, to, kernel)
  // Writing to a clamped array clamps to 0..255; what is written is whole.
  const out = new Uint8ClampedArray(outer * to * inner)
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < to; i++) {
      const start = (o * from + (starts[i] ?? 0)) * inner
      const count = counts[i] ?? 0
      const target = (o * to + i) * inner
      for (let j = 0; j < inner; j++) {
        let sum = 1 << (fractionBits - 1)
        for (let k = 0; k < count; k++) {
          sum += (source[start + k * inner + j] ?? 0) * (weights[i * most + k] ?? 0)
        }
        out[target + j] = sum >> fractionBits
      }
    }
  }
  return new Uint8Array(out.buffer)
}

/** Weights of every output pixel over input pixels, as `precompute_coeffs` and `normalize_coeffs_8bpc` make them. */
function coefficients(from: number, to: number, { support, weight }: Kernel) {
  const scale = from / to
  // Shrinking widens the kernel, so that every input pixel counts.
  const stretch = Math.max(scale, 1)
  const reach = support * stretch
  const most = Math.ceil(reach) * 2 + 1
  const starts = new Int32Array(to)
  const counts = new Int32Array(to)
  const weights = new Int32Array(to * most)
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale
    const start = Math.max(0, Math.trunc(centre - reach + 0.5))
    const end = Math.min(from, Math.trunc(centre + reach + 0.5))
    const exact = Array.from({ length: end - start }, (_, k) =>
      weight((k + start - centre + 0.5) * (1 / stretch)),
    )
    const total = exact.reduce((sum, value) => sum + value, 0)
    starts[i] = start
    counts[i] = exact.length
    exact.forEach((value, k) => {
      const fixed = (total === 0 ? value : value / total) * 2 ** fractionBits
      weights[i * most + k] = Math.trunc(fixed < 0 ? fixed - 0.5 : fixed + 0.5)
    })
  }
  return { starts, counts, weights, most }
}

function cubicWeight(distance: number): number {
  const a = -0.5
  const x = Math.abs(distance)
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a
  return 0
}

/**
 * `F.interpolate(mode="bilinear", align_corners=False)` of torch, which pytorch-fid brings pictures to Inception's size
 * with: two neighbours along each axis, no antialiasing. Index and weights are float32 as in torch.
 *
 * @param planes [planes, from.height, from.width]
 * @returns [planes, to.height, to.width]
 */
export function interpolateBilinear(planes: Float32Array, from: Size, to: Size): Float32Array {
  const columns = neighbours(from.width, to.width)
  const rows = neighbours(from.height, to.height)
  const plane = from.width * from.height
  const count = planes.length / plane
  const out = new Float32Array(count * to.width * to.height)
  let next = 0
  for (let p = 0; p < count; p++) {
    for (const row of rows) {
      const upper = p * plane + row.first * from.width
      const lower = p * plane + row.second * from.width
      for (const { first, second, weight } of columns) {
        const above = (1 - weight) * (planes[upper + first] ?? NaN) + weight * (planes[upper + second] ?? NaN)
        const below = (1 - weight) * (planes[lower + first] ?? NaN) + weight * (planes[lower + second] ?? NaN)
        out[next++] = (1 - row.weight) * above + row.weight * below
      }
    }
  }
  return out
}

/** The two input pixels of each output pixel, and the weight of the second. */
function neighbours(from: number, to: number) {
  const scale = Math.fround(from / to)
  return Array.from({ length: to }, (_, i) => {
    // Rounded once: torch's builds fuse the multiplication and the subtraction.
    const at = Math.max(0, Math.fround(scale * (i + 0.5) - 0.5))
    const first = Math.min(Math.floor(at), from - 1)
    return { first, second: Math.min(first + 1, from - 1), weight: Math.min(1, Math.fround(at - first)) }
  })
}
