import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import type { Intervention } from '../../../shared/domain.ts'
import { drive, follow } from './testing/drive.ts'
import { hand } from './testing/hand.ts'
import { specOf } from './testing/specs.ts'

test('raises a smooth verifier step by step, on the sphere of Gaussian noises', () => {
  for (const seed of ['1', '2', '3']) {
    const made = drive(specOf({ algorithm: 'first_order_search', seed, steps: 6, iterations: 30, eta: 0.05 }))
    for (const { noise } of made.slice(1)) {
      assert.ok(Math.abs(Math.hypot(...noise) - Math.sqrt(8)) < 1e-6)
    }
    // The first step may lose: it also takes the noise to that norm, in eight dimensions a long way.
    const scores = made.slice(1).map((one) => one.scores.clip_score ?? NaN)
    scores.slice(1).forEach((score, i) => {
      assert.ok(score > (scores[i] ?? NaN), `${scores.join(' ')}, seed ${seed}`)
    })
  }
})

test('goes strictly one after the other, each with one ascent more', () => {
  const all = follow(specOf({ algorithm: 'first_order_search', steps: 4, iterations: 3, eta: 0.5 }), () => ({
    clip_score: 1,
  }))
  const ascend = { kind: 'ascend', verifier: 'clip_score', eta: 0.5, steps: 4 }
  assert.deepEqual(
    all.map(({ seq, round, parent, recipe }) => [seq, round, parent, recipe.stream, recipe.operations]),
    [
      [0, 0, null, 0, []],
      [1, 1, 0, 0, [ascend]],
      [2, 2, 1, 0, [ascend, ascend]],
    ],
  )
})

describe('where the next ascent starts', () => {
  /** The parent and the last step of each candidate. */
  const ascents = (interventions: readonly Intervention[], scores: readonly number[] = []) =>
    follow(
      specOf({ algorithm: 'first_order_search', steps: 4, iterations: 5, eta: 1 }),
      ({ seq }) => ({ clip_score: scores[seq] ?? seq }),
      interventions,
    )
      .slice(1)
      .map(({ parent, recipe }) => {
        const last = recipe.operations.at(-1)
        return [parent, last?.kind === 'ascend' ? last.eta : NaN]
      })

  test('is the newest candidate, whatever its score', () => {
    const expected = [
      [0, 1],
      [1, 1],
      [2, 1],
      [3, 1],
    ]
    assert.deepEqual(ascents([]), expected)
    assert.deepEqual(ascents([], [9, 1, NaN, 0, 3]), expected)
  })

  test('is who is put first, once, with half the step where it was ascended from before', () => {
    assert.deepEqual(ascents([hand('override', 0, 2)]), [
      [0, 1],
      [1, 1],
      [0, 0.5],
      [3, 1],
    ])
  })

  test('is who is pinned, until it is undone, with ever shorter steps', () => {
    assert.deepEqual(ascents([hand('pin', 1, 1)]), [
      [0, 1],
      [1, 1],
      [1, 0.5],
      [1, 0.25],
    ])
    assert.deepEqual(ascents([hand('pin', 1, 1, 3)]).at(-1), [3, 1])
  })

  test('is the one before a vetoed candidate, or the first, which has none before it', () => {
    assert.deepEqual(ascents([hand('veto', 2, 2)]), [
      [0, 1],
      [1, 1],
      [1, 0.5],
      [3, 1],
    ])
    assert.deepEqual(
      ascents([hand('veto', 0, 0), hand('veto', 1, 1), hand('veto', 2, 2)]).map(([parent]) => parent),
      [0, 0, 0, 3],
    )
  })

  test('is never the same noise again', () => {
    const all = follow(
      specOf({ algorithm: 'first_order_search', steps: 4, iterations: 6 }),
      ({ seq }) => ({ clip_score: seq }),
      [hand('pin', 0, 0, 3), hand('veto', 3, 3), hand('override', 1, 4)],
    )
    assert.equal(new Set(all.map(({ recipe }) => JSON.stringify(recipe))).size, 6)
  })
})
