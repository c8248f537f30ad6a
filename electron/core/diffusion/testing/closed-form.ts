/** A denoiser that is known exactly: one-dimensional Gaussian mixtures, in every dimension the same. */

import { alphaOf, type NoiseForm } from '../noise-form.ts'

/** Data distribution: weights sum to 1, deviations are above 0. */
export type Mixture = readonly {
  readonly weight: number
  readonly mean: number
  readonly deviation: number
}[]

/** One Gaussian: the flow is a straight line in x. */
export const gaussianData: Mixture = [{ weight: 1, mean: 0.7, deviation: 0.35 }]

/** Two modes, so that the flow bends and paths part. */
export const twoModes: Mixture = [
  { weight: 0.35, mean: -0.9, deviation: 0.4 },
  { weight: 0.65, mean: 0.8, deviation: 0.5 },
]

/** E[x0 | x at sigma] for x = alpha x0 + sigma e. */
export function denoiseMixture(
  mixture: Mixture,
  form: NoiseForm,
  x: Float32Array,
  sigma: number,
): Float32Array {
  const alpha = alphaOf(form, sigma)
  return x.map((value) => {
    let total = 0
    let sum = 0
    for (const { weight, mean, deviation } of mixture) {
      const variance = (alpha * deviation) ** 2 + sigma ** 2
      const off = value - alpha * mean
      const share = (weight * Math.exp(-(off ** 2) / (2 * variance))) / Math.sqrt(variance)
      total += share
      sum += share * (mean + (off * alpha * deviation ** 2) / variance)
    }
    return sum / total
  })
}

/** P(x < value) at noise level sigma. The probability flow keeps it: in one dimension paths cannot cross. */
export function marginalCdf(mixture: Mixture, form: NoiseForm, sigma: number, value: number): number {
  const alpha = alphaOf(form, sigma)
  return mixture.reduce(
    (sum, { weight, mean, deviation }) =>
      sum + weight * normalCdf((value - alpha * mean) / Math.hypot(alpha * deviation, sigma)),
    0,
  )
}

/** P(standard normal < z), to double precision for |z| < 6: the series of Marsaglia 2004. */
export function normalCdf(z: number): number {
  let term = z
  let sum = z
  for (let k = 3; Math.abs(term) > 1e-17 && k < 300; k += 2) {
    term *= (z * z) / k
    sum += term
  }
  return 0.5 + (sum * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI)
}

/**
 * The Kolmogorov-Smirnov distance of values from a distribution, times the square root of their number: below 1.63 in 99
 * of 100 samples of that distribution, below 1.95 in 999 of 1000.
 */
export function kolmogorovSmirnov(values: ArrayLike<number>, cdf: (value: number) => number): number {
  const sorted = Float64Array.from(values).sort()
  const n = sorted.length
  const largest = sorted.reduce((distance, value, i) => {
    const expected = cdf(value)
    return Math.max(distance, expected - i / n, (i + 1) / n - expected)
  }, 0)
  return largest * Math.sqrt(n)
}
