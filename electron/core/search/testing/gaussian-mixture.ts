/**
 * A denoiser in closed form: data that is a mixture of round Gaussians, in flow form x = (1 - sigma) x0 + sigma e. No
 * network, exact x-predictions and exact Jacobians, any number of dimensions, in microseconds.
 */

/** Each component: its weight (they sum to 1), its mean in every dimension, its standard deviation in all of them. */
export type Mixture = readonly {
  readonly weight: number
  readonly mean: readonly number[]
  readonly deviation: number
}[]

/** Two clouds in eight dimensions: what most tests sample from. */
export const twoClouds: Mixture = [
  { weight: 0.3, mean: [1, 1, 1, 1, -1, -1, -1, -1], deviation: 0.3 },
  { weight: 0.7, mean: [-1, 0.5, 0, 0, 1, 0, 0.5, 0], deviation: 0.5 },
]

/** One component as a noisy sample sees it: its share of the posterior, its estimate of x0 and the gain of that. */
function posteriorOf(mixture: Mixture, x: Float32Array, sigma: number) {
  const a = 1 - sigma
  const parts = mixture.map(({ weight, mean, deviation }) => {
    const variance = a * a * deviation * deviation + sigma * sigma
    const distance = x.reduce((sum, value, i) => sum + (value - a * (mean[i] ?? NaN)) ** 2, 0)
    const gain = (a * deviation * deviation) / variance
    return {
      log: Math.log(weight) - (x.length / 2) * Math.log(variance) - distance / (2 * variance),
      gain,
      x0: Float64Array.from(x, (value, i) => (mean[i] ?? NaN) + gain * (value - a * (mean[i] ?? NaN))),
      /** Gradient of the logarithm of the component's density. */
      slope: Float64Array.from(x, (value, i) => -(value - a * (mean[i] ?? NaN)) / variance),
    }
  })
  const highest = Math.max(...parts.map(({ log }) => log))
  const total = parts.reduce((sum, { log }) => sum + Math.exp(log - highest), 0)
  return parts.map((part) => ({ ...part, share: Math.exp(part.log - highest) / total }))
}

/** The exact x-prediction E[x0 | x at sigma]. */
export function denoise(mixture: Mixture, x: Float32Array, sigma: number): Float32Array {
  const parts = posteriorOf(mixture, x, sigma)
  return x.map((_, i) => parts.reduce((sum, { share, x0 }) => sum + share * (x0[i] ?? NaN), 0))
}

/** The product of a cotangent of the x-prediction with its Jacobian: the gradient over x. */
export function denoiseGradient(
  mixture: Mixture,
  x: Float32Array,
  sigma: number,
  cotangent: Float32Array,
): Float32Array {
  const parts = posteriorOf(mixture, x, sigma)
  const mean = x.map((_, i) => parts.reduce((sum, { share, slope }) => sum + share * (slope[i] ?? NaN), 0))
  const along = parts.map(({ x0 }) => cotangent.reduce((sum, value, i) => sum + value * (x0[i] ?? NaN), 0))
  return x.map((_, i) =>
    parts.reduce(
      (sum, { share, gain, slope }, k) =>
        sum +
        share * (gain * (cotangent[i] ?? NaN) + ((slope[i] ?? NaN) - (mean[i] ?? NaN)) * (along[k] ?? NaN)),
      0,
    ),
  )
}
