/**
 * The gradient of a score with respect to the starting noise, back through Euler's steps, and the ascent along it
 * (Ma et al. 2025, appendix C).
 *
 * Only the latents of each step are kept, a few kilobytes; what a network needs of the way there is evaluated anew on
 * the way back (gradient checkpointing, Chen et al. 2016), inside the engine's gradient graphs.
 */

import { sampleEuler } from '../diffusion/samplers/euler.ts'
import { levelsOf, startingState, type DenoiseStep } from '../diffusion/samplers/sampler.ts'

/** A noise on its way to the image: everything that the way back needs. */
export type Trajectory = {
  /** Strictly falling noise levels, one more than steps. */
  readonly sigmas: readonly number[]
  /** The latents that the denoiser saw at each level but the last, float32. */
  readonly latents: readonly Float32Array[]
  /** The sample at the last level. */
  readonly sample: Float32Array
}

/**
 * Samples a noise by Euler's method and keeps what it passes. One request a step, NFE = steps; bit for bit what
 * `sampleEuler` does.
 */
export function* sampleTrajectory(
  noise: Float32Array,
  sigmas: readonly number[],
): Generator<DenoiseStep, Trajectory, Float32Array> {
  const latents: Float32Array[] = []
  const steps = sampleEuler(startingState(noise, sigmas), sigmas)
  let turn = steps.next()
  while (turn.done !== true) {
    latents.push(turn.value.x.slice())
    turn = steps.next(yield turn.value)
  }
  return { sigmas, latents, sample: turn.value }
}

/** "What is J^T w?": J is the Jacobian of the x-prediction at x and sigma, w the cotangent, all of one length. */
export type GradientStep = {
  readonly x: Float32Array
  readonly sigma: number
  readonly cotangent: Float32Array
  /** Steps begun on the way back, 1-based. */
  readonly step: number
}

/**
 * The gradient with respect to the starting noise, from the gradient with respect to the sample.
 *
 * A step goes from x to x' = x0 + keep (x - x0) with keep = next / sigma. So a gradient g over x' becomes
 * keep g + J^T ((1 - keep) g) over x, and that over the noise is sigma_0 times that over the first x.
 *
 * One request a step, from the last to the first.
 *
 * @param gradient of the score over `trajectory.sample`
 */
export function* eulerAdjoint(
  { sigmas, latents }: Trajectory,
  gradient: Float32Array,
): Generator<GradientStep, Float32Array, Float32Array> {
  const g = Float64Array.from(gradient)
  for (let i = latents.length - 1; i >= 0; i--) {
    const [sigma, next] = levelsOf(sigmas, i)
    const keep = next / sigma
    const cotangent = Float32Array.from(g, (value) => (1 - keep) * value)
    const pulled = yield { x: latents[i] ?? new Float32Array(), sigma, cotangent, step: latents.length - i }
    for (let j = 0; j < g.length; j++) g[j] = keep * (g[j] ?? NaN) + (pulled[j] ?? NaN)
  }
  const first = sigmas[0] ?? NaN
  return Float32Array.from(g, (value) => first * value)
}

/**
 * One step of gradient ascent: noise + eta gradient, rescaled to the norm of a Gaussian vector, sqrt(length). (The
 * paper writes a descent, of a loss; a verifier's score is to rise.)
 *
 * The angle of a step is about eta |gradient| / sqrt(length), so a good eta depends on the verifier's unit. The paper's
 * 0.01 is to match neighbours at cosine 0.995, an angle of 0.1. On the bundled packs (ten steps, medians) that takes
 * 130 for clip_score, 21 for clip_zero_shot, 7 for aesthetic_score, 6 for pick_score and inception_confidence, 2 for
 * dino_linear; with 0.01 nothing moves that could be seen.
 *
 * @param gradient of the score over the noise, of its length
 * @throws RangeError where that is no direction: another length, not finite, or noise and gradient cancel out
 */
export function ascend(noise: Float32Array, gradient: Float32Array, eta: number): Float32Array {
  const moved = Float64Array.from(noise, (value, i) => value + eta * (gradient[i] ?? NaN))
  const norm = Math.sqrt(moved.reduce((sum, value) => sum + value * value, 0))
  if (gradient.length !== noise.length || !Number.isFinite(norm) || norm === 0) {
    throw new RangeError(
      `Expected a finite gradient of ${noise.length} numbers, found ${gradient.length} and a norm of ${norm} after the step`,
    )
  }
  const scale = Math.sqrt(noise.length) / norm
  return Float32Array.from(moved, (value) => scale * value)
}
