import assert from 'node:assert/strict'
import { test } from 'node:test'

import {
  distanceAfter,
  emptyPopulation,
  frechetDistance,
  gaussianOf,
  readReference,
  referenceOf,
  withAdded,
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

const distanceOf = (a: Gaussian, b: Gaussian) => frechetDistance(a, referenceOf(b))

test('of Gaussians with diagonal covariance the distance is |m1 - m2|^2 + sum (s1 - s2)^2', () => {
  const a = gaussian([1, 2], [4, 0, 0, 9])
  const b = gaussian([4, -2], [1, 0, 0, 16])
  near(distanceOf(a, b), 25 + (2 - 1) ** 2 + (3 - 4) ** 2)
})

test('of [[2, 1], [1, 2]] to the identity: 4 + 2 - 2 (1 + sqrt 3)', () => {
  const a = gaussian([0, 0], [2, 1, 1, 2])
  near(distanceOf(a, gaussian([0, 0], [1, 0, 0, 1])), 6 - 2 * (1 + Math.sqrt(3)))
})

test('the distance is symmetric, zero to itself, and the same when both are turned', () => {
  const size = 6
  const [a, b] = [1, 2].map((seed) => ({ mean: scattered(size, seed), covariance: covarianceOf(size, seed) }))
  assert.ok(a !== undefined && b !== undefined)
  const distance = distanceOf(a, b)
  assert.ok(distance !== null && distance > 0.1)
  near(distanceOf(b, a), distance, 1e-8)
  near(distanceOf(a, a), 0, 1e-8)
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
  near(distanceOf(turned(a), turned(b)), distance, 1e-7)
})

/** Points of a population; each a feature of two numbers. */
const points = [
  [0, 0],
  [2, 2],
  [4, 1],
] as const
const featuresAt = (offset: number) => points.map(([x, y]) => Float32Array.of(x + offset, y + offset))

test('features one by one have the mean and the unbiased covariance of all, whatever the offset', () => {
  for (const offset of [0, 1e4]) {
    const features = featuresAt(offset)
    const oneByOne = features.reduce((all, feature) => withAdded(all, [feature]), emptyPopulation(2))
    assert.deepEqual(withAdded(emptyPopulation(2), features), oneByOne)
    const { mean, covariance } = gaussianOf(oneByOne)
    near(mean[0], 2 + offset, 1e-6)
    near(mean[1], 1 + offset, 1e-6)
    ;[4, 1, 1, 1].forEach((expected, i) => near(covariance[i], expected, 1e-6))
  }
  assert.deepEqual([...gaussianOf(withAdded(emptyPopulation(1), [Float32Array.of(5)])).covariance], [0])
})

test('hundreds of features, in batches of any size, agree with the formula over the whole list', () => {
  const size = 5
  const all = [...Array(300).keys()].map((i) => Float32Array.from(scattered(size, i), (value) => 50 + value))
  let population = emptyPopulation(size)
  for (let at = 0, batch = 1; at < all.length; at += batch++) {
    population = withAdded(population, all.slice(at, at + batch))
  }
  assert.equal(population.count, all.length)
  const meanAt = (i: number) => all.reduce((sum, feature) => sum + (feature[i] ?? NaN), 0) / all.length
  const { mean, covariance } = gaussianOf(population)
  for (let row = 0; row < size; row++) {
    near(mean[row], meanAt(row), 1e-10)
    for (let column = 0; column < size; column++) {
      const deviations = all.map(
        (feature) => ((feature[row] ?? NaN) - meanAt(row)) * ((feature[column] ?? NaN) - meanAt(column)),
      )
      near(covariance[row * size + column], deviations.reduce((a, b) => a + b) / (all.length - 1), 1e-10)
    }
  }
})

test('a population survives JSON, and a feature of another length is refused', () => {
  const population = withAdded(emptyPopulation(2), featuresAt(3))
  const { count, mean, scatter } = JSON.parse(
    JSON.stringify({ ...population, mean: [...population.mean], scatter: [...population.scatter] }),
  ) as { count: number; mean: number[]; scatter: number[] }
  const revived = { count, mean: Float64Array.from(mean), scatter: Float64Array.from(scatter) }
  assert.deepEqual(withAdded(revived, featuresAt(1)), withAdded(population, featuresAt(1)))
  assert.throws(() => withAdded(population, [Float32Array.of(1)]), RangeError)
})

test('trying a candidate changes nothing, and its distance is in closed form', () => {
  const population = withAdded(emptyPopulation(1), [Float32Array.of(-1), Float32Array.of(1)])
  const reference = referenceOf(gaussian([0], [1]))
  for (const turn of ['first', 'second']) {
    // With 0: mean 0, variance 1. With 9: mean 3, variance 28.
    near(distanceAfter(population, [Float32Array.of(0)], reference), 0)
    near(distanceAfter(population, [Float32Array.of(9)], reference), 9 + (Math.sqrt(28) - 1) ** 2)
    assert.equal(population.count, 2, turn)
  }
})

/** The distance of some points from a reference in two dimensions, without matrices: tr sqrt(A) = sqrt(tr A + 2 sqrt(det A)). */
function planeDistance(all: readonly Float32Array[], { mean: [m1 = NaN, m2 = NaN], covariance }: Gaussian) {
  const average = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length
  const [x, y] = [0, 1].map((i) => all.map((feature) => feature[i] ?? NaN)) as [number[], number[]]
  const [mx, my] = [average(x), average(y)]
  const spread = (p: readonly number[], q: readonly number[]) =>
    all.length < 2
      ? 0
      : all.reduce((sum, _, i) => sum + ((p[i] ?? NaN) - average(p)) * ((q[i] ?? NaN) - average(q)), 0) /
        (all.length - 1)
  const [xx, xy, yy] = [spread(x, x), spread(x, y), spread(y, y)]
  const [a = NaN, b = NaN, , d = NaN] = covariance
  const product = xx * a + 2 * xy * b + yy * d
  const determinant = Math.max(0, (xx * yy - xy * xy) * (a * d - b * b))
  const root = Math.sqrt(Math.max(0, product + 2 * Math.sqrt(determinant)))
  return (mx - m1) ** 2 + (my - m2) ** 2 + xx + yy + a + d - 2 * root
}

test('the greedy rule grows the same population as trying every candidate by hand', () => {
  const reference = gaussian([0.3, -0.2], [0.6, 0.25, 0.25, 0.4])
  const prepared = referenceOf(reference)
  const candidates = [...Array(60).keys()].map((i) =>
    Float32Array.from(scattered(2, i), (value) => 2 * ((value * 4e4) % 1)),
  )
  let population = emptyPopulation(2)
  const joined: Float32Array[] = []
  const places = new Set<number>()
  for (let at = 0; at < candidates.length; at += 4) {
    const round = candidates.slice(at, at + 4)
    const found = round.map((feature) => distanceAfter(population, [feature], prepared) ?? NaN)
    const expected = round.map((feature) => planeDistance([...joined, feature], reference))
    found.forEach((distance, i) => near(distance, expected[i] ?? NaN, 1e-6))
    const best = found.indexOf(Math.min(...found))
    assert.equal(best, expected.indexOf(Math.min(...expected)))
    places.add(best)
    const chosen = round[best] ?? new Float32Array()
    joined.push(chosen)
    population = withAdded(population, [chosen])
  }
  assert.equal(places.size, 4, 'the winner was always in the same places')
  const first = candidates.filter((_, i) => i % 4 === 0)
  assert.ok(planeDistance(joined, reference) < planeDistance(first, reference) / 2)
})

test('a covariance of rank one, as two features have it, is as exact as any', () => {
  // Eigenvalues of v v^T: |v|^2 once, else 0. The root of the identity leaves only |v|.
  const size = 64
  const v = scattered(size, 2)
  const outer = Float64Array.from({ length: size ** 2 }, (_, at) => {
    return (v[Math.floor(at / size)] ?? NaN) * (v[at % size] ?? NaN)
  })
  const identity = Float64Array.from({ length: size ** 2 }, (_, at) => (at % (size + 1) === 0 ? 1 : 0))
  const squared = v.reduce((sum, value) => sum + value ** 2, 0)
  const found = distanceOf(gaussian([...v], [...outer]), gaussian([...v], [...identity]))
  near(found, squared + size - 2 * Math.sqrt(squared), 1e-6)
})

test('what is not finite has no distance', () => {
  const reference = gaussian([0], [1])
  assert.equal(distanceOf(gaussian([NaN], [1]), reference), null)
  assert.equal(distanceOf(gaussian([0], [Infinity]), reference), null)
})

test('a reference is read as little-endian doubles at any offset; another length is refused', () => {
  const bytes = new Uint8Array(8 * 6 + 3)
  const view = new DataView(bytes.buffer)
  ;[0.5, -1, 4, 1, 1, 9].forEach((value, i) => {
    view.setFloat64(3 + 8 * i, value, true)
  })
  const reference = readReference(bytes.subarray(3), 2)
  assert.deepEqual([...reference.mean], [0.5, -1])
  assert.deepEqual([...reference.covariance], [4, 1, 1, 9])
  assert.throws(() => readReference(bytes, 2), RangeError)
})
