import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import type { Intervention } from '../../../shared/domain.ts'
import { drive, follow } from './testing/drive.ts'
import { hand } from './testing/hand.ts'
import { specOf } from './testing/specs.ts'

const spec = specOf({ algorithm: 'search_over_paths', steps: 20, paths: 2, width: 3 })

test('levels follow .11 .08 .05 .02 0 with the defaults of the paper', () => {
  const made = drive(spec)
  const legs = made.map(({ recipe }) => recipe.operations)
  const levels = [0.11, 0.08, 0.05, 0.02, 0]
  made.forEach(({ round }, seq) => {
    const [first, ...rest] = legs[seq] ?? []
    assert.deepEqual(first, { kind: 'descend', to: 0.11, evaluations: 18, predict: false })
    assert.equal(rest.length, 2 * round)
    for (let i = 0; i < round; i++) {
      const [up, down] = rest.slice(2 * i)
      assert.ok(up?.kind === 'renoise' && down?.kind === 'descend')
      assert.ok(Math.abs(up.to - ((levels[i] ?? NaN) + 0.78)) < 1e-12)
      assert.ok(Math.abs(down.to - (levels[i + 1] ?? NaN)) < 1e-12)
      assert.equal(down.evaluations, 8)
      assert.equal(down.predict, i < 3)
    }
  })
  // The picture is taken where the sample stands, the image of the last round at exactly 0.
  for (const { round, level } of made.filter((one) => one.round > 0)) {
    assert.ok(Math.abs(level - (levels[round] ?? NaN)) < 1e-12)
    if (round === 4) assert.equal(level, 0)
  }
})

test('each of the best N has M children that repeat its way and then part', () => {
  const made = drive(spec)
  for (let round = 1; round <= 4; round++) {
    const before = made.filter((one) => one.round === round - 1)
    const children = made.filter((one) => one.round === round)
    const best = before
      .toSorted((a, b) => (b.scores.clip_score ?? 0) - (a.scores.clip_score ?? 0) || a.seq - b.seq)
      .slice(0, 2)
    assert.deepEqual(
      children.map(({ parent }) => parent),
      best.flatMap(({ seq }) => [seq, seq, seq]),
    )
    for (const { parent, recipe } of children) {
      const way = made[parent ?? NaN]?.recipe
      assert.deepEqual({ ...recipe, operations: recipe.operations.slice(0, -2) }, way)
    }
  }
  assert.equal(new Set(made.map(({ picture }) => picture.join())).size, made.length)
})

test('only what is judged is scored, and every unfinished sample is kept to go on from', () => {
  const made = drive(spec)
  assert.ok(
    made.every(({ round, scored, scores }) => scored === round > 0 && 'clip_score' in scores === scored),
  )
  assert.ok(made.every(({ round, kept, continues }) => kept === round < 4 && continues === round > 0))
})

test('more noises tried for each path find better pictures', () => {
  const bestOf = (width: number) => {
    const seeds = ['1', '2', '3', '4', '5', '6', '7', '8']
    const best = seeds.map((seed) => {
      const made = drive(specOf({ algorithm: 'search_over_paths', seed, steps: 10, width, length: 4 }))
      return Math.max(...made.flatMap(({ level, scores }) => (level === 0 ? [scores.clip_score ?? NaN] : [])))
    })
    return best.reduce((sum, score) => sum + score, 0) / seeds.length
  }
  assert.ok(bestOf(8) > bestOf(1) + 0.1, `${bestOf(8)} and ${bestOf(1)}`)
})

/** Who goes on into rounds 1 and 2, of two paths with two noises each. */
function survivors(scores: readonly number[], interventions: readonly Intervention[] = []) {
  const two = specOf({
    algorithm: 'search_over_paths',
    paths: 2,
    width: 2,
    startLevel: 0.2,
    forward: 0.3,
    backward: 0.4,
  })
  const all = follow(two, ({ seq }) => ({ clip_score: scores[seq] ?? NaN }), interventions)
  return [1, 2].map((round) => [
    ...new Set(all.filter((one) => one.round === round).map(({ parent }) => parent)),
  ])
}

describe('the paths that stay', () => {
  // Candidates 0 and 1 are not scored; 2 and 3 come from 0, 4 and 5 from 1.
  const scores = [0, 0, 1, 7, 5, 6]

  test('are the best by the guide, also both of one parent', () => {
    assert.deepEqual(survivors(scores), [
      [0, 1],
      [3, 5],
    ])
    assert.deepEqual(survivors([0, 0, 9, 7, 5, 6])[1], [2, 3])
    assert.deepEqual(survivors([0, 0, NaN, NaN, NaN, 6])[1], [5, 2])
  })

  test('hold who is pinned or put first, not who is vetoed, until it is undone', () => {
    assert.deepEqual(survivors(scores, [hand('pin', 2, 1)])[1], [2, 3])
    assert.deepEqual(survivors(scores, [hand('pin', 2, 1), hand('override', 4, 1)])[1], [4, 2])
    assert.deepEqual(survivors(scores, [hand('override', 2, 0)])[1], [3, 5])
    assert.deepEqual(survivors(scores, [hand('veto', 3, 1)])[1], [5, 4])
    assert.deepEqual(survivors(scores, [hand('veto', 3, 0, 1)])[1], [3, 5])
  })

  test('are fewer where vetoes leave fewer, and none where all are vetoed', () => {
    assert.deepEqual(survivors(scores, [hand('veto', 0, 0)]), [[1], [3, 2]])
    assert.deepEqual(
      survivors(
        scores,
        [2, 3, 4, 5].map((seq) => hand('veto', seq, 1)),
      ),
      [[0, 1], []],
    )
  })
})
