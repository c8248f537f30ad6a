import assert from 'node:assert/strict'
import { test } from 'node:test'

import { noiseRecipe, makeNoise } from '../diffusion/noise.ts'
import { bestResult, compareResults } from './ranking.ts'
import type { Result } from './search-algorithm.ts'

test('the highest score wins, ties go to the lower sequence', () => {
  const results = [
    { seq: 0, score: 0.4 },
    { seq: 2, score: 0.9 },
    { seq: 1, score: 0.9 },
  ]
  assert.deepEqual(bestResult(results), { seq: 1, score: 0.9 })
})

test('NaN, infinity and missing scores never win, also against negative scores', () => {
  const results = [
    { seq: 0, score: NaN },
    { seq: 1, score: null },
    { seq: 2, score: Infinity },
    { seq: 3, score: -5 },
  ]
  assert.deepEqual(bestResult(results), { seq: 3, score: -5 })
})

test('nothing wins where nothing has a score', () => {
  assert.equal(bestResult([]), null)
  assert.equal(bestResult([{ seq: 0, score: null }]), null)
})

test('the order is total: any shuffle of any mixture sorts to the same list', () => {
  const random = makeNoise(noiseRecipe('11', 0), 4000)
  let at = 0
  const draw = () => Math.abs(random[at++ % random.length] ?? 0)
  for (let round = 0; round < 100; round++) {
    const results: Result[] = Array.from({ length: 12 }, (_, seq) => {
      const kind = Math.floor(draw() * 4)
      return { seq, score: kind === 0 ? null : kind === 1 ? NaN : Math.round(draw() * 3) }
    })
    const sorted = [...results].sort(compareResults)
    const shuffled = results.map((result) => ({ result, key: draw() })).sort((a, b) => a.key - b.key)
    assert.deepEqual(shuffled.map(({ result }) => result).sort(compareResults), sorted)
  }
})
