/** From what a network predicts to an x-prediction, and from latents to what the network takes (METHOD, section 3). */

import type { ImagePackManifest } from '../../packs/manifest.ts'

/** What a network predicts, in which channels guidance works. */
export type PredictionRule = {
  readonly prediction: ImagePackManifest['prediction']
  /** Whether its velocities point from noise to image: -(e - x0). */
  readonly towardsImage: boolean
  /** Of the first `guided` of `size` values of a sample. */
  readonly guided: number
}

/** How much of the prediction's unit goes into x0, and of x itself, at a noise level: x0 = ofX x + ofPrediction p. */
function partsOf(
  { prediction, towardsImage }: PredictionRule,
  sigma: number,
): { readonly ofX: number; readonly ofP: number } {
  switch (prediction) {
    case 'velocity':
      return { ofX: 1, ofP: towardsImage ? sigma : -sigma }
    case 'epsilon':
      return { ofX: 1, ofP: -sigma }
    case 'v_prediction': {
      const total = sigma * sigma + 1
      return { ofX: 1 / total, ofP: -sigma / Math.sqrt(total) }
    }
  }
}

/**
 * x0 of each sample. With two predictions, c + (guidance - 1) (c - u) stands for the prediction (classifier-free
 * guidance, Ho & Salimans 2022, in the form where 1 means no guidance), written u + guidance (c - u). Computed in
 * float64, rounded once to float32; each sample by itself, so a sample's result does not depend on its batch.
 *
 * - velocity: x0 = x - sigma v, flow form
 * - epsilon: x0 = x - sigma e, variance exploding form
 * - v_prediction: x0 = x / (sigma^2 + 1) - v sigma / sqrt(sigma^2 + 1), variance exploding form
 *
 * @param latents x, [batch, ...]
 * @param predicted [batch, ...], or [2 * batch, ...]: all conditional ones, then all unconditional ones
 * @param sigmas of each sample
 * @param guidance used when `predicted` holds two batches
 */
export function xPrediction(
  latents: Float32Array,
  predicted: Float32Array,
  sigmas: readonly number[],
  guidance: number,
  rule: PredictionRule,
): Float32Array {
  const total = latents.length
  const size = total / sigmas.length
  const hasTwo = predicted.length === 2 * total
  const denoised = new Float32Array(total)
  sigmas.forEach((sigma, sample) => {
    const { ofX, ofP } = partsOf(rule, sigma)
    for (let i = sample * size; i < (sample + 1) * size; i++) {
      const c = predicted[i] ?? NaN
      const isGuided = hasTwo && i - sample * size < rule.guided
      const u = isGuided ? (predicted[total + i] ?? NaN) : c
      const p = isGuided ? u + guidance * (c - u) : c
      denoised[i] = ofX * (latents[i] ?? NaN) + ofP * p
    }
  })
  return denoised
}

/**
 * Latents as the network was trained to see them: those of variance exploding form are brought back to variance 1, over
 * sqrt(sigma^2 + 1); those in flow form stay.
 */
export function networkInput(
  latents: Float32Array,
  sigmas: readonly number[],
  { prediction }: Pick<PredictionRule, 'prediction'>,
): Float32Array {
  if (prediction === 'velocity') return latents
  const size = latents.length / sigmas.length
  const scales = sigmas.map((sigma) => Math.sqrt(sigma * sigma + 1))
  return latents.map((value, i) => value / (scales[Math.floor(i / size)] ?? NaN))
}
