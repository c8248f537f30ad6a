import { renoise } from '../forward-noising.ts'
import { levelsOf, type Sampler, type SamplerOptions, type SamplerState } from './sampler.ts'

/**
 * Ancestral sampling with Euler steps (Crowson, k-diffusion, `sample_euler_ancestral` with eta = 1): an Euler step
 * below the next level, to sigma_down = next^2 / sigma, then forward noising up to the next level.
 *
 * In variance exploding form the noise has sigma_up = next sqrt(sigma^2 - next^2) / sigma, the reverse step of Ho et
 * al. 2020. In flow form the same sigma_down and the forward noising of that form, which keeps its marginals (ComfyUI,
 * `sample_euler_ancestral_RF`).
 *
 * First order, stochastic: fresh noise in every step but the one to 0, of which there is soon more in the sample than
 * of the starting noise (in flow form, after 8 even steps: correlation 0.01 between two paths from one noise).
 * NFE = steps.
 */
export function* sampleEulerAncestral(
  start: SamplerState,
  sigmas: readonly number[],
  { form, noiseOf }: SamplerOptions,
): Sampler {
  let x: Float64Array = Float64Array.from(start.x)
  for (let i = start.step; i < sigmas.length - 1; i++) {
    const [sigma, next] = levelsOf(sigmas, i)
    const boundary = { step: i, x, history: [] }
    const x0 = yield { x: Float32Array.from(x), sigma, step: i + 1, boundary }
    const down = (next * next) / sigma
    const keep = down / sigma
    for (let j = 0; j < x.length; j++) {
      const target = x0[j] ?? NaN
      x[j] = target + keep * ((x[j] ?? NaN) - target)
    }
    if (next > 0) x = renoise(x, down, next, noiseOf(i), form)
  }
  return Float32Array.from(x)
}
