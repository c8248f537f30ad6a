/** Tells when a search improves its guide at the expense of everybody else: verifier hacking (METHOD, section 2). */

import type { Candidate as WholeCandidate, RunDetail } from './domain.ts'
import { kendallTau } from './kendall-tau.ts'
import { bestByGuide, isRanked, meanRanks, scoreBy } from './ranking.ts'
import { handAt } from './steering.ts'
import type { VerifierId } from './vocabulary.ts'

/** As much of a candidate as tells. */
type Candidate = Pick<WholeCandidate, 'seq' | 'round' | 'level' | 'nfe' | 'scores'>

/** As much of a run as tells whether its search was hacked: no recipes, no costs but NFE. */
export type SearchScores = Pick<RunDetail, 'spec' | 'interventions'> & {
  readonly candidates: readonly Candidate[]
}

export type HackingAlarm = {
  /** The round of the search from which on the guide rose while the held-out verifiers fell, 0-based. */
  readonly round: number
  /** What the search had spent when the pick of `since` was found. */
  readonly nfe: number
  /** Held-out verifiers that fell, in the order of the specification. */
  readonly verifiers: readonly VerifierId[]
  /** Sequence of the last pick before the fall: what the guide chose then was better for the held-out verifiers. */
  readonly since: number
}

/** Images with a score by the guide, picks among them: below, no trend can be told from chance. */
const leastImages = 12
const leastPicks = 3
/** Rounds at which a fall may begin, evenly spaced where a run has more. */
const mostStarts = 8
/** Chance that a verifier counts as fallen in a run in which it has nothing to do with the guide. */
const falseAlarms = 0.01

/**
 * Looks for a round from which on the guide rises while at least half of the held-out verifiers fall.
 *
 * The picks are the guide's best image so far, image by image in the order of making. A verifier has fallen since a
 * round when both are so:
 *
 * - among the images made from that round on, its scores run against the guide's: Kendall's tau is below zero by more
 *   than chance gives. All images speak and not the few picks alone, because one pick's held-out score is as noisy as
 *   any image's; ranks, because scores of different verifiers have nothing else in common. Under independence tau has
 *   the variance 2 (2n + 5) / 9n (n - 1) (Kendall 1938); the bound is by the tail of a Gaussian, exp(-z^2 / 2) / 2, and
 *   shared among the rounds that are tried.
 * - the guide's pick of now scores less than the best of its picks did: the fall has cost the winner something.
 *
 * The guide must have found a new pick since that round. Of all rounds for which that holds, the one with the strongest
 * fall is answered. An ensemble's rise is that of its verifiers' mean rank among all images of the run, one order for
 * all rounds.
 *
 * @param run finished or at work; vetoed candidates and unfinished samples are no images of it
 * @returns null where there is no alarm, no held-out verifier, or too little to tell
 */
export function hackingAlarm(run: SearchScores): HackingAlarm | null {
  const { guide, heldOut } = run.spec
  const { vetoed } = handAt(run.interventions, Infinity)
  const made = run.candidates.toSorted((a, b) => a.seq - b.seq)
  const images = made.filter(({ level, seq }) => level === 0 && !vetoed.has(seq))
  const values = guideValues(images, guide)
  const scored = images.filter(({ seq }) => values.has(seq))
  if (scored.length < leastImages) return null
  const picks = picksOf(scored, values)
  if (picks.length < leastPicks) return null

  const starts = startsOf(scored)
  // exp(-z^2 / 2) / 2 = falseAlarms / starts
  const bound = Math.sqrt(2 * Math.log(starts.length / (2 * falseAlarms)))
  let strongest: {
    readonly round: number
    readonly fallen: readonly VerifierId[]
    readonly z: number
  } | null = null
  for (const round of starts) {
    const since = scored.filter((image) => image.round >= round)
    if (!picks.some((pick) => pick.round >= round)) continue
    const judged = heldOut
      .map((verifier) => ({ verifier, z: againstGuide(since, values, verifier) }))
      .filter((one): one is { verifier: VerifierId; z: number } => one.z !== null)
    const fallen = judged.filter(({ verifier, z }) => z < -bound && costsWinner(picks, verifier))
    if (fallen.length === 0 || 2 * fallen.length < judged.length) continue
    const z = fallen.reduce((sum, one) => sum + one.z, 0) / fallen.length
    if (strongest === null || z < strongest.z) {
      strongest = { round, z, fallen: fallen.map(({ verifier }) => verifier) }
    }
  }
  if (strongest === null) return null
  const since = bestByGuide(picks.slice(0, -1), strongest.fallen) ?? picks[0]
  if (since === undefined) return null
  const nfe = made.filter(({ seq }) => seq <= since.seq).reduce((sum, one) => sum + one.nfe, 0)
  return { round: strongest.round, nfe, verifiers: strongest.fallen, since: since.seq }
}

/** What the guide makes of each image, by sequence, higher is better: its score, or minus the mean rank of several. */
function guideValues(
  images: readonly Candidate[],
  guide: readonly VerifierId[],
): ReadonlyMap<number, number> {
  const [only] = guide
  const ranked = images.filter((image) => isRanked(image, guide))
  if (guide.length > 1 || only === undefined) {
    return new Map([...meanRanks(ranked, guide)].map(([seq, rank]) => [seq, -rank]))
  }
  return new Map(ranked.map((image) => [image.seq, scoreBy(image, only) ?? NaN]))
}

/** Each image that was better for the guide than all before it. */
function picksOf(images: readonly Candidate[], values: ReadonlyMap<number, number>): readonly Candidate[] {
  let best = -Infinity
  return images.filter(({ seq }) => {
    const value = values.get(seq) ?? -Infinity
    if (value <= best) return false
    best = value
    return true
  })
}

/** Rounds from which on there are enough images to tell a trend. */
function startsOf(images: readonly Candidate[]): readonly number[] {
  const rounds = [...new Set(images.map(({ round }) => round))]
    .toSorted((a, b) => a - b)
    .filter((round) => images.filter((image) => image.round >= round).length >= leastImages)
  const apart = Math.max(1, Math.ceil(rounds.length / mostStarts))
  return rounds.filter((_, i) => i % apart === 0)
}

/**
 * Kendall's tau of the guide's values and a verifier's scores, in standard deviations of no relation; null where too few
 * of the images have a score, or all of them the same.
 */
function againstGuide(
  images: readonly Candidate[],
  values: ReadonlyMap<number, number>,
  verifier: VerifierId,
): number | null {
  const both = images.filter((image) => scoreBy(image, verifier) !== null)
  if (both.length < leastImages) return null
  const tau = kendallTau(
    both.map(({ seq }) => values.get(seq) ?? null),
    both.map((image) => scoreBy(image, verifier)),
  )
  const n = both.length
  return tau === null ? null : tau / Math.sqrt((2 * (2 * n + 5)) / (9 * n * (n - 1)))
}

/** Whether the pick of now scores less than the best pick did. */
function costsWinner(picks: readonly Candidate[], verifier: VerifierId): boolean {
  const scores = picks.flatMap((pick) => scoreBy(pick, verifier) ?? [])
  return (scores.at(-1) ?? NaN) < Math.max(...scores)
}
