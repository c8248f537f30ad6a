/** What a verifier may look at. */

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
