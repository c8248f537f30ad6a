/**
 * What the figures say, in sentences that are written from the figures by rules: a difference counts as one when its
 * 95 % interval leaves out zero, and as unclear otherwise. Nothing here knows how the experiment should end.
 */

import type { Figures } from './figures.ts'
import { ensemble, guidesOf, type Guide } from './guides.ts'
import { computeMultiples, draftSteps, poolSize, searchSizes, stepCounts, candidateSteps } from './plan.ts'
import type { Estimate } from './statistics.ts'
import { verifiers as vocabulary, type VerifierId } from '../../shared/vocabulary.ts'
import { amountOf, percentOf, pointsOf } from './words.ts'

/** What an interval says of a difference. */
export type Direction = 'up' | 'down' | 'unclear'

export function directionOfGain({ low, high }: Estimate): Direction {
  if (low > 0) return 'up'
  return high < 0 ? 'down' : 'unclear'
}

/** The two conditions under which the bundled world counts as good enough. */
export const goals = { searchGain: 0.15, stepsGain: 0.03, stepsFactor: 8 } as const

/** Sentences on steps against search. */
export function searchConclusions(figures: Figures): readonly string[] {
  const lines: string[] = []
  const more = figures[`steps/${goals.stepsFactor * candidateSteps}/gain/accuracy`]
  if (more !== undefined) {
    const words = {
      up: 'more steps still help',
      down: 'more steps hurt',
      unclear: 'no effect of more steps can be told',
    }[directionOfGain(more)]
    lines.push(
      `**Steps.** ${goals.stepsFactor} times the steps (${goals.stepsFactor * candidateSteps} for ${candidateSteps}) change judge accuracy by ${pointsOf(more)} points: ${words}.`,
    )
    const later = stepCounts.filter((steps) => steps > candidateSteps)
    const clear = later.filter((steps) => directionOf(figures, `steps/${steps}/gain/accuracy`) === 'up')
    lines.push(
      clear.length === 0
        ? `No step count beyond ${candidateSteps} is clearly better than ${candidateSteps}.`
        : `Clearly better than ${candidateSteps} steps: ${clear.join(', ')}.`,
    )
  }
  const largest = Math.max(...searchSizes)
  const search = figures[`search/${largest}/${ensemble.id}/gain/accuracy`]
  if (search !== undefined) {
    const doublings = Math.log2(largest)
    const perDoubling = search.mean / doublings
    const climbing = searchSizes.slice(1).every((count, i) => {
      const before = figures[`search/${searchSizes[i] ?? 1}/${ensemble.id}/accuracy`]?.mean ?? Infinity
      return (figures[`search/${count}/${ensemble.id}/accuracy`]?.mean ?? -Infinity) > before
    })
    const words = {
      up: 'search helps',
      down: 'search hurts',
      unclear: 'no effect of search can be told',
    }[directionOfGain(search)]
    lines.push(
      `**Search.** ${largest} candidates under the ensemble, at the NFE of ${largest * candidateSteps} steps, change judge accuracy by ${pointsOf(search)} points over one candidate, ${(100 * perDoubling).toFixed(1)} a doubling: ${words}. The mean ${climbing ? 'rises' : 'does not rise'} with every doubling.`,
    )
  }
  const bound = figures[`search/${largest}/oracle/accuracy`]
  if (bound !== undefined)
    lines.push(
      `A guide that knew the judge's answer would reach ${percentOf(bound)} %: that is the room there is.`,
    )
  return lines
}

/** Sentences on guides: who raises itself, who lowers agreement, who is best for the judge. */
export function guideConclusions(figures: Figures, verifiers: readonly VerifierId[]): readonly string[] {
  const lines: string[] = []
  const singles = guidesOf(verifiers).filter(({ verifiers: own }) => own.length === 1)
  for (const { id, label } of singles) {
    const own = figures[`guides/${id}/gain/score/${id}`]
    const judged = figures[`guides/${id}/gain/accuracy`]
    if (own === undefined || judged === undefined) continue
    const fallen = verifiers.filter(
      (other) => other !== id && directionOf(figures, `guides/${id}/gain/score/${other}`) === 'down',
    )
    const verdict = {
      up: 'it also raises agreement',
      down: 'it lowers agreement',
      unclear: 'what it does to agreement cannot be told',
    }[directionOfGain(judged)]
    const loses =
      fallen.length > 0 ? `; it lowers ${fallen.map((other) => vocabulary[other].label).join(', ')}` : ''
    lines.push(
      `${label} as guide: own score ${amountOf(own, true)}, judge accuracy ${pointsOf(judged)} points: ${verdict}${loses}.`,
    )
  }
  const hacking = singles.filter((guide) => hacks(figures, guide))
  if (singles.some(({ id }) => figures[`guides/${id}/gain/accuracy`] !== undefined))
    lines.push(
      hacking.length === 0
        ? '**No single verifier, as guide, raises its own score while judge accuracy clearly falls.**'
        : `**Verifier hacking: ${namesOf(hacking)} ${hacking.length === 1 ? 'raises its' : 'raise their'} own score while judge accuracy falls.**`,
    )
  const guides = guidesOf(verifiers).filter(({ id }) => figures[`guides/${id}/accuracy`] !== undefined)
  const sorted = guides.toSorted((a, b) => accuracyAt(figures, b.id) - accuracyAt(figures, a.id))
  const [best] = sorted
  const own = figures[`guides/${ensemble.id}/accuracy`]
  if (best !== undefined && own !== undefined) {
    const place = sorted.findIndex(({ id }) => id === ensemble.id) + 1
    const ahead = singles.filter(
      ({ id }) => directionOf(figures, `guides/${id}/behind_ensemble/accuracy`) === 'down',
    )
    const behind = singles.filter(
      ({ id }) => directionOf(figures, `guides/${id}/behind_ensemble/accuracy`) === 'up',
    )
    const first =
      place === 1 ? '' : `; ${best.label} reaches ${percentOf(figures[`guides/${best.id}/accuracy`])} %`
    const byMean = `which is number ${place} of ${sorted.length} guides by the mean, ${percentOf(own)} %${first}`
    const better =
      ahead.length === 0
        ? '**No single verifier guides clearly better than the ensemble**'
        : `**${namesOf(ahead)} ${ahead.length === 1 ? 'guides' : 'guide'} clearly better than the ensemble**`
    lines.push(`${better}, ${byMean}; clearly worse: ${namesOf(behind) || 'none'}.`)
    if (ahead.length > 0) lines.push(...weakestMember(figures))
  }
  return lines
}

const hacks = (figures: Figures, { id }: Guide): boolean =>
  directionOf(figures, `guides/${id}/gain/score/${id}`) === 'up' &&
  directionOf(figures, `guides/${id}/gain/accuracy`) === 'down'

/** What can hold the ensemble back: its weakest member has an equal say. Nothing where no direction is known. */
function weakestMember(figures: Figures): readonly string[] {
  const [weakest] = ensemble.verifiers
    .flatMap((id) => {
      const direction = figures[`direction/${id}`]
      return direction === undefined ? [] : [{ label: vocabulary[id].label, direction }]
    })
    .toSorted((a, b) => a.direction.mean - b.direction.mean)
  if (weakest === undefined) return []
  return [
    `The ensemble ranks by the mean of its members' ranks, so each has an equal say, also the one of least direction: ${weakest.label} puts the right one of a right and a wrong candidate first in ${percentOf(weakest.direction)} % of cases (50: a coin). In the paper's Table 1, too, a single verifier (ImageReward) is ahead of the ensemble where only agreement counts.`,
  ]
}

/** Sentences on equal compute. */
export function computeConclusions(figures: Figures): readonly string[] {
  const gains = computeMultiples.flatMap((multiple) => {
    const gain = figures[`compute/${multiple}/small_search/gain/accuracy`]
    return gain === undefined ? [] : [{ multiple, gain }]
  })
  if (gains.length === 0) return []
  const ahead = gains.filter(({ gain }) => directionOfGain(gain) === 'up').map(({ multiple }) => multiple)
  const even = gains.find(({ gain }) => directionOfGain(gain) !== 'down')
  const lines = gains.map(
    ({ multiple, gain }) =>
      `At ${multiple} x the compute of one image of scenes, scenes-mini with search differs from it by ${pointsOf(gain)} points.`,
  )
  lines.push(
    ahead.length === 0
      ? `**scenes-mini with search never clearly passes one image of scenes** up to ${gains.at(-1)?.multiple ?? 0} times its compute${even === undefined ? ', and stays behind' : ''}.`
      : `**At ${timesOf(ahead)} its compute, scenes-mini with search is clearly better than one image of scenes.**`,
  )
  const last = gains.at(-1)?.multiple ?? 0
  const bound = figures[`compute/${last}/small_bound/gain/accuracy`]
  if (ahead.length === 0 && bound !== undefined) {
    const reach = `At ${last} x, a guide that knew the judge's answer would reach ${percentOf(figures[`compute/${last}/small_bound/accuracy`])} %, ${pointsOf(bound)} points from one image of scenes`
    lines.push(
      directionOfGain(bound) === 'up'
        ? `Why: not for want of right images. ${reach}; the verifiers do not find them among images this rough.`
        : `Why: for want of right images. ${reach}; no verifier could make up for the small model.`,
    )
  }
  const against = computeMultiples.map((multiple) => ({
    multiple,
    direction: directionOf(figures, `compute/${multiple}/small_over_large_search/accuracy`),
  }))
  const better = against.filter(({ direction }) => direction === 'up').map(({ multiple }) => multiple)
  const worse = against.filter(({ direction }) => direction === 'down').map(({ multiple }) => multiple)
  lines.push(
    `Against scenes with search at the same compute it is clearly better at ${timesOf(better)}, clearly worse at ${timesOf(worse)}.`,
  )
  return lines
}

/** Sentences on the evaluations of a candidate. */
export function draftConclusions(figures: Figures): readonly string[] {
  const known = draftSteps.filter((steps) => figures[`drafts/${steps}/accuracy`] !== undefined)
  const best = known.toSorted((a, b) => draftAt(figures, b) - draftAt(figures, a))[0]
  if (best === undefined) return []
  // A sweet spot is a best between two ends that are both clearly worse than it.
  const ends = known.filter((steps, i) => (i === 0 || i === known.length - 1) && steps !== best)
  const sweet =
    ends.length === 2 &&
    ends.every((steps) => directionOf(figures, `drafts/${best}/over_${steps}/accuracy`) === 'up')
  const worse = known.filter(
    (steps) => directionOf(figures, `drafts/${steps}/over_${candidateSteps}/accuracy`) === 'down',
  )
  const better = known.filter(
    (steps) => directionOf(figures, `drafts/${steps}/over_${candidateSteps}/accuracy`) === 'up',
  )
  return [
    `**By the mean, ${best} NFE a candidate give the best final images** (${percentOf(figures[`drafts/${best}/accuracy`])} %): ${sweet ? 'a sweet spot, both ends are clearly worse, as in the paper' : ends.length === 2 ? 'not clearly better than both ends, so no sweet spot can be told' : 'at the edge of what was tried, no sweet spot inside'}.`,
    `Compared with ${candidateSteps} NFE a candidate, clearly worse: ${worse.join(', ') || 'none'}; clearly better: ${better.join(', ') || 'none'}.`,
  ]
}

/** Whether the two goals are met; each by its mean, with the interval beside it. */
export function goalLines(figures: Figures): readonly string[] {
  const line = (met: boolean, words: string, gain: Estimate) =>
    `- ${met ? 'Met' : '**Not met**'}: ${words} (${pointsOf(gain)} points).`
  const search = figures[`search/${poolSize}/${ensemble.id}/gain/accuracy`]
  const steps = figures[`steps/${goals.stepsFactor * candidateSteps}/gain/accuracy`]
  return [
    search &&
      line(
        search.mean >= goals.searchGain,
        `random_search with ${poolSize} candidates and the ensemble gains at least ${100 * goals.searchGain} points over one sample of the same steps`,
        search,
      ),
    steps &&
      line(
        steps.mean <= goals.stepsGain,
        `${goals.stepsFactor} times the steps gain at most ${100 * goals.stepsGain} points`,
        steps,
      ),
  ].filter((one) => one !== undefined)
}

function directionOf(figures: Figures, name: string): Direction | null {
  const found = figures[name]
  return found === undefined ? null : directionOfGain(found)
}

const timesOf = (multiples: readonly number[]): string =>
  multiples.length === 0 ? 'no multiple' : `${multiples.join(', ')} x`

const namesOf = (list: readonly { readonly label: string }[]): string =>
  list.map(({ label }) => label).join(', ')

const accuracyAt = (figures: Figures, guide: string) => figures[`guides/${guide}/accuracy`]?.mean ?? -1
const draftAt = (figures: Figures, steps: number) => figures[`drafts/${steps}/accuracy`]?.mean ?? -1
