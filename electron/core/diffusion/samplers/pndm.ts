import { levelsOf, type Sampler, type SamplerState } from './sampler.ts'

/** Adams-Bashforth weights of this slope and the ones before it, newest first (Liu et al. 2022, formula 9). */
const weights: readonly (readonly number[])[] = [
  [1],
  [3 / 2, -1 / 2],
  [23 / 12, -16 / 12, 5 / 12],
  [55 / 24, -59 / 24, 37 / 24, -9 / 24],
]

/**
 * Pseudo linear multistep sampling, PLMS (Liu et al. 2022, "Pseudo Numerical Methods for Diffusion Models on
 * Manifolds", formula 9), without the Runge-Kutta start: the first step is taken twice, the second time with the mean
 * of the slopes at both ends, as diffusers' PNDM with skip_prk_steps does.
 *
 * The paper's transfer part is DDIM's step; in variance exploding form it is x + (next - sigma) e, and the slope
 * dx/dsigma is e. In flow form the same weights stand before that form's slope, the velocity: the paper's own split into e
 * and x0 divides by alpha, which is 0 at sigma 1. The weights are those of even steps.
 *
 * History: the last three slopes; NFE = steps + 1, and 1 for a single step, which is not taken twice.
 */
export function* samplePndm(start: SamplerState, sigmas: readonly number[]): Sampler {
  const x = Float64Array.from(start.x)
  let history = [...start.history]
  for (let i = start.step; i < sigmas.length - 1; i++) {
    const [sigma, next] = levelsOf(sigmas, i)
    const boundary = { step: i, x, history }
    const x0 = yield { x: Float32Array.from(x), sigma, step: i + 1, boundary }
    const slope = x.map((value, j) => (value - (x0[j] ?? NaN)) / sigma)
    const dt = next - sigma
    if (history.length === 0 && i < sigmas.length - 2) {
      const ahead = Float32Array.from(x, (value, j) => value + dt * (slope[j] ?? NaN))
      const x0Ahead = yield { x: ahead, sigma: next, step: i + 1, boundary: null }
      for (let j = 0; j < x.length; j++) {
        const slopeAhead = ((ahead[j] ?? NaN) - (x0Ahead[j] ?? NaN)) / next
        x[j] = (x[j] ?? NaN) + (dt * ((slope[j] ?? NaN) + slopeAhead)) / 2
      }
    } else {
      const slopes = [slope, ...history.toReversed()]
      const terms = (weights[history.length] ?? []).map((weight, k) => [weight, slopes[k] ?? slope] as const)
      for (let j = 0; j < x.length; j++) {
        const mixed = terms.reduce((sum, [weight, values]) => sum + weight * (values[j] ?? NaN), 0)
        x[j] = (x[j] ?? NaN) + dt * mixed
      }
    }
    history = [...history, slope].slice(-3)
  }
  return Float32Array.from(x)
}
