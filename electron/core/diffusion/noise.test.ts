import assert from 'node:assert/strict'
import { test } from 'node:test'

import { StudioError } from '../../../shared/errors.ts'
import { makeNoise, noiseRecipe, noiseSha256 } from './noise.ts'

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

test('a recipe with operations of a newer version is refused, not ignored', () => {
  const recipe = JSON.parse(
    '{"generator":"philox4x32-10","seed":"1","stream":0,"operations":[{"kind":"neighbour"}]}',
  ) as ReturnType<typeof noiseRecipe>
  assert.throws(
    () => makeNoise(recipe, 4),
    (error) => error instanceof StudioError && error.code === 'bad_input',
  )
})
