import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import {
  distanceAfter,
  emptyPopulation,
  readReference,
  withAdded,
  type Gaussian,
  type Population,
} from './frechet.ts'
import { symmetricEigenvalues } from './symmetric-eigenvalues.ts'

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

/** Features of exactly this mean and covariance, within float32: m + and - the columns of the Cholesky factor, scaled. */
const featuresOf = ({ mean, covariance }: Gaussian): Float32Array[] => {
  const size = mean.length
  const l = new Float64Array(size * size)
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let rest = covariance[row * size + column] ?? NaN
      for (let k = 0; k < column; k++) rest -= (l[row * size + k] ?? NaN) * (l[column * size + k] ?? NaN)
      const pivot = l[column * size + column] ?? NaN
      l[row * size + column] = row === column ? Math.sqrt(Math.max(rest, 0)) : pivot === 0 ? 0 : rest / pivot
    }
  }
  const scale = Math.sqrt((2 * size - 1) / 2)
  return Array.from({ length: 2 * size }, (_, i) =>
    Float32Array.from(
      mean,
      (m, row) => m + (i % 2 === 0 ? scale : -scale) * (l[row * size + Math.floor(i / 2)] ?? NaN),
    ),
  )
}
/** What float32 leaves of it. */
const single = 1e-5
const distanceOf = (a: Gaussian, b: Gaussian) => distanceAfter(emptyPopulation(b), featuresOf(a))

test('eigenvalues of [[2, 1], [1, 2]] are 1 and 3; of one number itself; of zeros zero', () => {
  const sorted = symmetricEigenvalues(Float64Array.of(2, 1, 1, 2), 2).sort()
  near(sorted[0], 1)
  near(sorted[1], 3)
  assert.deepEqual([...symmetricEigenvalues(Float64Array.of(-7), 1)], [-7])
  assert.deepEqual([...symmetricEigenvalues(new Float64Array(9), 3)], [0, 0, 0])
})

/** H M H with H = 1 - 2 v v^T / v.v: another matrix with the same eigenvalues. */
const reflected = (matrix: Float64Array, size: number, seed: number): Float64Array => {
  const v = scattered(size, seed)
  const squared = v.reduce((sum, value) => sum + value * value, 0)
  const h = (i: number, j: number) => (i === j ? 1 : 0) - (2 * (v[i] ?? NaN) * (v[j] ?? NaN)) / squared
  const product = (a: (i: number, j: number) => number, b: (i: number, j: number) => number) => {
    const values = Float64Array.from({ length: size ** 2 }, (_, at) => {
      let sum = 0
      for (let k = 0; k < size; k++) sum += a(Math.floor(at / size), k) * b(k, at % size)
      return sum
    })
    return (i: number, j: number) => values[i * size + j] ?? NaN
  }
  const turned = product(
    product(h, (i, j) => matrix[i * size + j] ?? NaN),
    h,
  )
  return Float64Array.from({ length: size ** 2 }, (_, at) => turned(Math.floor(at / size), at % size))
}

test('a matrix made of known eigenvalues, repeated, negative and zero ones among them, gives them back', () => {
  const size = 40
  const known = Array.from({ length: size }, (_, i) =>
    i < 15 ? 0 : i < 20 ? 3 : i < 25 ? -2 : 1.5 ** (i - 30),
  )
  const diagonal = Float64Array.from({ length: size ** 2 }, (_, at) =>
    at % (size + 1) === 0 ? (known[Math.floor(at / size)] ?? NaN) : 0,
  )
  const matrix = reflected(reflected(diagonal, size, 1), size, 2)
  const found = [...symmetricEigenvalues(matrix, size)].sort((a, b) => a - b)
  known
    .sort((a, b) => a - b)
    .forEach((value, i) => {
      near(found[i], value, 1e-12)
    })
})

test('the second difference of 100 points has the eigenvalues 2 - 2 cos(k pi / 101)', () => {
  const size = 100
  const matrix = Float64Array.from({ length: size ** 2 }, (_, at) => {
    const apart = Math.abs(Math.floor(at / size) - (at % size))
    return apart === 0 ? 2 : apart === 1 ? -1 : 0
  })
  const found = [...symmetricEigenvalues(matrix, size)].sort((a, b) => a - b)
  found.forEach((value, i) => {
    near(value, 2 - 2 * Math.cos(((i + 1) * Math.PI) / 101), 1e-13)
  })
})

test('of Gaussians with diagonal covariance the distance is |m1 - m2|^2 + sum (s1 - s2)^2', () => {
  const a = gaussian([1, 2], [4, 0, 0, 9])
  const b = gaussian([4, -2], [1, 0, 0, 16])
  near(distanceOf(a, b), 25 + (2 - 1) ** 2 + (3 - 4) ** 2, single)
})

test('of [[2, 1], [1, 2]] to the identity: 4 + 2 - 2 (1 + sqrt 3)', () => {
  const a = gaussian([0, 0], [2, 1, 1, 2])
  near(distanceOf(a, gaussian([0, 0], [1, 0, 0, 1])), 6 - 2 * (1 + Math.sqrt(3)), single)
})

test('the distance is symmetric, zero to itself, and the same when both are turned', () => {
  const size = 6
  const [a, b] = [1, 2].map((seed) => ({ mean: scattered(size, seed), covariance: covarianceOf(size, seed) }))
  assert.ok(a !== undefined && b !== undefined)
  const distance = distanceOf(a, b)
  assert.ok(distance !== null && distance > 0.1)
  near(distanceOf(b, a), distance, single)
  near(distanceOf(a, a), 0, single)
  const v = scattered(size, 5)
  const squared = v.reduce((sum, value) => sum + value * value, 0)
  const turned = ({ mean, covariance }: Gaussian): Gaussian => {
    const along = mean.reduce((sum, value, i) => sum + value * (v[i] ?? NaN), 0) / squared
    return {
      mean: mean.map((value, i) => value - 2 * along * (v[i] ?? NaN)),
      covariance: reflected(covariance, size, 5),
    }
  }
  near(distanceOf(turned(a), turned(b)), distance, single)
})

type Golden = {
  readonly cases: readonly { readonly width: number; readonly features: number; readonly distance: number }[]
}
const golden = JSON.parse(readFileSync(new URL('golden/frechet.json', import.meta.url), 'utf8')) as Golden

/** The counter of models/recipes/fixtures/frechet.py. */
const counted = (seed: number, count: number): Float64Array => {
  let state = seed
  return Float64Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state >>> 16) / 2 ** 15 - 1
  })
}

const countedReference = (width: number): Gaussian => {
  const rank = 8
  const [b, beside] = [counted(2, width * rank), counted(3, width)]
  const covariance = new Float64Array(width * width)
  for (let row = 0; row < width; row++) {
    for (let column = 0; column < width; column++) {
      let sum = row === column ? 0.75 + (beside[row] ?? NaN) / 2 : 0
      for (let k = 0; k < rank; k++) sum += (b[row * rank + k] ?? NaN) * (b[column * rank + k] ?? NaN)
      covariance[row * width + column] = sum
    }
  }
  return { mean: counted(1, width), covariance }
}

for (const { width, features, distance } of golden.cases) {
  test(`${features} features of ${width} numbers are as far from a reference as by numpy and scipy`, () => {
    const values = Float32Array.from(counted(4, features * width))
    const all = Array.from({ length: features }, (_, i) => values.subarray(i * width, (i + 1) * width))
    const population = withAdded(emptyPopulation(countedReference(width)), all.slice(0, -1))
    near(distanceAfter(population, all.slice(-1)), distance, 1e-9 * distance)
  })
}

/** Points of a population; each a feature of two numbers. */
const points = [
  [0, 0],
  [2, 2],
  [4, 1],
] as const
const featuresAt = (offset: number) => points.map(([x, y]) => Float32Array.of(x + offset, y + offset))

test("features one by one have the distance of all together, whatever their offset and the reference's", () => {
  for (const offset of [0, 1e4]) {
    const features = featuresAt(offset)
    for (const from of [0, offset]) {
      const reference = gaussian([2 + from, 1 + from], [1, 0, 0, 1])
      const oneByOne = features.reduce(
        (all, feature) => withAdded(all, [feature]),
        emptyPopulation(reference),
      )
      assert.deepEqual(withAdded(emptyPopulation(reference), features), oneByOne)
      // Covariance [[4, 1], [1, 1]]: tr sqrt = sqrt(tr + 2 sqrt det).
      const expected = 2 * (offset - from) ** 2 + 5 + 2 - 2 * Math.sqrt(5 + 2 * Math.sqrt(3))
      near(distanceAfter(oneByOne, []), expected, 1e-6)
    }
  }
})

test('a feature of another length is refused', () => {
  const population = emptyPopulation(gaussian([0, 0], [1, 0, 0, 1]))
  assert.throws(() => withAdded(population, [Float32Array.of(1)]), RangeError)
})

test('trying a candidate changes nothing, and its distance is in closed form', () => {
  const population = withAdded(emptyPopulation(gaussian([0], [1])), [Float32Array.of(-1), Float32Array.of(1)])
  for (const turn of ['first', 'second']) {
    // With 0: mean 0, variance 1. With 9: mean 3, variance 28.
    near(distanceAfter(population, [Float32Array.of(0)]), 0)
    near(distanceAfter(population, [Float32Array.of(9)]), 9 + (Math.sqrt(28) - 1) ** 2)
    assert.equal(population.deviations.length, 2, turn)
  }
})

test('a single feature has no covariance: its distance is to the mean, and the trace', () => {
  near(distanceAfter(emptyPopulation(gaussian([1, 2], [3, 0, 0, 4])), [Float32Array.of(2, 4)]), 1 + 4 + 7)
  assert.equal(distanceAfter(emptyPopulation(gaussian([1], [3])), []), null)
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
  const candidates = [...Array(60).keys()].map((i) =>
    Float32Array.from(scattered(2, i), (value) => 2 * ((value * 4e4) % 1)),
  )
  let population: Population = emptyPopulation(reference)
  const joined: Float32Array[] = []
  const places = new Set<number>()
  for (let at = 0; at < candidates.length; at += 4) {
    const round = candidates.slice(at, at + 4)
    const found = round.map((feature) => distanceAfter(population, [feature]) ?? NaN)
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
  // Eigenvalues of v v^T: |v|^2 once, else 0.
  const size = 64
  const v = scattered(size, 2)
  const identity = Float64Array.from({ length: size ** 2 }, (_, at) => (at % (size + 1) === 0 ? 1 : 0))
  const squared = v.reduce((sum, value) => sum + value ** 2, 0)
  // Two features at v (1 +- sqrt(1/2)) have that covariance.
  const two = [1, -1].map((sign) => Float32Array.from(v, (value) => value * (1 + sign * Math.SQRT1_2)))
  const found = distanceAfter(emptyPopulation(gaussian([...v], [...identity])), two)
  near(found, squared + size - 2 * Math.sqrt(squared), single)
})

test('what is not finite has no distance', () => {
  const population = withAdded(emptyPopulation(gaussian([0], [1])), [Float32Array.of(1)])
  for (const value of [NaN, Infinity]) assert.equal(distanceAfter(population, [Float32Array.of(value)]), null)
  assert.equal(distanceAfter(emptyPopulation(gaussian([NaN], [1])), [Float32Array.of(1)]), null)
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
