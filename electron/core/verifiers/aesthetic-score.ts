import { finite } from './cosine.ts'

/**
 * Looks, about 0 to 10 (Schuhmann et al. 2022): a linear head on the normalised CLIP image feature. The head is part of
 * the pack's graph, so the tower's score is the verifier's.
 */
export function aestheticScore(score: number | null): number | null {
  return finite(score)
}
