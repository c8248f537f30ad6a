import { cosine, cosineGradient } from './cosine.ts'

/**
 * CLIPScore (Hessel et al. 2021, section 3): 2.5 * max(cos(image, text), 0), the caption prefixed with
 * "A photo depicts " (the prefix stands in the verifier pack's manifest).
 *
 * @param image feature of the image tower, any length, need not be normalised
 * @param text feature of the text tower, same length
 * @returns 0 to 2.5, or null where a feature is missing, has no direction or is not finite: no score, never zero
 */
export function clipScore(image: Float32Array | null, text: Float32Array | null): number | null {
  const similarity = cosine(image, text)
  return similarity === null ? null : 2.5 * Math.max(similarity, 0)
}

/**
 * The gradient of `clipScore` over the image's feature; zero where image and text point away from each other.
 *
 * @returns of the length of `image`; null where there is no score
 */
export function clipScoreGradient(
  image: Float32Array | null,
  text: Float32Array | null,
): Float32Array | null {
  const factor = (cosine(image, text) ?? 0) > 0 ? 2.5 : 0
  return cosineGradient(image, text)?.map((value) => factor * value) ?? null
}
