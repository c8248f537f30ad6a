import assert from 'node:assert/strict'
import test from 'node:test'

import { testImage, testRun, testRunOf, testSpec } from '../../shared/testing/test-runs.ts'
import { handOf, rankedCandidates } from './order.ts'

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

test('images come before drafts, which have no rank, the latest round first', () => {
  const spec = testSpec({ algorithm: 'draft_cull_resume', candidates: 2, survivors: 1, draftSteps: 3 })
  const run = testRunOf(spec, [
    { ...testImage('search', 0, 10, 0.1), level: 0.7 },
    { ...testImage('search', 1, 10, 0.9), level: 0.7 },
    { ...testImage('search', 2, 10, 0.5), round: 1, parent: 1 },
  ])
  assert.deepEqual(
    rankedCandidates(run, 'score').map(({ seq, rank }) => [seq, rank]),
    [
      [2, 1],
      [1, null],
      [0, null],
    ],
  )
})

test('a live run has places for what a person asked more of, until that is undone', () => {
  const branch = { kind: 'branch', seq: 0, cosine: 0.95, count: 2, firstSeq: 4 } as const
  const run = testRun({ planned: 4, scores: [0.1], status: { kind: 'running' } })
  const placesWith = (until: number | null) =>
    rankedCandidates({ ...run, interventions: [{ id: 1, round: 0, until, ...branch }] }, 'drawn').map(
      ({ seq }) => seq,
    )
  assert.deepEqual(placesWith(null), [0, 1, 2, 3, 4, 5])
  assert.deepEqual(placesWith(0), [0, 1, 2, 3])
})

test('what is pinned and vetoed is told, until it is undone', () => {
  const run = testRun({ planned: 4, scores: [0.1, 0.2] })
  const hand = handOf({
    ...run,
    interventions: [
      { id: 1, round: 0, until: null, kind: 'pin', seq: 0 },
      { id: 2, round: 0, until: null, kind: 'veto', seq: 1 },
      { id: 3, round: 1, until: 1, kind: 'pin', seq: 1 },
    ],
  })
  assert.deepEqual([[...hand.pinned], [...hand.vetoed]], [[0], [1]])
})

test('what failed keeps its place with the reason, behind what was made, and is not awaited', () => {
  const run = testRun({ planned: 4, scores: [0.1], status: { kind: 'running' } })
  const error = { code: 'internal', message: 'no finite numbers' } as const
  const failures = [
    { runId: 1, arm: 'search', seq: 1, error },
    { runId: 1, arm: 'baseline', seq: 2, error },
  ] as const
  assert.deepEqual(
    rankedCandidates({ ...run, failures }, 'score').map(({ seq, failure }) => [seq, failure?.message]),
    [
      [0, undefined],
      [1, 'no finite numbers'],
      [2, undefined],
      [3, undefined],
    ],
  )
})
