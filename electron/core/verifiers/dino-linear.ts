import { finite } from './cosine.ts'

/**
 * Logit of a class by the linear head on DINO features (Caron et al. 2021, section 4.1).
 *
 * @returns null where the prompt names no class of the pack
 */
export function dinoLinear(logits: Float32Array | null, classIndex: number | null): number | null {
  return classIndex === null ? null : finite(logits?.[classIndex])
}

/** The gradient of `dinoLinear` over the logits: 1 at the class; null where there is no score. */
export function dinoLinearGradient(
  logits: Float32Array | null,
  classIndex: number | null,
): Float32Array | null {
  const score = dinoLinear(logits, classIndex)
  return score === null ? null : (logits?.map((_, i) => (i === classIndex ? 1 : 0)) ?? null)
}
