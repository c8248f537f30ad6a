import assert from 'node:assert/strict'
import { test } from 'node:test'

import { clipScore } from './clip-score.ts'

const vector = (...values: number[]) => Float32Array.from(values)

test('is 2.5 times the cosine, whatever the lengths of the features', () => {
  assert.equal(clipScore(vector(3, 0), vector(9, 0)), 2.5)
  assert.ok(Math.abs((clipScore(vector(1, 1), vector(1, 0)) ?? NaN) - 2.5 * Math.SQRT1_2) < 1e-12)
})

test('is 0 for features that point away from each other', () => {
  assert.equal(clipScore(vector(1, 0), vector(-1, 0)), 0)
})

test('is absent for a feature without direction or with NaN', () => {
  assert.equal(clipScore(vector(0, 0), vector(1, 0)), null)
  assert.equal(clipScore(vector(NaN, 0), vector(1, 0)), null)
})

test('refuses features of different lengths', () => {
  assert.throws(() => clipScore(vector(1), vector(1, 0)), RangeError)
})
