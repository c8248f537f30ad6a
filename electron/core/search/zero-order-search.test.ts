import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import type { Intervention, NoiseRecipe, Scores } from '../../../shared/domain.ts'
import { makeNoise, noiseRecipe } from '../diffusion/noise.ts'
import { drive, follow } from './testing/drive.ts'
import { hand } from './testing/hand.ts'
import { specOf } from './testing/specs.ts'

const dot = (a: Float32Array, b: Float32Array) => {
  let sum = 0
  a.forEach((value, i) => (sum += value * (b[i] ?? NaN)))
  return sum
}

test('every candidate lies at the cosine from the pivot of its round, with the norm of the first noise', () => {
  const length = 4096
  const first = makeNoise(noiseRecipe('1', 0), length)
  const norm = Math.sqrt(dot(first, first))
  for (const cosine of [0.5, 0.95, 0.995]) {
    const made = drive(specOf({ algorithm: 'zero_order_search', rounds: 8, neighbours: 3, cosine }))
    for (const { parent, recipe } of made) {
      const root: NoiseRecipe = noiseRecipe('1', 0)
      const pivot = makeNoise(parent === null ? root : (made[parent]?.recipe ?? root), length)
      const noise = makeNoise(recipe, length)
      const found = dot(pivot, noise) / Math.sqrt(dot(pivot, pivot) * dot(noise, noise))
      assert.ok(Math.abs(found - cosine) < 1e-6, `cosine ${found}`)
      assert.ok(Math.abs(Math.sqrt(dot(noise, noise)) / norm - 1) < 1e-6)
    }
  }
})

test('never loses its best, and finds better ones round after round', () => {
  for (const seed of ['1', '2', '3', '4', '5']) {
    const made = drive(specOf({ algorithm: 'zero_order_search', seed, rounds: 20, neighbours: 4 }))
    const scoreOf = (seq: number) => made[seq]?.scores.clip_score ?? NaN
    const pivots = Array.from({ length: 20 }, (_, round) => made[4 * round]?.parent ?? null)
    assert.equal(pivots[0], null)
    pivots.slice(1).forEach((pivot, i) => {
      const best = Math.max(...made.slice(0, 4 * (i + 1)).map(({ seq }) => scoreOf(seq)))
      assert.equal(scoreOf(pivot ?? NaN), best)
    })
    // All of a round have the same pivot.
    assert.ok(made.every(({ parent, round }) => parent === pivots[round]))
    assert.ok(scoreOf(pivots[19] ?? NaN) > scoreOf(pivots[1] ?? NaN))
  }
})

/** The pivots of rounds 1, 2, ... with two neighbours a round and these scores by sequence. */
function pivotsOf(scores: readonly Scores[], interventions: readonly Intervention[] = []) {
  const rounds = Math.floor(scores.length / 2) + 1
  const guide = ['clip_score', 'pick_score'] as const
  const ensemble = scores.some(({ pick_score }) => pick_score !== undefined)
  const spec = specOf({
    algorithm: 'zero_order_search',
    rounds,
    neighbours: 2,
    guide: ensemble ? [...guide] : ['clip_score'],
  })
  const all = follow(spec, ({ seq }) => scores[seq] ?? {}, interventions)
  return Array.from({ length: rounds - 1 }, (_, i) => all[2 * (i + 1)]?.parent)
}

const clip = (...values: readonly number[]): readonly Scores[] => values.map((clip_score) => ({ clip_score }))

describe('the choice of the pivot', () => {
  test('the best of the first round takes the place of the first noise, however bad', () => {
    assert.deepEqual(pivotsOf(clip(-9, -8)), [1])
  })

  test('a round must beat the remembered score; a tie leaves the pivot', () => {
    assert.deepEqual(pivotsOf(clip(1, 5, 4, 3, 5, 2, 6, 0)), [1, 1, 1, 6])
  })

  test('a round without any score, or with NaN only, leaves the pivot', () => {
    assert.deepEqual(pivotsOf([{}, {}, ...clip(1, 2), {}, {}, ...clip(NaN, NaN)]), [null, 3, 3, 3])
  })

  test('an ensemble compares by ranks among the pivot and the round', () => {
    // Round 0: 0 leads by CLIP and 1 by Pick: equal means, the first wins. Then 2 is second to it twice, 3 never
    // better; then 4 beats it by both.
    const scores = [
      { clip_score: 3, pick_score: 1 },
      { clip_score: 1, pick_score: 2 },
      { clip_score: 2, pick_score: 0.5 },
      { clip_score: 0, pick_score: 0 },
      { clip_score: 4, pick_score: 4 },
      { clip_score: 9, pick_score: 0 },
    ]
    assert.deepEqual(pivotsOf(scores), [0, 0, 4])
  })

  test('who is put first becomes the pivot of the next round, and is beaten after it', () => {
    assert.deepEqual(pivotsOf(clip(1, 5, 4, 3, 2, 4.5), [hand('override', 2, 1)]), [1, 2, 5])
    // Also from an earlier round.
    assert.deepEqual(pivotsOf(clip(1, 5, 4, 3, 2, 4.5), [hand('override', 0, 1)]), [1, 0, 5])
  })

  test('who is pinned stays the pivot until it is undone', () => {
    const scores = clip(1, 5, 6, 7, 8, 9, 10, 11)
    assert.deepEqual(pivotsOf(scores, [hand('pin', 0, 1)]), [1, 0, 0, 0])
    assert.deepEqual(pivotsOf(scores, [hand('pin', 0, 1, 3)]), [1, 0, 0, 7])
  })

  test('who is pinned needs no score', () => {
    assert.deepEqual(pivotsOf([{}, ...clip(5, 4, 3)], [hand('pin', 0, 0)]), [0, 0])
  })

  test('a vetoed pivot gives way to the best of the round, and an undone veto stops', () => {
    assert.deepEqual(pivotsOf(clip(1, 9, 4, 3, 2, 0), [hand('veto', 1, 1)]), [1, 2, 2])
    assert.deepEqual(pivotsOf(clip(1, 9, 4, 3, 2, 0), [hand('veto', 1, 0, 1)]), [0, 2, 2])
    assert.deepEqual(pivotsOf(clip(1, 9, 4, 3, 2, 0), [hand('veto', 1, 2)]), [1, 1, 4])
  })

  test('where all are vetoed, the search is back at its first noise', () => {
    assert.deepEqual(
      pivotsOf(
        clip(1, 2, 3, 4),
        [0, 1].map((seq) => hand('veto', seq, 0)),
      ),
      [null, 3],
    )
  })

  test('a hand that comes later changes no choice before it', () => {
    const scores = clip(1, 5, 4, 3, 6, 2)
    const late = [hand('veto', 1, 2), hand('pin', 0, 3), hand('override', 2, 2)]
    assert.deepEqual(pivotsOf(scores, late).slice(0, 2), pivotsOf(scores).slice(0, 2))
  })
})
