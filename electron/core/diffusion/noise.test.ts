import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { NoiseRecipe } from '../../../shared/domain.ts'
import { StudioError } from '../../../shared/errors.ts'
import {
  gaussian,
  makeNoise,
  neighbourOf,
  noiseRecipe,
  noiseSha256,
  samplerNoise,
  uniform,
  type Draw,
} from './noise.ts'

const moments = (values: Float32Array) => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const central = (power: number) =>
    values.reduce((sum, value) => sum + (value - mean) ** power, 0) / values.length
  const variance = central(2)
  return { mean, variance, skew: central(3) / variance ** 1.5, kurtosis: central(4) / variance ** 2 }
}

const correlation = (a: Float32Array, b: Float32Array) =>
  a.reduce((sum, value, i) => sum + value * (b[i] ?? NaN), 0) / a.length

test('a recipe makes the same noise every time', () => {
  const recipe = noiseRecipe('7', 3)
  assert.deepEqual(makeNoise(recipe, 1024), makeNoise(structuredClone(recipe), 1024))
})

test('the noise of a recipe does not change between versions', () => {
  // Golden: whoever changes this value breaks every recipe ever saved.
  assert.equal(
    noiseSha256(makeNoise(noiseRecipe('7', 0), 1024)),
    '0eb94f41be718f0f30130071c4b3ac19d999a84ccd148ab8331e5e634b3cd8ff',
  )
})

test('noise is standard normal in its first four moments', () => {
  const { mean, variance, skew, kurtosis } = moments(makeNoise(noiseRecipe('1', 0), 200_000))
  // Five standard errors of each estimate at this sample size.
  assert.ok(Math.abs(mean) < 0.0112, `mean ${mean}`)
  assert.ok(Math.abs(variance - 1) < 0.0158, `variance ${variance}`)
  assert.ok(Math.abs(skew) < 0.0274, `skewness ${skew}`)
  assert.ok(Math.abs(kurtosis - 3) < 0.0548, `kurtosis ${kurtosis}`)
})

test('streams of one seed, and one stream of neighbouring seeds, are unrelated', () => {
  const base = makeNoise(noiseRecipe('1', 0), 50_000)
  for (const recipe of [
    noiseRecipe('1', 1),
    noiseRecipe('2', 0),
    noiseRecipe((2n ** 32n + 1n).toString(), 0),
  ]) {
    const found = correlation(base, makeNoise(recipe, 50_000))
    assert.ok(Math.abs(found) < 0.0224, `correlation ${found} with ${JSON.stringify(recipe)}`)
  }
})

test('a shorter noise is the beginning of a longer one, at any length', () => {
  const long = makeNoise(noiseRecipe('9', 1), 64)
  for (const length of [1, 2, 3, 4, 5, 63]) {
    assert.deepEqual(makeNoise(noiseRecipe('9', 1), length), long.subarray(0, length))
  }
})

test('seeds beyond 2^53 differ from their neighbours, up to 2^64 - 1', () => {
  const hashes = ['9007199254740992', '9007199254740993', '18446744073709551615'].map((seed) =>
    noiseSha256(makeNoise(noiseRecipe(seed, 0), 16)),
  )
  assert.equal(new Set(hashes).size, 3)
})

test('a recipe of a newer version is refused, not ignored', () => {
  for (const json of [
    '{"generator":"philox4x32-10","seed":"1","stream":0,"operations":[{"kind":"mirror"}]}',
    '{"generator":"philox4x64-10","seed":"1","stream":0,"operations":[]}',
  ]) {
    assert.throws(
      () => makeNoise(JSON.parse(json) as NoiseRecipe, 4),
      (error) => error instanceof StudioError && error.code === 'bad_input',
    )
  }
})

test('legs of a path change nothing about the noise that it starts from', () => {
  const path: NoiseRecipe = {
    ...noiseRecipe('4', 2),
    operations: [
      { kind: 'neighbour', stream: 9, cosine: 0.9 },
      { kind: 'steps', to: 3, stream: 9 },
      { kind: 'descend', to: 0.1, evaluations: 2, predict: true },
      { kind: 'renoise', to: 0.8, stream: 10 },
    ],
  }
  const start: NoiseRecipe = { ...path, operations: path.operations.slice(0, 1) }
  assert.deepEqual(makeNoise(path, 64), makeNoise(start, 64))
  assert.notDeepEqual(makeNoise(path, 64), makeNoise(noiseRecipe('4', 2), 64))
})

test('a noise that ascends a gradient cannot be made without models', () => {
  const recipe: NoiseRecipe = {
    ...noiseRecipe('1', 0),
    operations: [{ kind: 'ascend', verifier: 'clip_score', eta: 0.01, steps: 4 }],
  }
  assert.throws(() => makeNoise(recipe, 4), RangeError)
})

test("torch's generator draws the starting noise of stream k with the seed + k, then the sampler's noise", () => {
  // The seed 7 of golden/torch-noise.json: torch.randn(5) twice.
  const first = [-0.146795094, 0.786141276, 0.94682163, -1.114344, 1.69079018]
  const second = [-0.894827902, -0.355625033, 1.23238575, 0.138172656, -1.68219852]
  for (const [seed, stream] of [
    ['7', 0],
    ['5', 2],
    ['18446744073709551615', 8],
  ] as const) {
    const recipe = noiseRecipe(seed, stream, 'torch-cpu-mt19937')
    assert.deepEqual(makeNoise(recipe, 5), Float32Array.from(first))
    assert.deepEqual(samplerNoise(recipe, stream, 5)(0), Float32Array.from(second))
  }
})

const length = (values: Float64Array) => Math.hypot(...values)

const cosineOf = (a: Float64Array, b: Float64Array) =>
  a.reduce((sum, value, i) => sum + value * (b[i] ?? NaN), 0) / (length(a) * length(b))

test('a neighbour lies at exactly the cosine, with the norm kept, also after many in a row', () => {
  for (const cosine of [0.001, 0.5, 0.95, 0.995, 0.9999]) {
    let recipe = noiseRecipe('11', 0)
    const norm = length(Float64Array.from(makeNoise(recipe, 1024)))
    for (let stream = 1; stream <= 20; stream++) {
      const before = Float64Array.from(makeNoise(recipe, 1024))
      recipe = {
        ...recipe,
        operations: [...recipe.operations, { kind: 'neighbour', stream, cosine }],
      }
      const after = Float64Array.from(makeNoise(recipe, 1024))
      assert.ok(Math.abs(cosineOf(before, after) - cosine) < 1e-6, `cosine ${cosineOf(before, after)}`)
      assert.ok(Math.abs(length(after) / norm - 1) < 1e-6, `norm ${length(after)} of ${norm}`)
    }
  }
})

test('neighbours of one noise are unrelated beyond what they share with it', () => {
  const noise = makeNoise(noiseRecipe('12', 0), 50_000)
  const [a, b] = [1, 2].map((stream) =>
    Float64Array.from(neighbourOf(noise, { kind: 'neighbour', stream, cosine: 0.8 }, '12')),
  )
  assert.ok(a !== undefined && b !== undefined)
  // The parts beside the noise are independent, so the cosine between them is 0.8^2, within five standard errors.
  assert.ok(Math.abs(cosineOf(a, b) - 0.64) < 5 * 0.36 * 0.0045, `cosine ${cosineOf(a, b)}`)
})

test('the neighbour of a noise does not change between versions', () => {
  const noise = makeNoise(noiseRecipe('7', 0), 1024)
  assert.equal(
    noiseSha256(neighbourOf(noise, { kind: 'neighbour', stream: 5, cosine: 0.95 }, '7')),
    '203c70caef72c24ae5351d2cc28d93797893723e9cdae395795ba6bb3948c7fa',
  )
})

test('purposes, steps and streams of one seed have numbers of their own', () => {
  const draws: Draw[] = [
    { stream: 3, purpose: 'starting noise' },
    { stream: 3, purpose: 'direction' },
    { stream: 3, purpose: 'forward noising' },
    { stream: 3, purpose: 'sampler' },
    { stream: 3, purpose: 'sampler', step: 1 },
    { stream: 3, purpose: 'resampling' },
    { stream: 4, purpose: 'sampler' },
  ]
  const noises = draws.map((draw) => gaussian('1', draw, 50_000))
  noises.forEach((a, i) => {
    noises.slice(i + 1).forEach((b, j) => {
      assert.ok(Math.abs(correlation(a, b)) < 0.0224, `${JSON.stringify(draws[i])} and ${i + 1 + j}`)
    })
  })
  assert.deepEqual(noises[0], makeNoise(noiseRecipe('1', 3), 50_000))
  assert.deepEqual(noises[3], gaussian('1', { stream: 3, purpose: 'sampler', step: 0 }, 50_000))
  const ofSampler = samplerNoise({ generator: 'philox4x32-10', seed: '1' }, 3, 50_000)
  assert.deepEqual([ofSampler(0), ofSampler(1)], [noises[3], noises[4]])
})

test('uniform numbers fill [0, 1) evenly', () => {
  const counts = new Array<number>(10).fill(0)
  for (let stream = 0; stream < 10_000; stream++) {
    const value = uniform('2', { stream, purpose: 'resampling' })
    assert.ok(value >= 0 && value < 1)
    const tenth = Math.floor(value * 10)
    counts[tenth] = (counts[tenth] ?? NaN) + 1
  }
  // Five standard deviations of a binomial count with p = 0.1.
  assert.ok(
    counts.every((count) => Math.abs(count - 1000) < 150),
    counts.join(' '),
  )
})
