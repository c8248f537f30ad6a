import assert from 'node:assert/strict'
import { test } from 'node:test'

import { makeNoise, noiseRecipe } from '../../electron/core/diffusion/noise.ts'
import { estimate, estimateDifference, meanOf, type Estimate } from './statistics.ts'

const found = (value: Estimate | null): Estimate => value ?? assert.fail('expected an estimate, found none')
const near = (value: number, expected: number, within: number) => {
  assert.ok(Math.abs(value - expected) <= within, `expected ${expected} within ${within}, found ${value}`)
}

test('the interval of a normal mean is 1.96 standard errors on either side', () => {
  const values = [...makeNoise(noiseRecipe('5', 0), 400)].map((value) => 3 + 2 * value)
  const { mean, low, high, n } = found(estimate(values))
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
  const half = (1.96 * deviation) / Math.sqrt(n)
  near(low, mean - half, 0.02)
  near(high, mean + half, 0.02)
  assert.equal(n, 400)
})

test('the interval of a share is the binomial one', () => {
  const { mean, low, high } = found(
    estimate(
      Array.from({ length: 200 }, (_, i) => Number(i % 4 === 0)),
      'share',
    ),
  )
  assert.equal(mean, 0.25)
  near(low, 0.25 - 1.96 * Math.sqrt((0.25 * 0.75) / 200), 0.006)
  near(high, 0.25 + 1.96 * Math.sqrt((0.25 * 0.75) / 200), 0.006)
})

test('covers the truth in about 95 of 100 experiments', () => {
  const covered = Array.from({ length: 200 }, (_, experiment) => {
    const values = [...makeNoise(noiseRecipe('6', experiment), 60)]
    const { low, high } = found(estimate(values))
    return low <= 0 && high >= 0
  }).filter(Boolean).length
  assert.ok(covered >= 180 && covered <= 198, `expected 180 to 198 of 200, found ${covered}`)
})

test('is the same at every call: the resamples are drawn with a fixed seed', () => {
  const values = [0.1, 0.4, 0.2, 0.9, 0.3]
  assert.deepEqual(estimate(values), estimate([...values]))
})

test('a share of all or none has the exact binomial bound, not an interval without width', () => {
  const all = found(estimate(Array<number>(34).fill(1), 'share'))
  near(all.low, 0.8972, 0.0001)
  assert.equal(all.high, 1)
  const none = found(estimate(Array<number>(34).fill(0), 'share'))
  near(none.high, 0.1028, 0.0001)
})

test('a prompt without a value is left out, not counted as zero', () => {
  const { mean, n } = found(estimate([1, null, 3, null]))
  assert.deepEqual([mean, n], [2, 2])
  assert.equal(estimate([null, null]), null)
  assert.equal(meanOf([null]), null)
})

test('a difference is paired: what all prompts share does not widen it', () => {
  const base = [...makeNoise(noiseRecipe('7', 0), 100)].map((value) => 50 * value)
  const moved = base.map((value, i) => value + 1 + 0.1 * (i % 2))
  const { mean, low, high } = found(estimateDifference(moved, base))
  near(mean, 1.05, 1e-9)
  assert.ok(high - low < 0.05)
  assert.equal(found(estimateDifference([1, null, 5], [0, 1, null])).n, 1)
})
