import assert from 'node:assert/strict'
import test from 'node:test'

import { figureOf, searchCounts, verifiersOf } from './figure.ts'
import { testImage, testRun } from './test-runs.ts'

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
  const base = testRun({ planned: 3, scores: [], baselines: { 20: 0.7 } })
  const run = {
    ...base,
    spec: {
      ...base.spec,
      guide: ['clip_score', 'aesthetic_score'] as const,
      heldOut: ['pick_score'] as const,
    },
    candidates: [
      { ...testImage('search', 0, 10, 0.9), scores: { clip_score: 0.9, aesthetic_score: 1, pick_score: 5 } },
      { ...testImage('search', 1, 10, 0.8), scores: { clip_score: 0.8, aesthetic_score: 8, pick_score: 4 } },
      { ...testImage('search', 2, 10, 0.1), scores: { clip_score: 0.1, aesthetic_score: 7 } },
    ],
  } as unknown as typeof base
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
