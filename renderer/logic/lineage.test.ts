import assert from 'node:assert/strict'
import test from 'node:test'

import type { Candidate, RecipeOperation } from '../../shared/domain.ts'
import { testImage, testRunOf, testSpec } from '../../shared/testing/test-runs.ts'
import { lineageOf } from './lineage.ts'

function candidate(
  seq: number,
  parent: number | null,
  operations: readonly RecipeOperation[],
  level = 0,
): Candidate {
  const image = testImage('search', seq, 10, 0.5)
  return { ...image, parent, level, recipe: { ...image.recipe, stream: 0, operations } }
}

const spec = testSpec({ algorithm: 'random_search', candidates: 4 })
const turn = (stream: number): RecipeOperation => ({ kind: 'neighbour', stream, cosine: 0.95 })

test('neighbours of neighbours: the root first, an angle between each two', () => {
  const [root, child, grandchild] = [
    candidate(0, null, []),
    candidate(3, 0, [turn(3)]),
    candidate(5, 3, [turn(3), turn(5)]),
  ]
  const line = lineageOf(testRunOf(spec, [root, child, grandchild]), grandchild)
  assert.deepEqual(
    line.map((one) => [one.candidate.seq, one.stride]),
    [
      [0, null],
      [3, '18.2°'],
      [5, '18.2°'],
    ],
  )
})

test('paths, drafts, ascents and final images say what was done', () => {
  const start: RecipeOperation = { kind: 'descend', to: 0.11, evaluations: 9, predict: false }
  const path: readonly RecipeOperation[] = [
    start,
    { kind: 'renoise', to: 0.89, stream: 1 },
    { kind: 'descend', to: 0.08, evaluations: 8, predict: true },
  ]
  const draft: RecipeOperation = { kind: 'steps', to: 5, stream: 0 }
  const cases: readonly (readonly [Candidate, Candidate, string])[] = [
    [candidate(0, null, [start], 0.21), candidate(1, 0, path, 0.08), 'σ 0.11 → 0.89 → 0.08'],
    [
      candidate(0, null, [draft], 0.7),
      candidate(1, 0, [draft, { kind: 'steps', to: 20, stream: 0 }]),
      'to step 20',
    ],
    [
      candidate(0, null, []),
      candidate(1, 0, [{ kind: 'ascend', verifier: 'clip_score', eta: 0.01, steps: 20 }]),
      'η 0.01',
    ],
    [candidate(0, null, []), { ...testImage('final', 0, 50, 0.6) }, '50 steps'],
  ]
  for (const [parent, child, words] of cases) {
    assert.deepEqual(
      lineageOf(testRunOf(spec, [parent]), child).map(({ stride }) => stride),
      [null, words],
    )
  }
})

test('a line ends where its ancestor was not made, and where numbers go round', () => {
  const orphan = candidate(2, 1, [turn(2)])
  assert.equal(lineageOf(testRunOf(spec, [orphan]), orphan).length, 1)
  const [a, b] = [candidate(0, 1, []), candidate(1, 0, [])]
  assert.equal(lineageOf(testRunOf(spec, [a, b]), b).length, 2)
})
