import { cosine } from './cosine.ts'

/**
 * Self-supervised verifier (Ma et al. 2025, section 3.3): the cosine of the features of an early look, the x-prediction
 * at sigma 0.4, and of the final image. Needs no condition. The same for CLIP, DINO and SigLIP features.
 *
 * @returns -1 to 1, or null where one of the two is missing
 */
export function selfSimilarity(early: Float32Array | null, image: Float32Array | null): number | null {
  return cosine(early, image)
}
