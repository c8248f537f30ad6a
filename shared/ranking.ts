/**
 * Who is best: one order for the search, the library, the command line and the screen. NaN and missing scores never
 * win.
 */

import type { VerifierId } from './vocabulary.ts'

/** A candidate and one score of it; a missing score (the verifier failed) is null. */
export type Result = { readonly seq: number; readonly score: number | null }

/** Best first; ties by sequence; a missing or non-finite score last. A total order, so sorting is stable everywhere. */
export function compareResults(a: Result, b: Result): number {
  const scoreA = finite(a.score)
  const scoreB = finite(b.score)
  if (scoreA !== null && scoreB !== null && scoreA !== scoreB) return scoreB - scoreA
  if ((scoreA === null) !== (scoreB === null)) return scoreA === null ? 1 : -1
  return a.seq - b.seq
}

/** The winner: highest finite score, lowest sequence among equals; null when nothing has a score. */
export function bestResult(results: readonly Result[]): Result | null {
  const [best] = [...results].sort(compareResults)
  return best === undefined || finite(best.score) === null ? null : best
}

/** A candidate with all of its scores; by judges of other kinds too, such as the artist's own hand. */
export type Scored<Judge extends string = VerifierId> = {
  readonly seq: number
  readonly scores: { readonly [Id in Judge]?: number }
}

/**
 * The mean of each candidate's ranks under the verifiers of a guide (METHOD, section 5), by sequence: 1 is the best
 * there can be, the number of candidates the worst.
 *
 * Ties by sequence means: of two equal scores the candidate that was drawn first takes the better rank, so that ranks
 * are 1, 2, 3, ... and never shared; of two equal means it comes first. A missing score ranks last: all candidates
 * without one have the number of candidates as rank, so that none of them gains by having been drawn early.
 *
 * Ranks depend on the set: one more candidate can change the order of the others.
 */
export function meanRanks<Judge extends string>(
  candidates: readonly Scored<Judge>[],
  guide: readonly Judge[],
): ReadonlyMap<number, number> {
  const sums = new Map(candidates.map(({ seq }) => [seq, 0]))
  for (const verifier of guide) {
    const results = candidates.map((one) => ({ seq: one.seq, score: scoreBy(one, verifier) }))
    results.sort(compareResults).forEach(({ seq, score }, place) => {
      sums.set(seq, (sums.get(seq) ?? 0) + (score === null ? candidates.length : place + 1))
    })
  }
  return new Map([...sums].map(([seq, sum]) => [seq, sum / guide.length]))
}

/** Best first by a guide: one verifier by its score, several by their mean rank. Without any score by it: last. */
export function byGuide<Judge extends string, Candidate extends Scored<Judge>>(
  candidates: readonly Candidate[],
  guide: readonly Judge[],
): readonly Candidate[] {
  const ranks = meanRanks(candidates, guide)
  return candidates.toSorted(
    (a, b) =>
      Number(isRanked(b, guide)) - Number(isRanked(a, guide)) ||
      (ranks.get(a.seq) ?? 0) - (ranks.get(b.seq) ?? 0) ||
      a.seq - b.seq,
  )
}

/** The candidate that a guide picks; null when none has a score by any verifier of the guide. */
export function bestByGuide<Candidate extends Scored>(
  candidates: readonly Candidate[],
  guide: readonly VerifierId[],
): Candidate | null {
  const [best] = byGuide(candidates, guide)
  return best === undefined || !isRanked(best, guide) ? null : best
}

/** Whether a guide can place a candidate: at least one of its verifiers gave it a score. */
export function isRanked<Judge extends string>(
  candidate: Pick<Scored<Judge>, 'scores'>,
  guide: readonly Judge[],
): boolean {
  return guide.some((verifier) => scoreBy(candidate, verifier) !== null)
}

/** The score of a candidate by a verifier, null where the verifier gave none. */
export function scoreBy<Judge extends string>(
  candidate: Pick<Scored<Judge>, 'scores'>,
  verifier: Judge,
): number | null {
  const scores: Readonly<Record<string, number | undefined>> = candidate.scores
  return finite(scores[verifier] ?? null)
}

function finite(score: number | null): number | null {
  return score !== null && Number.isFinite(score) ? score : null
}
