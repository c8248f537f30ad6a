/**
 * What a sampler is here: a synchronous generator that yields requests to denoise and receives the answers.
 *
 * There is no model and no async inside, so the mathematics can be tested in closed form; whoever drives the generator
 * decides where the denoiser runs, batches the requests of several samplers, counts the NFE (one a yield) and cancels
 * by not asking again.
 */

import type { NoiseForm } from '../noise-form.ts'

/**
 * A sampler between two steps: plain numbers, enough to go on bit-identically.
 *
 * A state that a sampler hands out may hold views of its working arrays, which the next step overwrites: copy what is kept.
 */
export type SamplerState = {
  /** Whole steps taken: the latents stand at `sigmas[step]`. */
  readonly step: number
  /** Latents, any shape flattened; float64, because rounding between steps would add up. */
  readonly x: Float64Array
  /** What a multistep sampler remembers of its last steps, newest last; empty at the start and for the others. */
  readonly history: readonly Float64Array[]
}

/** "What is x0, seen from here?": x at noise level sigma. The array belongs to the sampler: read it, do not keep it. */
export type DenoiseStep = {
  /** Latents, float32, any shape flattened. */
  readonly x: Float32Array
  readonly sigma: number
  /** Steps begun, 1-based: what a progress display shows. A step may ask more than once. */
  readonly step: number
  /** The state before this step, at the first request of a step; null inside a step (Heun's second request). */
  readonly boundary: SamplerState | null
}

/** Yields denoise requests, receives x0 estimates of the same length, returns the sample at the last sigma. */
export type Sampler = Generator<DenoiseStep, Float32Array, Float32Array>

export type SamplerOptions = {
  readonly form: NoiseForm
  /** Fresh standard normal noise for the step after `step` whole ones; the same numbers whenever it is asked again. */
  readonly noiseOf: (step: number) => Float32Array
}

/**
 * A stepping rule.
 *
 * @param start where to begin: `startingState`, or a state that the same rule handed out on the same sigmas; not modified
 * @param sigmas strictly falling noise levels, the last is where the sample is returned (0: the image)
 */
export type SamplerRule = (start: SamplerState, sigmas: readonly number[], options: SamplerOptions) => Sampler

/**
 * The start of a whole path: the noise, scaled to the first level. Throws RangeError without one.
 *
 * @param noiseScale where the noise is scaled otherwise: some models begin with the noise of their last timestep
 */
export function startingState(
  noise: Float32Array,
  sigmas: readonly number[],
  noiseScale = sigmas[0],
): SamplerState {
  if (noiseScale === undefined) throw new RangeError('Expected at least one noise level, found none')
  return { step: 0, x: Float64Array.from(noise, (value) => noiseScale * value), history: [] }
}

/** The two neighbouring levels of step `i`; throws RangeError where the schedule is too short to have them. */
export function levelsOf(sigmas: readonly number[], i: number): [sigma: number, next: number] {
  const sigma = sigmas[i]
  const next = sigmas[i + 1]
  if (sigma === undefined || next === undefined || !(next < sigma)) {
    throw new RangeError(`Expected strictly falling sigmas around step ${i}, found ${sigma} and ${next}`)
  }
  return [sigma, next]
}
