/**
 * What a sampler is here: a synchronous generator that yields requests to denoise and receives the answers.
 *
 * There is no model and no async inside, so the mathematics can be tested in closed form; whoever drives the generator
 * decides where the denoiser runs, batches the requests of several samplers, counts the NFE (one a yield) and cancels
 * by not asking again.
 */

/** "What is x0, seen from here?": x at noise level sigma. The array belongs to the sampler: read it, do not keep it. */
export type DenoiseStep = {
  /** Latents, float32, any shape flattened. */
  readonly x: Float32Array
  readonly sigma: number
  /** Steps begun, 1-based: what a progress display shows. A step may ask more than once. */
  readonly step: number
}

/** Yields denoise requests, receives x0 estimates of the same length, returns the sample at the last sigma. */
export type Sampler = Generator<DenoiseStep, Float32Array, Float32Array>

/**
 * A stepping rule.
 *
 * @param noise starting point at `sigmas[0]`; not modified
 * @param sigmas strictly falling noise levels, the last is where the sample is returned (0: the image)
 */
export type SamplerRule = (noise: Float32Array, sigmas: readonly number[]) => Sampler

/** The two neighbouring levels of step `i`; throws RangeError where the schedule is too short to have them. */
export function levelsOf(sigmas: readonly number[], i: number): [sigma: number, next: number] {
  const sigma = sigmas[i]
  const next = sigmas[i + 1]
  if (sigma === undefined || next === undefined || !(next < sigma)) {
    throw new RangeError(`Expected strictly falling sigmas around step ${i}, found ${sigma} and ${next}`)
  }
  return [sigma, next]
}
