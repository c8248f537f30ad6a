import { levelsOf, type Sampler, type SamplerState } from './sampler.ts'

/**
 * Heun's method on the probability flow ODE (Karras et al. 2022, Algorithm 1 without churn): an Euler step, then the
 * mean of the slopes at both ends. The last step, to sigma 0, stays Euler: there is no slope at 0.
 *
 * Second order; NFE = 2 * steps - 1.
 */
export function* sampleHeun(start: SamplerState, sigmas: readonly number[]): Sampler {
  const x = Float64Array.from(start.x)
  const d = new Float64Array(x.length)
  const ahead = new Float32Array(x.length)
  for (let i = start.step; i < sigmas.length - 1; i++) {
    const [sigma, next] = levelsOf(sigmas, i)
    const boundary = { step: i, x, history: [] }
    const x0 = yield { x: Float32Array.from(x), sigma, step: i + 1, boundary }
    const dt = next - sigma
    for (let j = 0; j < x.length; j++) {
      d[j] = ((x[j] ?? NaN) - (x0[j] ?? NaN)) / sigma
      ahead[j] = next === 0 ? (x0[j] ?? NaN) : (x[j] ?? NaN) + dt * (d[j] ?? NaN)
    }
    if (next === 0) return ahead
    const x0Ahead = yield { x: ahead, sigma: next, step: i + 1, boundary: null }
    for (let j = 0; j < x.length; j++) {
      const dAhead = ((ahead[j] ?? NaN) - (x0Ahead[j] ?? NaN)) / next
      x[j] = (x[j] ?? NaN) + (dt * ((d[j] ?? NaN) + dAhead)) / 2
    }
  }
  return Float32Array.from(x)
}
