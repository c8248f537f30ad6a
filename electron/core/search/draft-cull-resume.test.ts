import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { idsOf, samplers } from '../../../shared/vocabulary.ts'
import type { Intervention } from '../../../shared/domain.ts'
import { noiseRecipe } from '../diffusion/noise.ts'
import { drive, follow, target } from './testing/drive.ts'
import { twoClouds } from './testing/gaussian-mixture.ts'
import { hand } from './testing/hand.ts'
import { specOf } from './testing/specs.ts'
import { nearTo, World } from './testing/world.ts'

const plan = { steps: 9, draftSteps: 3, candidates: 8, survivors: 3 } as const

for (const sampler of idsOf(samplers)) {
  test(`${sampler}: survivors have the bits of candidates that never stopped`, () => {
    const made = drive(specOf({ algorithm: 'draft_cull_resume', sampler, ...plan }))
    const spec = specOf({ algorithm: 'random_search', sampler, steps: plan.steps, candidates: 1 })
    const world = new World(spec, twoClouds, nearTo(target))
    const survivors = made.filter(({ level }) => level === 0)
    assert.equal(survivors.length, 3)
    for (const { parent, picture } of survivors) {
      const whole = world.make({
        seq: 0,
        round: 0,
        parent: null,
        recipe: noiseRecipe('1', parent ?? NaN),
        continues: false,
        kept: false,
        scored: true,
      })
      assert.deepEqual(picture, whole.picture)
    }
  })
}

test('drafts are seen at the level of their last step, and the best of them are finished, best first', () => {
  const made = drive(specOf({ algorithm: 'draft_cull_resume', ...plan }))
  const drafts = made.filter(({ round }) => round === 0)
  assert.equal(drafts.length, 8)
  assert.ok(drafts.every(({ level, kept }) => kept && level === 7 / 9))
  const best = drafts.toSorted((a, b) => (b.scores.clip_score ?? NaN) - (a.scores.clip_score ?? NaN))
  assert.deepEqual(
    made.filter(({ round }) => round === 1).map(({ parent }) => parent),
    best.slice(0, 3).map(({ seq }) => seq),
  )
})

describe('the drafts that survive', () => {
  const survivors = (scores: readonly number[], interventions: readonly Intervention[] = []) =>
    follow(
      specOf({ algorithm: 'draft_cull_resume', ...plan, candidates: scores.length, survivors: 2 }),
      ({ seq }) => ({ clip_score: scores[seq] ?? 0 }),
      interventions,
    )
      .slice(scores.length)
      .map(({ parent }) => parent)

  test('are the best; those without a score only where there are too few', () => {
    assert.deepEqual(survivors([1, 4, 3, 4]), [1, 3])
    assert.deepEqual(survivors([NaN, NaN, 3, NaN]), [2, 0])
  })

  test('hold who is pinned or put first, not who is vetoed, until it is undone', () => {
    const scores = [1, 4, 3, 2]
    assert.deepEqual(survivors(scores, [hand('pin', 0, 0)]), [0, 1])
    assert.deepEqual(survivors(scores, [hand('override', 3, 0), hand('pin', 0, 0)]), [3, 0])
    assert.deepEqual(survivors(scores, [hand('veto', 1, 0)]), [2, 3])
    assert.deepEqual(survivors(scores, [hand('veto', 1, 0, 0)]), [1, 2])
    assert.deepEqual(
      survivors(
        scores,
        [0, 1, 2].map((seq) => hand('veto', seq, 0)),
      ),
      [3],
    )
  })
})
