/** What a verifier may look at. */

import type { PersonalWeights } from './you.ts'

/**
 * What a pack's image tower gives for one picture. A field is null where the tower has no such output or gave
 * something that is not finite.
 */
export type ImageFeatures = {
  /** Any length, need not be normalised. */
  readonly embedding: Float32Array | null
  /** One a class of the pack, before softmax. */
  readonly logits: Float32Array | null
  readonly score: number | null
}

/** Everything that is known of one image when a pack's verifiers score it; null where it could not be had. */
export type Evidence = {
  /** The image tower on the final image. */
  readonly image: ImageFeatures | null
  /** The image tower on the decoded x-prediction at the noise level nearest `earlyLevel`. */
  readonly early: ImageFeatures | null
  /** The pair tower on the final image and the prompt. */
  readonly pair: number | null
  /** Feature of the prompt, with the pack's prefix. */
  readonly text: Float32Array | null
  /** Place of the prompt's class in the pack's list. */
  readonly classIndex: number | null
  /** Zero-shot weight of that class. */
  readonly classWeight: Float32Array | null
  /** Numbers of the pack's manifest. */
  readonly logitScale: number | null
  readonly logitBias: number | null
  readonly reward: { readonly mean: number; readonly std: number } | null
  readonly personal: PersonalWeights | null
}

/** Noise level of the early look that self-similarity compares the final image with (METHOD, section 5). */
export const earlyLevel = 0.4
