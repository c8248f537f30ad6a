import { cosine } from './cosine.ts'

/**
 * The weight of a class for zero-shot classification (Radford et al. 2021, section 3.1.4): the normalised mean of the
 * normalised features of several sentences about the class.
 *
 * @param sentences features of the text tower, of one length, at least one
 * @returns a vector of norm 1, or null where a feature has no direction or they cancel out
 */
export function zeroShotWeight(sentences: readonly Float32Array[]): Float32Array | null {
  const sum = new Float64Array(sentences[0]?.length ?? 0)
  for (const sentence of sentences) {
    const norm = Math.hypot(...sentence)
    sentence.forEach((value, i) => {
      sum[i] = (sum[i] ?? 0) + value / norm
    })
  }
  const norm = Math.hypot(...sum)
  if (!Number.isFinite(norm) || norm === 0) return null
  return Float32Array.from(sum, (value) => value / norm)
}

/**
 * Agreement of an image with a class (METHOD, section 5): the cosine of its feature with the class's weight.
 *
 * @returns -1 to 1, or null where one of the two is missing
 */
export function clipZeroShot(image: Float32Array | null, weight: Float32Array | null): number | null {
  return cosine(image, weight)
}
