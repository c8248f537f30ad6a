import { cosine } from './cosine.ts'

/**
 * HPSv2 (Wu et al. 2023, "Human Preference Score v2"): cos(image, text) of the fine-tuned CLIP-H, without the scale that
 * training multiplied it with, as the released `img_score` gives it.
 *
 * @returns -1 to 1, or null where a feature is missing or not finite: no score, never zero
 */
export function hpsScore(image: Float32Array | null, text: Float32Array | null): number | null {
  return cosine(image, text)
}
