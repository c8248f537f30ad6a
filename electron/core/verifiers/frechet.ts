/**
 * Fréchet distance of two sets of features, each taken for a Gaussian (Heusel et al. 2017, section 2, FID):
 *
 *     |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))
 *
 * As an oracle for search (METHOD, section 5) it is greedy: of several candidate images the one is kept that brings the
 * running mean and covariance nearest the reference.
 */

import { symmetricEigen } from './symmetric-eigen.ts'

/** A Gaussian over features of `mean.length` numbers; covariance row by row. */
export type Gaussian = { readonly mean: Float64Array; readonly covariance: Float64Array }

/** Sums over the features seen so far, from which mean and covariance follow (Welford 1962). */
export type RunningGaussian = {
  readonly count: number
  readonly mean: Float64Array
  /** Sum of the outer products of the deviations from the mean, row by row. */
  readonly scatter: Float64Array
}

/** Before any feature. */
export function emptyGaussian(dimensions: number): RunningGaussian {
  return { count: 0, mean: new Float64Array(dimensions), scatter: new Float64Array(dimensions ** 2) }
}

/** The same with one more feature; the argument stays as it was, so that several candidates can be tried from it. */
export function withFeature(running: RunningGaussian, feature: Float32Array): RunningGaussian {
  const size = running.mean.length
  requireLength('a feature', feature.length, size)
  const count = running.count + 1
  const before = Float64Array.from(feature, (value, i) => value - (running.mean[i] ?? 0))
  const mean = running.mean.map((value, i) => value + (before[i] ?? 0) / count)
  const scatter = Float64Array.from(running.scatter)
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const after = (feature[column] ?? NaN) - (mean[column] ?? NaN)
      scatter[row * size + column] = (scatter[row * size + column] ?? 0) + (before[row] ?? NaN) * after
    }
  }
  return { count, mean, scatter }
}

/** Mean and unbiased covariance, as FID takes them; the covariance of fewer than two features is zero. */
export function gaussianOf({ count, mean, scatter }: RunningGaussian): Gaussian {
  return { mean, covariance: scatter.map((sum) => (count < 2 ? 0 : sum / (count - 1))) }
}

/**
 * The distance, 0 or more; null where it is not finite.
 *
 * The trace of the root of C1 C2 is that of the symmetric R C2 R with R the root of C1, so that only symmetric matrices
 * are taken apart. Eigenvalues that rounding made negative count as zero.
 */
export function frechetDistance(a: Gaussian, b: Gaussian): number | null {
  const size = a.mean.length
  requireLength('a mean', b.mean.length, size)
  const finiteInput = [a, b].every(
    ({ mean, covariance }) => mean.every(Number.isFinite) && covariance.every(Number.isFinite),
  )
  if (!finiteInput) return null
  const root = squareRoot(a.covariance, size)
  const { values } = symmetricEigen(multiply(multiply(root, b.covariance, size), root, size), size)
  const rootTrace = values.reduce((sum, value) => sum + Math.sqrt(Math.max(value, 0)), 0)
  const between = a.mean.reduce((sum, value, i) => sum + (value - (b.mean[i] ?? NaN)) ** 2, 0)
  const distance = between + trace(a.covariance, size) + trace(b.covariance, size) - 2 * rootTrace
  return Number.isFinite(distance) ? Math.max(distance, 0) : null
}

/**
 * The candidate that brings a growing set nearest the reference.
 *
 * @param features of the candidates; null where a candidate has none
 * @returns distance of the set with each candidate, in order; null for a candidate without a feature
 */
export function frechetWith(
  running: RunningGaussian,
  features: readonly (Float32Array | null)[],
  reference: Gaussian,
): readonly (number | null)[] {
  return features.map((feature) =>
    feature === null ? null : frechetDistance(gaussianOf(withFeature(running, feature)), reference),
  )
}

/**
 * The reference of a pack's file: little-endian float64, the mean, then the covariance row by row.
 *
 * @throws RangeError when the file has another length than `dimensions` makes
 */
export function readReference(bytes: Uint8Array, dimensions: number): Gaussian {
  requireLength('a reference in bytes', bytes.length, 8 * (dimensions + dimensions ** 2))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const numbers = Float64Array.from({ length: bytes.length / 8 }, (_, i) => view.getFloat64(8 * i, true))
  return { mean: numbers.slice(0, dimensions), covariance: numbers.slice(dimensions) }
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
