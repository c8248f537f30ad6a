/**
 * Fréchet distance of two sets of features, each taken for a Gaussian (Heusel et al. 2017, section 2, FID):
 *
 *     |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))
 *
 * As an oracle for search (Ma et al. 2025, appendix A.4) it is greedy: of several candidates the one is kept that brings
 * the mean and covariance of a growing population nearest the reference.
 */

import { symmetricEigen } from './symmetric-eigen.ts'

/** A Gaussian over features of `mean.length` numbers; covariance row by row. */
export type Gaussian = { readonly mean: Float64Array; readonly covariance: Float64Array }

/** What sets are held against: a Gaussian with the symmetric root of its covariance, which is taken once. */
export type Reference = Gaussian & { readonly root: Float64Array }

/** The features added so far, as sums from which mean and covariance follow (Welford 1962). Plain data. */
export type Population = {
  readonly count: number
  readonly mean: Float64Array
  /** Sum of the outer products of the deviations from the mean, row by row. */
  readonly scatter: Float64Array
}

/** Before any feature. */
export function emptyPopulation(dimensions: number): Population {
  return { count: 0, mean: new Float64Array(dimensions), scatter: new Float64Array(dimensions ** 2) }
}

/**
 * The population with more features, one rank-one update each; the argument stays as it was, so that several
 * candidates can be tried from it.
 *
 * @param features each of as many numbers as the population's mean, finite
 * @throws RangeError for a feature of another length
 */
export function withAdded(population: Population, features: readonly Float32Array[]): Population {
  const size = population.mean.length
  const mean = Float64Array.from(population.mean)
  const scatter = Float64Array.from(population.scatter)
  let { count } = population
  for (const feature of features) {
    requireLength('a feature', feature.length, size)
    count += 1
    const before = Float64Array.from(feature, (value, i) => value - (mean[i] ?? NaN))
    before.forEach((deviation, i) => {
      mean[i] = (mean[i] ?? NaN) + deviation / count
    })
    const after = Float64Array.from(feature, (value, i) => value - (mean[i] ?? NaN))
    for (let row = 0; row < size; row++) {
      const deviation = before[row] ?? NaN
      for (let column = 0; column < size; column++) {
        const at = row * size + column
        scatter[at] = (scatter[at] ?? NaN) + deviation * (after[column] ?? NaN)
      }
    }
  }
  return { count, mean, scatter }
}

/** Mean and unbiased covariance, as FID takes them; the covariance of fewer than two features is zero. */
export function gaussianOf({ count, mean, scatter }: Population): Gaussian {
  return { mean, covariance: scatter.map((sum) => (count < 2 ? 0 : sum / (count - 1))) }
}

/**
 * The distance of a population from the reference once these features have joined it: what the greedy rule compares.
 *
 * @returns 0 or more; null where it is not finite
 */
export function distanceAfter(
  population: Population,
  features: readonly Float32Array[],
  reference: Reference,
): number | null {
  return frechetDistance(gaussianOf(withAdded(population, features)), reference)
}

/**
 * The distance, 0 or more; null where it is not finite.
 *
 * The trace of the root of C1 C2 is that of the symmetric R C1 R with R the root of C2, so that only symmetric matrices
 * are taken apart. Eigenvalues that rounding made negative count as zero. Measured for 64 numbers: 1 to 7 ms.
 */
export function frechetDistance({ mean, covariance }: Gaussian, reference: Reference): number | null {
  const size = mean.length
  requireLength('a mean', reference.mean.length, size)
  if (!mean.every(Number.isFinite) || !covariance.every(Number.isFinite)) return null
  const { root } = reference
  const { values } = symmetricEigen(multiply(multiply(root, covariance, size), root, size), size)
  const rootTrace = values.reduce((sum, value) => sum + Math.sqrt(Math.max(value, 0)), 0)
  const between = mean.reduce((sum, value, i) => sum + (value - (reference.mean[i] ?? NaN)) ** 2, 0)
  const distance = between + trace(covariance, size) + trace(reference.covariance, size) - 2 * rootTrace
  return Number.isFinite(distance) ? Math.max(distance, 0) : null
}

/** A Gaussian as a reference. */
export function referenceOf({ mean, covariance }: Gaussian): Reference {
  return { mean, covariance, root: squareRoot(covariance, mean.length) }
}

/**
 * The reference of a pack's file: little-endian float64, the mean, then the covariance row by row.
 *
 * @throws RangeError when the file has another length than `dimensions` makes
 */
export function readReference(bytes: Uint8Array, dimensions: number): Reference {
  requireLength('a reference in bytes', bytes.length, 8 * (dimensions + dimensions ** 2))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const numbers = Float64Array.from({ length: bytes.length / 8 }, (_, i) => view.getFloat64(8 * i, true))
  return referenceOf({ mean: numbers.slice(0, dimensions), covariance: numbers.slice(dimensions) })
}

/** The symmetric root of a covariance. */
function squareRoot(matrix: Float64Array, size: number): Float64Array {
  const { values, vectors } = symmetricEigen(matrix, size)
  const root = new Float64Array(size * size)
  for (let i = 0; i < size; i++) {
    const scale = Math.sqrt(Math.max(values[i] ?? 0, 0))
    for (let row = 0; row < size; row++) {
      const scaled = scale * (vectors[row * size + i] ?? NaN)
      for (let column = 0; column < size; column++) {
        root[row * size + column] =
          (root[row * size + column] ?? 0) + scaled * (vectors[column * size + i] ?? NaN)
      }
    }
  }
  return root
}

function multiply(a: Float64Array, b: Float64Array, size: number): Float64Array {
  const product = new Float64Array(size * size)
  for (let row = 0; row < size; row++) {
    for (let inner = 0; inner < size; inner++) {
      const factor = a[row * size + inner] ?? NaN
      for (let column = 0; column < size; column++) {
        product[row * size + column] =
          (product[row * size + column] ?? 0) + factor * (b[inner * size + column] ?? NaN)
      }
    }
  }
  return product
}

function trace(matrix: Float64Array, size: number): number {
  let sum = 0
  for (let i = 0; i < size; i++) sum += matrix[i * size + i] ?? NaN
  return sum
}

function requireLength(what: string, found: number, expected: number): void {
  if (found !== expected) throw new RangeError(`Expected ${what} of length ${expected}, found ${found}`)
}
