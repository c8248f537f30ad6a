/** Between the tensors of models, [batch, 3, height, width], and 8-bit pictures, row by row with RGB interleaved. */

import type { RgbImage } from '../../core/runs/adapters.ts'

type Rgb = readonly [number, number, number]

/**
 * A decoder's output as pictures: [-1, 1] becomes 0..255 by x/2 + 0.5, clamped, times 255, rounded half to even, each
 * operation in float32 as in torch.
 *
 * @param pixels [batch, 3, height, width], finite
 */
export function toPictures(
  pixels: Float32Array,
  batch: number,
  width: number,
  height: number,
): readonly RgbImage[] {
  const plane = width * height
  return Array.from({ length: batch }, (_, sample) => {
    // Writing to a clamped array clamps to 0..255 and rounds half to even (ECMA-262, ToUint8Clamp).
    const data = new Uint8ClampedArray(plane * 3)
    for (let channel = 0; channel < 3; channel++) {
      const from = (sample * 3 + channel) * plane
      for (let i = 0; i < plane; i++) {
        data[i * 3 + channel] = Math.fround(Math.fround((pixels[from + i] ?? 0) / 2 + 0.5) * 255)
      }
    }
    return { width, height, data: new Uint8Array(data.buffer) }
  })
}

/**
 * Pictures as a verifier's input: [0, 1], minus the mean, over the standard deviation, per channel, each in float32.
 *
 * @param images all of the same size
 * @returns [images, 3, height, width]
 */
export function toPixels(images: readonly RgbImage[], mean: Rgb, std: Rgb): Float32Array {
  const plane = (images[0]?.width ?? 0) * (images[0]?.height ?? 0)
  const pixels = new Float32Array(images.length * 3 * plane)
  // Only 256 values exist for a channel.
  const tables = mean.map((centre, channel) => {
    const [mu, sigma] = [Math.fround(centre), Math.fround(std[channel] ?? NaN)]
    return Float32Array.from({ length: 256 }, (_, byte) => Math.fround(Math.fround(byte / 255) - mu) / sigma)
  })
  images.forEach(({ data }, sample) => {
    tables.forEach((table, channel) => {
      const to = (sample * 3 + channel) * plane
      for (let i = 0; i < plane; i++) pixels[to + i] = table[data[i * 3 + channel] ?? 0] ?? 0
    })
  })
  return pixels
}

/**
 * The way back through `toPixels` and `toPictures`: the gradient of a verifier's input to that of a decoder's pixels.
 * A decoder's pixel p is p / 2 + 1/2 in [0, 1], so that is the factor 1 / (2 std) of its channel; the rounding to 8 bits
 * between the two is passed straight through.
 *
 * @param gradient [images, 3, height, width]
 */
export function pixelsGradient(gradient: Float32Array, std: Rgb, images: number): Float32Array {
  const plane = gradient.length / images / 3
  return gradient.map((value, i) => value / (2 * (std[Math.floor(i / plane) % 3] ?? NaN)))
}
