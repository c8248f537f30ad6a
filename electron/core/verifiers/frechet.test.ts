import assert from 'node:assert/strict'
import { test } from 'node:test'

import {
  emptyGaussian,
  frechetDistance,
  frechetWith,
  gaussianOf,
  readReference,
  withFeature,
  type Gaussian,
} from './frechet.ts'
import { symmetricEigen } from './symmetric-eigen.ts'

const near = (found: number | null | undefined, expected: number, within = 1e-9) => {
  assert.ok(typeof found === 'number' && Math.abs(found - expected) < within, `${found} for ${expected}`)
}
const gaussian = (mean: readonly number[], covariance: readonly number[]): Gaussian => ({
  mean: Float64Array.from(mean),
  covariance: Float64Array.from(covariance),
})

/** Numbers in -1..1 that look like nothing. */
const scattered = (count: number, seed: number): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => Math.sin((i + 1) * 12.9898 + seed * 78.233))

/** B B^T + small identity: a covariance. */
const covarianceOf = (size: number, seed: number): Float64Array => {
  const b = scattered(size * size, seed)
  return Float64Array.from({ length: size * size }, (_, at) => {
    const [row, column] = [Math.floor(at / size), at % size]
    let sum = row === column ? 0.1 : 0
    for (let k = 0; k < size; k++) sum += (b[row * size + k] ?? 0) * (b[column * size + k] ?? 0)
    return sum
  })
}

test('eigenvalues of [[2, 1], [1, 2]] are 1 and 3', () => {
  const { values } = symmetricEigen(Float64Array.of(2, 1, 1, 2), 2)
  const sorted = [...values].sort((a, b) => a - b)
  near(sorted[0], 1)
  near(sorted[1], 3)
})

test('eigenvectors are orthonormal, and put the matrix together again', () => {
  const size = 24
  const matrix = covarianceOf(size, 3)
  const { values, vectors } = symmetricEigen(matrix, size)
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      let dot = 0
      let entry = 0
      for (let k = 0; k < size; k++) {
        dot += (vectors[k * size + i] ?? 0) * (vectors[k * size + j] ?? 0)
        entry += (values[k] ?? 0) * (vectors[i * size + k] ?? 0) * (vectors[j * size + k] ?? 0)
      }
      near(dot, i === j ? 1 : 0)
      near(entry, matrix[i * size + j] ?? NaN)
    }
  }
})

test('of Gaussians with diagonal covariance the distance is |m1 - m2|^2 + sum (s1 - s2)^2', () => {
  const a = gaussian([1, 2], [4, 0, 0, 9])
  const b = gaussian([4, -2], [1, 0, 0, 16])
  near(frechetDistance(a, b), 25 + (2 - 1) ** 2 + (3 - 4) ** 2)
})

test('of [[2, 1], [1, 2]] to the identity: 4 + 2 - 2 (1 + sqrt 3)', () => {
  const a = gaussian([0, 0], [2, 1, 1, 2])
  near(frechetDistance(a, gaussian([0, 0], [1, 0, 0, 1])), 6 - 2 * (1 + Math.sqrt(3)))
})

test('the distance is symmetric, zero to itself, and the same when both are turned', () => {
  const size = 6
  const [a, b] = [1, 2].map((seed) => ({ mean: scattered(size, seed), covariance: covarianceOf(size, seed) }))
  assert.ok(a !== undefined && b !== undefined)
  const distance = frechetDistance(a, b)
  assert.ok(distance !== null && distance > 0.1)
  near(frechetDistance(b, a), distance, 1e-8)
  near(frechetDistance(a, a), 0, 1e-8)
  const { vectors } = symmetricEigen(covarianceOf(size, 5), size)
  const turned = ({ mean, covariance }: Gaussian): Gaussian => {
    const v = (i: number, j: number) => vectors[j * size + i] ?? 0
    const index = [...Array(size).keys()]
    return {
      mean: Float64Array.from(index, (i) => index.reduce((sum, k) => sum + v(i, k) * (mean[k] ?? 0), 0)),
      covariance: Float64Array.from({ length: size * size }, (_, at) => {
        const [i, j] = [Math.floor(at / size), at % size]
        let sum = 0
        for (const k of index)
          for (const l of index) sum += v(i, k) * (covariance[k * size + l] ?? 0) * v(j, l)
        return sum
      }),
    }
  }
  near(frechetDistance(turned(a), turned(b)), distance, 1e-7)
})

test('features one by one have the mean and the unbiased covariance of all, whatever the offset', () => {
  for (const offset of [0, 1e4]) {
    let running = emptyGaussian(2)
    for (const [x, y] of [
      [0, 0],
      [2, 2],
      [4, 1],
    ] as const) {
      running = withFeature(running, Float32Array.of(x + offset, y + offset))
    }
    const { mean, covariance } = gaussianOf(running)
    near(mean[0], 2 + offset, 1e-6)
    near(mean[1], 1 + offset, 1e-6)
    ;[4, 1, 1, 1].forEach((expected, i) => near(covariance[i], expected, 1e-6))
  }
  assert.deepEqual([...gaussianOf(withFeature(emptyGaussian(1), Float32Array.of(5))).covariance], [0])
})

test('trying a candidate changes nothing, and the nearest set is found; a candidate without a feature has no distance', () => {
  let running = emptyGaussian(1)
  for (const value of [-1, 1]) running = withFeature(running, Float32Array.of(value))
  const reference = gaussian([0], [1])
  const tries = [Float32Array.of(0), null, Float32Array.of(9)]
  const distances = frechetWith(running, tries, reference)
  // With 0: mean 0, variance 1. With 9: mean 3, variance 28.
  near(distances[0], 0)
  assert.equal(distances[1], null)
  near(distances[2], 9 + (Math.sqrt(28) - 1) ** 2)
  assert.equal(running.count, 2)
  assert.deepEqual(frechetWith(running, tries, reference), distances)
})

test('what is not finite has no distance', () => {
  assert.equal(frechetDistance(gaussian([NaN], [1]), gaussian([0], [1])), null)
  assert.equal(frechetDistance(gaussian([0], [Infinity]), gaussian([0], [1])), null)
})

test('a reference is read as little-endian doubles at any offset; another length is refused', () => {
  const bytes = new Uint8Array(8 * 6 + 3)
  const view = new DataView(bytes.buffer)
  ;[0.5, -1, 1, 2, 3, 4].forEach((value, i) => {
    view.setFloat64(3 + 8 * i, value, true)
  })
  const reference = readReference(bytes.subarray(3), 2)
  assert.deepEqual([...reference.mean], [0.5, -1])
  assert.deepEqual([...reference.covariance], [1, 2, 3, 4])
  assert.throws(() => readReference(bytes, 2), RangeError)
})
