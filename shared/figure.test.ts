import assert from 'node:assert/strict'
import test from 'node:test'

import { figureOf, searchCounts, verifiersOf } from './figure.ts'
import { testImage, testRun, testRunOf, testSpec } from './testing/test-runs.ts'

test('search columns are powers of two and the whole search', () => {
  assert.deepEqual(searchCounts(8), [1, 2, 4, 8])
  assert.deepEqual(searchCounts(6), [1, 2, 4, 6])
  assert.deepEqual(searchCounts(1), [1])
  assert.deepEqual(searchCounts(0), [])
})

test('a search column shows the best of its first candidates and costs what all of them cost', () => {
  const { search } = figureOf(testRun({ planned: 4, scores: [0.2, 0.5, 0.4, 0.3] }))
  assert.deepEqual(
    search.map(({ count, nfe, seconds, image, score }) => ({ count, nfe, seconds, seq: image?.seq, score })),
    [
      { count: 1, nfe: 10, seconds: 1, seq: 0, score: 0.2 },
      { count: 2, nfe: 20, seconds: 2, seq: 1, score: 0.5 },
      { count: 4, nfe: 40, seconds: 4, seq: 1, score: 0.5 },
    ],
  )
})

test('a delta is given only against a baseline of exactly the same NFE', () => {
  const { search } = figureOf(
    testRun({ planned: 4, scores: [0.2, 0.5, 0.4, 0.3], baselines: { 10: 0.25, 40: 0.4 } }),
  )
  const deltas = search.map(({ delta }) => (delta === null ? null : Number(delta.toFixed(6))))
  assert.deepEqual(deltas, [-0.05, null, 0.1])
})

test('the winner is the best candidate of the search, also where more steps score higher', () => {
  const { winner } = figureOf(testRun({ planned: 3, scores: [0.5, 0.6, 0.6], baselines: { 20: 0.7 } }))
  assert.deepEqual([winner?.arm, winner?.seq], ['search', 1])
})

test('there is no winner before the search has a scored candidate', () => {
  assert.equal(figureOf(testRun({ planned: 2, scores: [], baselines: { 20: 0.7 } })).winner, null)
  assert.equal(figureOf(testRun({ planned: 2, scores: [null], baselines: { 20: 0.7 } })).winner, null)
})

test('an ensemble picks by ranks, and any verifier can be shown beside its picks', () => {
  const spec = testSpec({
    ...{ algorithm: 'random_search', candidates: 3 },
    ...{ guide: ['clip_score', 'aesthetic_score'], heldOut: ['pick_score'] },
  })
  const run = testRunOf(spec, [
    { ...testImage('search', 0, 10, 0.9), scores: { clip_score: 0.9, aesthetic_score: 1, pick_score: 5 } },
    { ...testImage('search', 1, 10, 0.8), scores: { clip_score: 0.8, aesthetic_score: 8, pick_score: 4 } },
    { ...testImage('search', 2, 10, 0.1), scores: { clip_score: 0.1, aesthetic_score: 7 } },
  ])
  // Ranks 1 3, 2 1, 3 2.
  const figure = figureOf(run)
  assert.equal(figure.winner?.seq, 1)
  assert.deepEqual(
    figure.search.map(({ image, score }) => [image?.seq, score]),
    [
      [0, 0.9],
      [0, 0.9],
      [1, 0.8],
    ].slice(0, figure.search.length),
  )
  assert.deepEqual(
    figureOf(run, 'pick_score').search.map(({ image, score }) => [image?.seq, score]),
    [
      [0, 5],
      [0, 5],
      [1, 4],
    ],
  )
  assert.deepEqual(verifiersOf(run.spec), ['clip_score', 'aesthetic_score', 'pick_score'])
})

test('a live run keeps a place for every column and says whose previews belong there', () => {
  const run = testRun({ planned: 4, scores: [0.2], missingBaselines: [10, 40], status: { kind: 'running' } })
  const { baselines, search } = figureOf(run)
  assert.deepEqual(
    baselines.map(({ count, nfe, awaited, complete }) => ({ count, nfe, awaited, complete })),
    [
      { count: 10, nfe: 10, awaited: [0], complete: false },
      { count: 40, nfe: 40, awaited: [1], complete: false },
    ],
  )
  assert.deepEqual(
    search.map(({ count, nfe, made, awaited, complete }) => ({ count, nfe, made, awaited, complete })),
    [
      { count: 1, nfe: 10, made: 1, awaited: [], complete: true },
      { count: 2, nfe: 20, made: 1, awaited: [1], complete: false },
      { count: 4, nfe: 40, made: 1, awaited: [2, 3], complete: false },
    ],
  )
})

test('a run that was stopped is shown by what it reached', () => {
  const run = testRun({ planned: 8, scores: [0.1, 0.2, 0.3], status: { kind: 'cancelled' } })
  const { search } = figureOf(run)
  assert.deepEqual(
    search.map(({ count, complete }) => [count, complete]),
    [
      [1, true],
      [2, true],
      [3, true],
    ],
  )
})

test('a run that ended with nothing keeps its empty columns and awaits no previews', () => {
  const run = testRun({ planned: 2, scores: [], missingBaselines: [10], status: { kind: 'interrupted' } })
  const { baselines, search } = figureOf(run)
  assert.deepEqual(
    [...baselines, ...search].map(({ image, awaited }) => [image, awaited.length]),
    [
      [null, 0],
      [null, 0],
      [null, 0],
    ],
  )
})

/** Four drafts of 3 of 10 steps, the best two of them finished. */
function draftRun(finished: number, parts: Parameters<typeof testRunOf>[2] = {}) {
  const spec = testSpec({
    ...{ algorithm: 'draft_cull_resume', candidates: 4, survivors: 2, draftSteps: 3 },
    ...{ baselines: [26], finalSteps: parts.finals === undefined ? null : 50 },
  })
  const drafts = [0.9, 0.1, 0.8, 0.2].map((score, seq) => ({
    ...{ ...testImage('search', seq, 10, score), level: 0.7, nfe: 3 },
  }))
  const survivors = [0.5, 0.6].map((score, index) => ({
    ...testImage('search', 4 + index, 10, score),
    ...{ round: 1, parent: index === 0 ? 0 : 2, nfe: 7 },
  }))
  return testRunOf(spec, [...drafts, ...survivors].slice(0, finished), {
    baselines: [testImage('baseline', 0, 26, 0.4)],
    ...parts,
  })
}

test('a column a round: drafts cost what they cost, are looked at, and win nothing', () => {
  const { search, winner } = figureOf(draftRun(6))
  assert.deepEqual(
    search.map(({ name, count, nfe, image, delta }) => [name, count, nfe, image?.seq, delta]),
    [
      ['drafts', 4, 12, 0, null],
      ['survivors', 6, 26, 5, 0.6 - 0.4],
    ],
  )
  assert.equal(winner?.seq, 5)
  // A draft of a higher score than every image is no winner, and no column's answer once there is an image.
  assert.equal(figureOf(draftRun(4)).winner, null)
  assert.equal(search[0]?.image?.level, 0.7)
})

test('a live run of rounds has a place for each, with its planned cost', () => {
  const { search } = figureOf(draftRun(4, { status: { kind: 'running' } }))
  assert.deepEqual(
    search.map(({ complete, nfe, awaited }) => [complete, nfe, awaited]),
    [
      [true, 12, []],
      [false, 26, [4, 5]],
    ],
  )
})

test('many rounds are shown after 1, 2, 4, 8, ... of them', () => {
  const spec = testSpec({ algorithm: 'zero_order_search', rounds: 10, neighbours: 2, cosine: 0.95 })
  const { search } = figureOf(testRunOf(spec, [], { status: { kind: 'running' } }))
  assert.deepEqual(
    search.map(({ name, count, nfe }) => [name, count, nfe]),
    [
      ['round 1', 2, 20],
      ['round 2', 4, 40],
      ['round 4', 8, 80],
      ['round 8', 16, 160],
      ['round 10', 20, 200],
    ],
  )
})

test('the final image stands last, costs the whole search, and is the one of the winner at hand', () => {
  const finals = [{ ...testImage('final', 4, 50, 0.9) }, { ...testImage('final', 5, 50, 0.7) }]
  const { search } = figureOf(draftRun(6, { finals }))
  const last = search.at(-1)
  assert.deepEqual(
    [last?.name, last?.nfe, last?.image?.arm, last?.image?.seq, last?.score],
    ['final, 50 steps', 26 + 100, 'final', 5, 0.7],
  )
  const live = figureOf(draftRun(4, { finals: [], status: { kind: 'running' } })).search.at(-1)
  assert.deepEqual([live?.complete, live?.nfe], [false, 26 + 50])
})

test('what a person vetoes or puts first is heeded in every column that it is in', () => {
  const hand = { id: 1, round: 1, until: null } as const
  const vetoed = figureOf(draftRun(6, { interventions: [{ ...hand, kind: 'veto', seq: 5 }] }))
  assert.deepEqual([vetoed.winner?.seq, vetoed.search.at(-1)?.image?.seq], [4, 4])
  const put = figureOf(draftRun(6, { interventions: [{ ...hand, kind: 'override', seq: 4 }] }))
  assert.deepEqual([put.winner?.seq, put.search.at(-1)?.image?.seq], [4, 4])
})

test('candidates that a person asked for beyond the plan have a column of their own', () => {
  const run = draftRun(6)
  const more = { ...testImage('search', 6, 10, 0.95), round: 1, parent: 5 }
  const { search } = figureOf(testRunOf(run.spec, [...run.candidates, more]))
  assert.deepEqual(
    search.map(({ name, image }) => [name, image?.seq]),
    [
      ['drafts', 0],
      ['survivors', 5],
      ['by hand', 6],
    ],
  )
})

test('a candidate that failed keeps no column of a live run waiting', () => {
  const run = testRun({ planned: 2, scores: [0.2], status: { kind: 'running' } })
  const error = { code: 'internal', message: 'no finite numbers' } as const
  const { search } = figureOf({ ...run, failures: [{ runId: 1, arm: 'search', seq: 1, error }] })
  assert.deepEqual(
    search.map(({ complete, awaited, image }) => [complete, awaited, image?.seq]),
    [
      [true, [], 0],
      [true, [], 0],
    ],
  )
})
