import assert from 'node:assert/strict'
import test from 'node:test'

import type { Candidate, RecipeOperation } from './domain.ts'
import { receivedRun, sentRun, type SentRun } from './run-wire.ts'
import { testImage, testRunOf, testSpec } from './testing/test-runs.ts'

const step = (stream: number): RecipeOperation => ({ kind: 'neighbour', stream, cosine: 0.95 })

function candidate(seq: number, parent: number | null, operations: readonly RecipeOperation[]): Candidate {
  const image = testImage('search', seq, 4, seq / 10)
  return { ...image, parent, recipe: { ...image.recipe, stream: 0, operations } }
}

test('a run that was sent and received is the run, whatever its recipes have in common', () => {
  const [first, second] = [step(1), step(2)]
  const run = testRunOf(testSpec({ algorithm: 'random_search', candidates: 7 }), [
    candidate(0, null, []),
    candidate(1, 0, [first]),
    candidate(2, 1, [first, second]),
    // Equal to its parent's and no part of it; shorter than its parent's; of a parent that is not there.
    candidate(3, 1, [step(1), step(3)]),
    candidate(4, 2, [first]),
    candidate(5, 99, [first, step(5)]),
    candidate(6, 2, [first, second, step(6), step(7)]),
  ])
  const sent = sentRun(run)
  assert.deepEqual(
    sent.candidates.map(({ inherited, recipe }) => [inherited, recipe.operations.length]),
    [
      [0, 0],
      [0, 1],
      [1, 1],
      [0, 2],
      [0, 1],
      [0, 2],
      [2, 2],
    ],
  )
  assert.deepEqual(receivedRun(JSON.parse(JSON.stringify(sent)) as SentRun), run)
})
