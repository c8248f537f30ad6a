/** A picture made smaller, for a tile. */

/** 8-bit sRGB, row by row, RGB or RGBA interleaved; transparency is not multiplied into the colours. */
export type Pixels = {
  readonly width: number
  readonly height: number
  readonly channels: 3 | 4
  readonly data: Uint8Array
}

/** IEC 61966-2-1, from 8 bits to light in [0, 1]. */
const light = Float64Array.from({ length: 256 }, (_, byte) => {
  const value = byte / 255
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
})

/** The way back; writing to a clamped array rounds. */
function byteOf(linear: number): number {
  return 255 * (linear <= 0.0031308 ? linear * 12.92 : 1.055 * linear ** (1 / 2.4) - 0.055)
}

/**
 * Area averaging: each pixel of the result is the mean of what lies under it, pixels that it covers in part by that
 * part. Light is what is averaged: means of sRGB's bytes make fine patterns darker than they look. Where a picture is
 * transparent its colours count as little as they are seen.
 *
 * Proportions are kept to the nearest whole pixel; no side becomes less than 1. What is no larger than `side` comes back
 * as it is.
 *
 * @param side pixels of the longer side, at least 1
 */
export function shrink(picture: Pixels, side: number): Pixels {
  const { channels, data } = picture
  const scale = side / Math.max(picture.width, picture.height)
  if (scale >= 1) return picture
  const width = Math.max(1, Math.round(picture.width * scale))
  const height = Math.max(1, Math.round(picture.height * scale))
  const columns = shares(picture.width, width)
  const rows = shares(picture.height, height)

  const sums = new Float64Array(width * height * channels)
  const line = new Float64Array(width * channels)
  for (let y = 0; y < picture.height; y++) {
    line.fill(0)
    for (let x = 0; x < picture.width; x++) {
      const from = (y * picture.width + x) * channels
      const left = (columns.first[x] ?? 0) * channels
      const right = (columns.second[x] ?? 0) * channels
      const ofLeft = columns.ofFirst[x] ?? 0
      const ofRight = columns.ofSecond[x] ?? 0
      const alpha = channels === 4 ? (data[from + 3] ?? 0) / 255 : 1
      for (let channel = 0; channel < channels; channel++) {
        const value = channel === 3 ? alpha : (light[data[from + channel] ?? 0] ?? 0) * alpha
        line[left + channel] = (line[left + channel] ?? 0) + value * ofLeft
        line[right + channel] = (line[right + channel] ?? 0) + value * ofRight
      }
    }
    const upper = (rows.first[y] ?? 0) * line.length
    const lower = (rows.second[y] ?? 0) * line.length
    const ofUpper = rows.ofFirst[y] ?? 0
    const ofLower = rows.ofSecond[y] ?? 0
    for (let at = 0; at < line.length; at++) {
      sums[upper + at] = (sums[upper + at] ?? 0) + (line[at] ?? 0) * ofUpper
      sums[lower + at] = (sums[lower + at] ?? 0) + (line[at] ?? 0) * ofLower
    }
  }

  const bytes = new Uint8ClampedArray(sums.length)
  for (let pixel = 0; pixel < sums.length; pixel += channels) {
    const alpha = channels === 4 ? (sums[pixel + 3] ?? 0) : 1
    if (alpha === 0) continue
    for (let channel = 0; channel < 3; channel++) {
      bytes[pixel + channel] = byteOf((sums[pixel + channel] ?? 0) / alpha)
    }
    if (channels === 4) bytes[pixel + 3] = 255 * alpha
  }
  return { width, height, channels, data: new Uint8Array(bytes.buffer) }
}

/**
 * Along one axis, which two pixels of the result each pixel lies in, and how much of it is of each: in parts of a pixel
 * of the result, so that what lies in one adds up to 1. Most lie in one alone; the second's part is then 0.
 */
function shares(from: number, to: number) {
  const size = to / from
  const first = Int32Array.from({ length: from }, (_, at) => Math.min(to - 1, Math.floor(at * size)))
  const second = first.map((pixel) => Math.min(to - 1, pixel + 1))
  const ofFirst = Float64Array.from(first, (pixel, at) => Math.min(size, pixel + 1 - at * size))
  return { first, second, ofFirst, ofSecond: ofFirst.map((part) => size - part) }
}
