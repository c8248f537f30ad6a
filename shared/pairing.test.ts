import assert from 'node:assert/strict'
import test from 'node:test'

import { figureOf } from './figure.ts'
import { costDifference, equalCostPair, verdict } from './pairing.ts'
import { testRun } from './testing/test-runs.ts'

test('the pair is the whole search against the baseline of the same NFE', () => {
  const pair = equalCostPair(
    figureOf(testRun({ planned: 4, scores: [0.1, 0.4, 0.2, 0.3], baselines: { 10: 0.1, 40: 0.3 } })),
  )
  assert.ok(pair)
  assert.deepEqual([pair.a.nfe, pair.b.nfe], [40, 40])
  assert.equal(costDifference(pair), null)
  assert.equal(verdict(pair), 'At 40 NFE each, search scores +0.100 over more steps.')
})

test('without an exact partner the nearest baseline stands in, and the text says that the cost differs', () => {
  const pair = equalCostPair(
    figureOf(testRun({ planned: 4, scores: [0.1, 0.4, 0.2, 0.3], baselines: { 10: 0.1, 80: 0.6 } })),
  )
  assert.ok(pair)
  assert.equal(pair.a.nfe, 10)
  assert.equal(costDifference(pair), 'Not the same cost: 10 vs 40 NFE.')
  assert.match(verdict(pair), /^At different cost/)
})

test('more steps may win, and the text says so', () => {
  const pair = equalCostPair(figureOf(testRun({ planned: 2, scores: [0.1, 0.2], baselines: { 20: 0.5 } })))
  assert.ok(pair)
  assert.equal(verdict(pair), 'At 20 NFE each, more steps score +0.300 over search.')
})

test('a missing score is said, not taken for zero', () => {
  const pair = equalCostPair(figureOf(testRun({ planned: 1, scores: [0.1], baselines: { 10: null } })))
  assert.ok(pair)
  assert.match(verdict(pair), /no score/)
})

test('there is no pair without a finished image on each side', () => {
  assert.equal(equalCostPair(figureOf(testRun({ planned: 2, scores: [0.1, 0.2] }))), null)
  assert.equal(equalCostPair(figureOf(testRun({ planned: 2, scores: [], baselines: { 10: 0.1 } }))), null)
})
