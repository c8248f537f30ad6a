import assert from 'node:assert/strict'
import test from 'node:test'

import { testRun } from '../../logic/test-runs.ts'
import { rankedCandidates } from './order.ts'

test('by score the best comes first and everything has its rank', () => {
  const ranked = rankedCandidates(testRun({ planned: 3, scores: [0.1, 0.3, null] }), 'score')
  assert.deepEqual(
    ranked.map(({ seq, rank }) => [seq, rank]),
    [
      [1, 1],
      [0, 2],
      [2, null],
    ],
  )
})

test('as drawn a live run has a place for every planned candidate', () => {
  const run = testRun({ planned: 4, scores: [0.1, 0.3], status: { kind: 'running' } })
  assert.deepEqual(
    rankedCandidates(run, 'drawn').map(({ seq, candidate }) => [seq, candidate !== null]),
    [
      [0, true],
      [1, true],
      [2, false],
      [3, false],
    ],
  )
})

test('an ended run shows only what was made', () => {
  const run = testRun({ planned: 4, scores: [0.1], status: { kind: 'cancelled' } })
  assert.equal(rankedCandidates(run, 'score').length, 1)
})
