import { cosine, finite } from './cosine.ts'

/**
 * SigLIP's probability that image and text belong together (Zhai et al. 2023, "Sigmoid Loss for Language Image
 * Pre-Training", section 3.2): sigmoid(exp(logit scale) * cos(image, text) + logit bias).
 *
 * @param logitScale exp of the learned scale, as the manifest holds it; @param logitBias as learned, usually below 0
 * @returns 0 to 1, or null where a part is missing or not finite: no score, never zero
 */
export function siglipScore(
  image: Float32Array | null,
  text: Float32Array | null,
  { logitScale, logitBias }: { readonly logitScale: number | null; readonly logitBias: number | null },
): number | null {
  const similarity = cosine(image, text)
  if (similarity === null || logitScale === null || logitBias === null) return null
  return finite(1 / (1 + Math.exp(-(logitScale * similarity + logitBias))))
}
