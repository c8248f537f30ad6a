import assert from 'node:assert/strict'
import { test } from 'node:test'

import { makeNoise, noiseRecipe } from '../electron/core/diffusion/noise.ts'
import type { Scores } from './domain.ts'
import { bestResult, byGuide, compareResults, meanRanks, bestByGuide, type Result } from './ranking.ts'

test('the highest score wins, ties go to the lower sequence', () => {
  const results = [
    { seq: 0, score: 0.4 },
    { seq: 2, score: 0.9 },
    { seq: 1, score: 0.9 },
  ]
  assert.deepEqual(bestResult(results), { seq: 1, score: 0.9 })
})

test('NaN, infinity and missing scores never win, also against negative scores', () => {
  const results = [
    { seq: 0, score: NaN },
    { seq: 1, score: null },
    { seq: 2, score: Infinity },
    { seq: 3, score: -5 },
  ]
  assert.deepEqual(bestResult(results), { seq: 3, score: -5 })
})

test('nothing wins where nothing has a score', () => {
  assert.equal(bestResult([]), null)
  assert.equal(bestResult([{ seq: 0, score: null }]), null)
})

test('the order is total: any shuffle of any mixture sorts to the same list', () => {
  const random = makeNoise(noiseRecipe('11', 0), 4000)
  let at = 0
  const draw = () => Math.abs(random[at++ % random.length] ?? 0)
  for (let round = 0; round < 100; round++) {
    const results: Result[] = Array.from({ length: 12 }, (_, seq) => {
      const kind = Math.floor(draw() * 4)
      return { seq, score: kind === 0 ? null : kind === 1 ? NaN : Math.round(draw() * 3) }
    })
    const sorted = [...results].sort(compareResults)
    const shuffled = results.map((result) => ({ result, key: draw() })).sort((a, b) => a.key - b.key)
    assert.deepEqual(shuffled.map(({ result }) => result).sort(compareResults), sorted)
  }
})

const scored = (...all: readonly Scores[]) => all.map((scores, seq) => ({ seq, scores }))
const three = ['clip_score', 'aesthetic_score', 'image_reward'] as const

test('an ensemble is the mean of the ranks, and the best is not the best of any of its verifiers', () => {
  const candidates = scored(
    { clip_score: 0.9, aesthetic_score: 1, image_reward: 0.1 },
    { clip_score: 0.1, aesthetic_score: 9, image_reward: 0.2 },
    { clip_score: 0.2, aesthetic_score: 2, image_reward: 9 },
    { clip_score: 0.8, aesthetic_score: 8, image_reward: 8 },
  )
  // Ranks by CLIP 1 4 3 2, by looks 4 1 3 2, by reward 4 3 1 2.
  const ranks = meanRanks(candidates, three)
  assert.deepEqual(
    [...ranks],
    [
      [0, 3],
      [1, 8 / 3],
      [2, 7 / 3],
      [3, 2],
    ],
  )
  assert.equal(bestByGuide(candidates, three)?.seq, 3)
  assert.deepEqual(
    byGuide(candidates, three).map(({ seq }) => seq),
    [3, 2, 1, 0],
  )
})

test('scale and offset of a verifier do not matter to an ensemble', () => {
  const candidates = scored(
    { clip_score: 3, pick_score: 1 },
    { clip_score: 2, pick_score: 4 },
    { clip_score: 1, pick_score: 3 },
  )
  const stretched = candidates.map(({ seq, scores }) => ({
    seq,
    scores: { ...scores, pick_score: 1000 * (scores.pick_score ?? 0) - 5 },
  }))
  const guide = ['clip_score', 'pick_score'] as const
  assert.deepEqual(meanRanks(candidates, guide), meanRanks(stretched, guide))
})

test('equal scores take ranks in the order in which they were drawn, and so do equal means', () => {
  const same = scored({ clip_score: 1 }, { clip_score: 1 }, { clip_score: 2 })
  assert.deepEqual([...meanRanks(same, ['clip_score']).values()], [2, 3, 1])
  const crossed = scored({ clip_score: 1, pick_score: 2 }, { clip_score: 2, pick_score: 1 })
  assert.equal(bestByGuide(crossed, ['clip_score', 'pick_score'])?.seq, 0)
})

test('a missing score ranks last whenever it was drawn, and a candidate without any never wins', () => {
  const candidates = scored({}, { clip_score: NaN }, { clip_score: -5 }, { clip_score: -6, pick_score: 1 })
  assert.deepEqual([...meanRanks(candidates, ['clip_score']).values()], [4, 4, 1, 2])
  assert.deepEqual([...meanRanks(candidates, ['clip_score', 'pick_score']).values()], [4, 4, 2.5, 1.5])
  assert.equal(bestByGuide(candidates, ['clip_score', 'pick_score'])?.seq, 3)
  assert.equal(bestByGuide(candidates.slice(0, 2), ['clip_score', 'pick_score']), null)
  assert.equal(bestByGuide([], three), null)
})

test('one more candidate can change the order of the others: ranks depend on the set', () => {
  const guide = ['clip_score', 'pick_score'] as const
  const two = scored({ clip_score: 3, pick_score: 1 }, { clip_score: 1, pick_score: 3 })
  assert.equal(bestByGuide(two, guide)?.seq, 0)
  // Below both by CLIP, between them by Pick: it costs the first a rank and the second none.
  const more = [...two, { seq: 2, scores: { clip_score: 0, pick_score: 2 } }]
  assert.equal(bestByGuide(more, guide)?.seq, 1)
})

test('a single verifier ranks by its score alone', () => {
  const candidates = scored({ clip_score: 0.4 }, {}, { clip_score: 0.9 }, { clip_score: 0.9 })
  assert.deepEqual(
    byGuide(candidates, ['clip_score']).map(({ seq }) => seq),
    [2, 3, 0, 1],
  )
})
