import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Scores } from '../../shared/domain.ts'
import type { VerifierId } from '../../shared/vocabulary.ts'
import { compareFigures } from './check.ts'
import { directionOfGain, goalLines } from './conclusions.ts'
import { computeFigures, draftWinner } from './figures.ts'
import { directionOf, ensemble, guidesOf, pick, winnerOf } from './guides.ts'
import { candidatesWithin, draftJobs, finalJobs, poolSize, stepCounts } from './plan.ts'
import type { JudgedImage, PromptResults } from './results.ts'
import { suite } from './suite.ts'

const image = (seq: number, steps: number, right: boolean, scores: Scores = {}): JudgedImage => ({
  ...{ seq, steps, nfe: steps, forwardPasses: 2 * steps, scores },
  claims: [
    ['count', right],
    ['colour', true],
  ],
})

const of = (value: number): Scores => ({
  aesthetic_score: value,
  clip_score: value,
  image_reward: value,
})

test('the ensemble takes the best mean rank; a missing score ranks last, ties go to the lower seq', () => {
  const scored = (seq: number, aesthetic: number | null, clip: number, reward: number) =>
    image(seq, 20, true, {
      ...(aesthetic === null ? {} : { aesthetic_score: aesthetic }),
      clip_score: clip,
      image_reward: reward,
    })
  const images = [
    scored(0, 9, 0.1, 0.1),
    scored(1, 5, 0.8, 0.7),
    scored(2, 6, 0.7, 0.8),
    scored(3, null, 0.9, 0.9),
  ]
  // Mean ranks: (1 + 4 + 4), (3 + 2 + 3), (2 + 3 + 2), (4 + 1 + 1).
  assert.equal(winnerOf(ensemble, images)?.seq, 3)
  assert.equal(winnerOf(ensemble, images.slice(0, 3))?.seq, 2)
  assert.equal(winnerOf(ensemble, [scored(4, 1, 1, 1), scored(2, 1, 1, 1)])?.seq, 2)
  assert.equal(winnerOf(ensemble, [image(0, 20, true), image(1, 20, true)]), null)
})

test('a single candidate wins without a score', () => {
  assert.equal(pick(ensemble, [image(3, 20, true)])?.seq, 3)
})

test('direction is the chance that the right one of two is put first', () => {
  const images = [
    image(0, 20, true, of(3)),
    image(1, 20, false, of(1)),
    image(2, 20, false, of(3)),
    image(3, 20, false, of(4)),
  ]
  assert.equal(directionOf('clip_score', images), 0.5)
  assert.equal(directionOf('clip_score', images.slice(0, 2)), 1)
  assert.equal(directionOf('clip_score', images.slice(1)), null)
})

/** A world in which candidate i of every prompt is right when i % 4 is 3, and the scores know it. */
function world(knowing: boolean): readonly PromptResults[] {
  return suite.slice(0, 24).map(({ index, category, prompt }) => {
    const pool = Array.from({ length: poolSize }, (_, seq) => {
      const right = seq % 4 === 3
      return image(seq, 20, right, of(knowing ? Number(right) : -seq))
    })
    const steps = stepCounts.filter((count) => count !== 20).map((count) => image(0, count, count >= 40))
    return { index, category, prompt, large: [...pool, ...steps], small: pool.slice(0, 8) }
  })
}

test('figures of a made-up world come out as counted by hand', () => {
  const figures = computeFigures(world(true), { large: 1, small: 0.25 })
  const mean = (name: string) => figures[name]?.mean
  assert.equal(mean('steps/20/accuracy'), 0)
  assert.equal(mean('steps/40/gain/accuracy'), 1)
  assert.equal(mean('steps/10/gain/accuracy'), 0)
  assert.equal(mean('search/1/ensemble/accuracy'), 0.25)
  assert.equal(mean('search/2/ensemble/accuracy'), 0.5)
  assert.equal(mean('search/4/ensemble/accuracy'), 1)
  assert.equal(mean('search/16/ensemble/gain/accuracy'), 0.75)
  assert.equal(mean('guides/none/share'), 0.625)
  assert.equal(mean('guides/clip_score/gain/score/aesthetic_score'), 0.75)
  assert.equal(mean('categories/ensemble/numeracy/accuracy'), 1)
  assert.equal(figures['categories/ensemble/numeracy/accuracy']?.n, 4)
  assert.equal(mean('claims/count/none'), 0.25)
  assert.equal(mean('claims/colour/gain'), 0)
  assert.equal(mean('compute/1/small_search/accuracy'), 1)
  assert.equal(mean('compute/1/large_search/accuracy'), 0.25)
  assert.equal(mean('direction/clip_score'), 1)
  assert.equal(figures['drafts/40/accuracy'], undefined)
})

test('a score that knows nothing gains nothing, and the goal says so', () => {
  const figures = computeFigures(world(false), { large: 1, small: null })
  // The score falls with the candidate's number: candidate 0 always wins, and is wrong.
  assert.equal(figures['search/16/ensemble/gain/accuracy']?.mean, -0.25)
  assert.equal(figures['compute/1/small_search/accuracy'], undefined)
  assert.match(goalLines(figures)[0] ?? '', /Not met/)
  assert.match(goalLines(computeFigures(world(true), { large: 1, small: null }))[0] ?? '', /^- Met/)
})

test('the winner of drafts needs all of them, and the finals leave out what other sets hold', () => {
  const drafts = [image(0, 40, false, of(1)), image(1, 40, true, of(2))]
  assert.equal(draftWinner(drafts, 40)?.seq, 1)
  assert.equal(draftWinner(drafts.slice(0, 1), 40), null)
  // Candidate 0 with 40 steps is among the steps, candidate 1 is a draft of 40.
  assert.deepEqual(finalJobs([9, 0, 1, 9, 5]), [
    { seq: 5, steps: 40 },
    { seq: 9, steps: 40 },
  ])
  assert.equal(draftJobs.length, 15 + 7 + 1)
})

test('equal compute never exceeds the multiple, and a quarter is a quarter', () => {
  assert.equal(candidatesWithin(1, 0.56, 0.14), 4)
  assert.equal(candidatesWithin(1, 0.56, 0.15), 3)
  assert.equal(candidatesWithin(8, 0.3, 0.1), 24)
})

test('guides are those that the scores allow', () => {
  const ids: VerifierId[] = ['clip_score', 'aesthetic_score']
  assert.deepEqual(
    guidesOf(ids).map(({ id }) => id),
    ids,
  )
  assert.ok(guidesOf([...ids, 'image_reward']).includes(ensemble))
})

test('a difference counts only when its interval leaves out zero', () => {
  assert.equal(directionOfGain({ mean: 1, low: 0.1, high: 2, n: 9 }), 'up')
  assert.equal(directionOfGain({ mean: -1, low: -2, high: -0.1, n: 9 }), 'down')
  assert.equal(directionOfGain({ mean: 1, low: 0, high: 2, n: 9 }), 'unclear')
})

test('the check names what lies outside and what is missing', () => {
  const published = {
    a: { mean: 0.5, low: 0.4, high: 0.6, n: 9 },
    b: { mean: 0.5, low: 0.4, high: 0.6, n: 9 },
    c: { mean: 0.5, low: 0.4, high: 0.6, n: 9 },
  }
  const fresh = { a: { mean: 0.6, low: 0, high: 1, n: 9 }, b: { mean: 0.61, low: 0, high: 1, n: 9 } }
  const { compared, outside, missing } = compareFigures(fresh, published)
  assert.equal(compared, 2)
  assert.deepEqual(missing, ['c'])
  assert.match(outside.join(), /^b: expected 0\.4000 to 0\.6000, found 0\.6100$/)
})
