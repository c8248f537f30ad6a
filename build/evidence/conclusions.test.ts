import assert from 'node:assert/strict'
import { test } from 'node:test'

import { computeConclusions, draftConclusions, guideConclusions, searchConclusions } from './conclusions.ts'
import type { Figures } from './figures.ts'
import type { VerifierId } from '../../shared/vocabulary.ts'

const up = { mean: 0.2, low: 0.1, high: 0.3, n: 9 }
const down = { mean: -0.2, low: -0.3, high: -0.1, n: 9 }
const unclear = { mean: 0.01, low: -0.1, high: 0.1, n: 9 }
const level = (mean: number) => ({ mean, low: mean - 0.05, high: mean + 0.05, n: 9 })

test('a search whose interval holds zero is not said to help, and equal means are no rise', () => {
  const accuracies = Object.fromEntries(
    [1, 2, 4, 8, 16].map((n) => [`search/${n}/ensemble/accuracy`, level(0.5)]),
  )
  const said = (gain: typeof up) =>
    searchConclusions({ ...accuracies, 'search/16/ensemble/gain/accuracy': gain }).join('\n')
  assert.match(said(unclear), /no effect of search can be told/)
  assert.match(said(up), /search helps\. The mean does not rise/)
})

const ids: VerifierId[] = ['clip_score', 'aesthetic_score', 'image_reward']

/** Figures of guides: by id, its gain and how far the ensemble is ahead of it. */
function guided(of: Readonly<Record<string, { gain: typeof up; behind: typeof up }>>): Figures {
  return Object.fromEntries([
    ['guides/ensemble/accuracy', level(0.6)],
    ...Object.entries(of).flatMap(([id, { gain, behind }]) => [
      [`guides/${id}/accuracy`, level(0.5)],
      [`guides/${id}/gain/accuracy`, gain],
      [`guides/${id}/gain/score/${id}`, up],
      [`guides/${id}/behind_ensemble/accuracy`, behind],
    ]),
  ]) as Figures
}

test('one guide hacks in the singular, two in the plural; names are labels', () => {
  const hacking = { gain: down, behind: up }
  const one = guideConclusions(guided({ aesthetic_score: hacking }), ids).join('\n')
  assert.match(one, /hacking: Aesthetic raises its own score/)
  const two = guideConclusions(guided({ aesthetic_score: hacking, clip_score: hacking }), ids).join('\n')
  assert.match(two, /hacking: CLIP score, Aesthetic raise their own score/)
  assert.match(two, /clearly worse: CLIP score, Aesthetic\.$/)
})

test('a verifier ahead of the ensemble is named, and why only where a direction is known', () => {
  const figures = guided({ clip_score: { gain: up, behind: down } })
  const bare = guideConclusions(figures, ids).join('\n')
  assert.match(bare, /\*\*CLIP score guides clearly better than the ensemble\*\*, which is number 1 of 2/)
  assert.doesNotMatch(bare, /NaN|equal say/)
  const known = guideConclusions({ ...figures, 'direction/aesthetic_score': level(0.5) }, ids).join('\n')
  assert.match(known, /Aesthetic puts the right one .* first in 50\.0 \[45\.0, 55\.0\] %/)
})

test('equal compute names the multiples that are clearly better, not all from the first on', () => {
  const gains = { 1: unclear, 2: up, 4: unclear }
  const figures = Object.fromEntries(
    Object.entries(gains).map(([multiple, gain]) => [`compute/${multiple}/small_search/gain/accuracy`, gain]),
  )
  assert.match(computeConclusions(figures).join('\n'), /\*\*At 2 x its compute, .* clearly better/)
  assert.match(
    computeConclusions({ 'compute/1/small_search/gain/accuracy': unclear }).join('\n'),
    /never clearly passes one image of scenes\*\* up to 1 times its compute\./,
  )
})

test('a small model that stays behind is told why: no right images, or verifiers that do not find them', () => {
  const behind = {
    'compute/4/small_search/gain/accuracy': down,
    'compute/4/small_bound/accuracy': level(0.8),
  }
  const why = (bound: typeof up) =>
    computeConclusions({ ...behind, 'compute/4/small_bound/gain/accuracy': bound }).join('\n')
  assert.match(why(up), /Why: not for want of right images\. At 4 x.* 80\.0 /)
  assert.match(why(down), /Why: for want of right images\./)
  assert.doesNotMatch(computeConclusions(behind).join('\n'), /Why/)
})

test('a sweet spot needs both ends clearly worse', () => {
  const accuracies = { 5: 0.5, 10: 0.6, 20: 0.55, 40: 0.5 }
  const figures = Object.fromEntries(
    Object.entries(accuracies).map(([steps, mean]) => [`drafts/${steps}/accuracy`, level(mean)]),
  )
  const said = (short: typeof up, long: typeof up) =>
    draftConclusions({
      ...figures,
      'drafts/10/over_5/accuracy': short,
      'drafts/10/over_40/accuracy': long,
    })[0] ?? ''
  assert.match(said(up, up), /10 NFE .* a sweet spot/)
  assert.match(said(up, unclear), /no sweet spot can be told/)
})
