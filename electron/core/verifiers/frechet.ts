/**
 * Fréchet distance of two sets of features, each taken for a Gaussian (Heusel et al. 2017, section 2, FID):
 *
 *     |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))
 *
 * As an oracle for search (Ma et al. 2025, appendix A.4) it is greedy: of several candidates the one is kept that brings
 * the mean and covariance of a growing population nearest the reference.
 *
 * A population has far fewer features than a feature has numbers: dozens of 2048. With X their deviations from their mean
 * as rows, C2 = X^T X / (n - 1), and C1 C2 has the eigenvalues of the n x n matrix X C1 X^T / (n - 1), and zeros. So
 * products of the features are all that is kept, and no root is taken of a matrix of 2048 x 2048. They are taken of
 * the deviations from the reference's mean, and brought to the population's own mean afterwards.
 */

import { symmetricEigenvalues } from './symmetric-eigenvalues.ts'

/** What sets are held against, over features of `mean.length` numbers; covariance row by row, symmetric. */
export type Gaussian = { readonly mean: Float64Array; readonly covariance: Float64Array }

/** The features added so far, d each one's deviation from the reference's mean. */
export type Population = {
  readonly reference: Gaussian
  readonly deviations: readonly Float64Array[]
  /** d_i . d_j for j to i. */
  readonly products: readonly Float64Array[]
  /** d_i . C1 d_j for j to i. */
  readonly weighted: readonly Float64Array[]
}

/** Before any feature. */
export function emptyPopulation(reference: Gaussian): Population {
  return { reference, deviations: [], products: [], weighted: [] }
}

/**
 * The population with more features; the argument stays as it was, so that several candidates can be tried from it.
 *
 * @param features each of as many numbers as the reference's mean, finite
 * @throws RangeError for a feature of another length
 */
export function withAdded(population: Population, features: readonly Float32Array[]): Population {
  const { reference } = population
  const { mean, covariance } = reference
  const deviations = [...population.deviations]
  const products = [...population.products]
  const weighted = [...population.weighted]
  for (const feature of features) {
    requireLength('a feature', feature.length, mean.length)
    const deviation = Float64Array.from(feature, (value, i) => value - (mean[i] ?? NaN))
    deviations.push(deviation)
    products.push(Float64Array.from(deviations, (other) => dot(other, deviation)))
    const image = times(covariance, deviation)
    weighted.push(Float64Array.from(deviations, (other) => dot(other, image)))
  }
  return { reference, deviations, products, weighted }
}

/**
 * The distance of a population from the reference once these features have joined it: what the greedy rule compares. The
 * covariance is the unbiased one, as FID takes it; that of a single feature is zero.
 *
 * Seconds for a candidate, measured on one core: 0.004 with 10 features of 2048 numbers, 0.005 with 64, 0.03 with 256; with
 * features of 64 numbers 0.0006, 0.003 and 0.02. Beyond, it grows with the cube of the features: 0.7 for 1024.
 *
 * @param features as for `withAdded`
 * @returns 0 or more; null where it is not finite
 */
export function distanceAfter(population: Population, features: readonly Float32Array[]): number | null {
  const { reference, products, weighted } = withAdded(population, features)
  const count = products.length
  const among = centred(products)
  const across = centred(weighted)
  if (!across.values.every(Number.isFinite)) return null
  const size = reference.mean.length
  let spread = 0
  for (let i = 0; i < count; i++) spread += among.values[i * count + i] ?? NaN
  // What is this small is what rounding left of zero; its root would not be small.
  const least = count * Number.EPSILON * across.largest
  const roots = symmetricEigenvalues(across.values, count).reduce(
    (sum, value) => sum + (value > least ? Math.sqrt(value) : 0),
    0,
  )
  const freedom = Math.max(count - 1, 1)
  const distance =
    among.mean + trace(reference.covariance, size) + spread / freedom - (2 * roots) / Math.sqrt(freedom)
  return Number.isFinite(distance) ? Math.max(distance, 0) : null
}

/**
 * Products of deviations from a point, made those of the deviations from their mean.
 *
 * @param rows the lower triangle of a symmetric matrix
 * @returns the whole matrix row by row; the mean of what it was before, and its largest entry
 */
function centred(rows: readonly Float64Array[]): {
  readonly values: Float64Array
  readonly mean: number
  readonly largest: number
} {
  const count = rows.length
  const before = (i: number, j: number): number => rows[Math.max(i, j)]?.[Math.min(i, j)] ?? NaN
  const means = new Float64Array(count)
  let largest = 0
  for (let i = 0; i < count; i++) {
    let sum = 0
    for (let j = 0; j < count; j++) sum += before(i, j)
    means[i] = sum / count
    largest = Math.max(largest, before(i, i))
  }
  const mean = means.reduce((sum, value) => sum + value, 0) / count
  const values = new Float64Array(count * count)
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < count; j++) {
      values[i * count + j] = before(i, j) - (means[i] ?? NaN) - (means[j] ?? NaN) + mean
    }
  }
  return { values, mean, largest }
}

/**
 * The reference of a pack's file: little-endian float64, the mean, then the covariance row by row.
 *
 * @throws RangeError when the file has another length than `dimensions` makes
 */
export function readReference(bytes: Uint8Array, dimensions: number): Gaussian {
  requireLength('a reference in bytes', bytes.length, 8 * (dimensions + dimensions ** 2))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const numbers = new Float64Array(bytes.length / 8)
  for (let i = 0; i < numbers.length; i++) numbers[i] = view.getFloat64(8 * i, true)
  return { mean: numbers.subarray(0, dimensions), covariance: numbers.subarray(dimensions) }
}

function times(matrix: Float64Array, vector: Float64Array): Float64Array {
  const size = vector.length
  return Float64Array.from(vector, (_, row) => dot(matrix.subarray(row * size, (row + 1) * size), vector))
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? NaN) * (b[i] ?? NaN)
  return sum
}

function trace(matrix: Float64Array, size: number): number {
  let sum = 0
  for (let i = 0; i < size; i++) sum += matrix[i * size + i] ?? NaN
  return sum
}

function requireLength(what: string, found: number, expected: number): void {
  if (found !== expected) throw new RangeError(`Expected ${what} of length ${expected}, found ${found}`)
}
