import { finite } from './cosine.ts'

/**
 * Probability of a class by the classifier, the oracle for the Inception score: softmax of the logits at the class.
 *
 * @returns 0 to 1, or null where the prompt names no class of the pack or a logit is not finite
 */
export function inceptionConfidence(logits: Float32Array | null, classIndex: number | null): number | null {
  if (logits === null || classIndex === null) return null
  // The largest logit is taken out first, so that no exponential overflows.
  const largest = logits.reduce((most, logit) => Math.max(most, logit), -Infinity)
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0)
  return finite(Math.exp((logits[classIndex] ?? NaN) - largest) / total)
}

/**
 * The gradient of `inceptionConfidence` over the logits: p (1 - p) at the class, -p q at every other, q its probability.
 *
 * @returns of the length of `logits`; null where there is no confidence
 */
export function inceptionConfidenceGradient(
  logits: Float32Array | null,
  classIndex: number | null,
): Float32Array | null {
  const confidence = inceptionConfidence(logits, classIndex)
  if (logits === null || confidence === null) return null
  return logits.map(
    (_, i) => confidence * ((i === classIndex ? 1 : 0) - (inceptionConfidence(logits, i) ?? NaN)),
  )
}
