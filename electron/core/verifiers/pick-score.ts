import { cosine, cosineGradient, finite } from './cosine.ts'

/**
 * PickScore (Kirstain et al. 2023, section 4): exp(logit scale) * cos(image, text).
 *
 * @param logitScale exp of the learned scale, as the manifest holds it
 */
export function pickScore(
  image: Float32Array | null,
  text: Float32Array | null,
  logitScale: number | null,
): number | null {
  const similarity = cosine(image, text)
  return similarity === null || logitScale === null ? null : finite(logitScale * similarity)
}

/**
 * The gradient of `pickScore` over the image's feature.
 *
 * @returns of the length of `image`; null where there is no score
 */
export function pickScoreGradient(
  image: Float32Array | null,
  text: Float32Array | null,
  logitScale: number | null,
): Float32Array | null {
  return logitScale === null
    ? null
    : (cosineGradient(image, text)?.map((value) => logitScale * value) ?? null)
}
