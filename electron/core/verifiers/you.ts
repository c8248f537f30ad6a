import { finite } from './cosine.ts'

/**
 * What the artist's own verifier weighs features with: a linear utility of the image feature, brought to length 1.
 * `bias` centres it, so that 0 is the mean of the pictures that it was trained on.
 */
export type PersonalWeights = { readonly weights: readonly number[]; readonly bias: number }

/**
 * The artist's own eye: weights . image / |image| + bias, in logits. Of two pictures the artist prefers the first with
 * probability 1 / (1 + exp(-(difference of their scores))): Bradley and Terry 1952 with a linear utility, fitted to
 * blind votes (core/court/train.ts).
 *
 * @param image feature of the image tower, of the length of the weights, need not be normalised
 * @returns null where the feature is missing, has no direction or is not finite: no score, never zero
 */
export function you(image: Float32Array | null, personal: PersonalWeights | null): number | null {
  if (image === null || personal === null) return null
  return finite(dot(image, personal.weights) / Math.hypot(...image) + personal.bias)
}

/**
 * The gradient of `you` over the image's feature: (weights - (weights . u) u) / |image| with u = image / |image|.
 *
 * @returns of the length of `image`; null where there is no score
 */
export function youGradient(
  image: Float32Array | null,
  personal: PersonalWeights | null,
): Float32Array | null {
  if (image === null || personal === null || you(image, personal) === null) return null
  const length = Math.hypot(...image)
  const along = dot(image, personal.weights) / length ** 2
  return image.map((value, i) => ((personal.weights[i] ?? NaN) - along * value) / length)
}

function dot(image: Float32Array, weights: readonly number[]): number {
  if (image.length !== weights.length) {
    throw new RangeError(`Expected a feature of ${weights.length} numbers, found ${image.length}`)
  }
  return image.reduce((sum, value, i) => sum + value * (weights[i] ?? NaN), 0)
}
