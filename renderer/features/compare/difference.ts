/** The difference of two pictures as a picture. Pure: pixels go in, pixels come out. */

export type Difference = {
  /** RGBA, opaque: the absolute difference of each channel, amplified. Black where both are the same. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>
  /** Of all channels, before it is amplified; of 255. */
  readonly mean: number
  readonly largest: number
}

/**
 * @param a RGBA, of the same size as `b`
 * @param gain how many times the difference is amplified; what exceeds 255 is cut off there
 */
export function differenceOf(a: Uint8ClampedArray, b: Uint8ClampedArray, gain: number): Difference {
  if (a.length !== b.length) {
    throw new Error(`Expected two pictures of the same size, found ${a.length} and ${b.length} bytes.`)
  }
  const pixels = new Uint8ClampedArray(a.length)
  let sum = 0
  let largest = 0
  for (let index = 0; index < a.length; index++) {
    if (index % 4 === 3) {
      pixels[index] = 255
      continue
    }
    const difference = Math.abs((a[index] ?? 0) - (b[index] ?? 0))
    sum += difference
    if (difference > largest) largest = difference
    pixels[index] = difference * gain
  }
  return { pixels, mean: a.length === 0 ? 0 : sum / ((a.length / 4) * 3), largest }
}

/** What the difference says, in words. */
export function describeDifference({ mean, largest }: Pick<Difference, 'mean' | 'largest'>): string {
  if (largest === 0) return 'The two are the same, pixel for pixel.'
  return `On average ${mean.toFixed(1)} of 255 apart, at most ${largest}.`
}
