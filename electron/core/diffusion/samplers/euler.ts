import { levelsOf, type Sampler, type SamplerState } from './sampler.ts'

/**
 * Euler's method on the probability flow ODE dx/dsigma = (x - x0) / sigma (Karras et al. 2022, Algorithm 1 without
 * churn and correction; with x = (1 - sigma) x0 + sigma e the same field is the flow velocity e - x0).
 *
 * First order; NFE = steps.
 */
export function* sampleEuler(start: SamplerState, sigmas: readonly number[]): Sampler {
  const x = Float64Array.from(start.x)
  for (let i = start.step; i < sigmas.length - 1; i++) {
    const [sigma, next] = levelsOf(sigmas, i)
    const boundary = { step: i, x, history: [] }
    const x0 = yield { x: Float32Array.from(x), sigma, step: i + 1, boundary }
    // x + (next - sigma) * d with d = (x - x0) / sigma, written so that next = 0 gives x0 exactly.
    const keep = next / sigma
    for (let j = 0; j < x.length; j++) {
      const target = x0[j] ?? NaN
      x[j] = target + keep * ((x[j] ?? NaN) - target)
    }
  }
  return Float32Array.from(x)
}
