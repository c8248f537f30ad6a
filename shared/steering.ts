/**
 * Choices: who survives a round, who becomes the pivot, who wins. The guide's order decides, and a person's hand
 * before it.
 */

import type { Intervention } from './domain.ts'
import { byGuide, isRanked, type Scored } from './ranking.ts'
import type { VerifierId } from './vocabulary.ts'

/** What a person's hand does to one choice: candidates by their sequence. */
export type Hand = {
  readonly pinned: ReadonlySet<number>
  readonly vetoed: ReadonlySet<number>
  /** First of all; null where nobody was put there. */
  readonly first: number | null
}

/**
 * The hand in the choice of one round: pins and vetoes of this round and before, and the newest override made for this
 * very choice.
 *
 * @param round 0-based
 */
export function handAt(interventions: readonly Intervention[], round: number): Hand {
  const active = interventions.filter(
    (one) => one.round <= round && (one.until === null || round < one.until),
  )
  return handOf(
    active,
    active.filter((one) => one.round === round),
  )
}

function handOf(active: readonly Intervention[], mayOverride: readonly Intervention[]): Hand {
  const of = (kind: Intervention['kind']) =>
    new Set(active.filter((one) => one.kind === kind).map(({ seq }) => seq))
  const override = mayOverride.findLast((one) => one.kind === 'override')
  return { pinned: of('pin'), vetoed: of('veto'), first: override?.seq ?? null }
}

/** Best first as the guide has it, but: who was put first, then who is pinned, then the others; without the vetoed. */
export function inOrder<Candidate extends Scored>(
  candidates: readonly Candidate[],
  guide: readonly VerifierId[],
  { pinned, vetoed, first }: Hand,
): readonly Candidate[] {
  const place = ({ seq }: Candidate): number => (seq === first ? 0 : pinned.has(seq) ? 1 : 2)
  // Sorting keeps the guide's order within each place.
  return byGuide(candidates, guide)
    .filter(({ seq }) => !vetoed.has(seq))
    .toSorted((a, b) => place(a) - place(b))
}

/** As much of a candidate as the choice of the winner asks for. */
export type Finalist = Scored & { readonly level: number; readonly round: number }

/**
 * The candidate that wins a search: of those whose picture is an image (level 0) and that nobody vetoed, the one that
 * was put first since the last round began, else the guide's best. Null when none has a score by the guide.
 *
 * @param candidates of the search arm
 */
export function winnerOf<Candidate extends Finalist>(
  candidates: readonly Candidate[],
  guide: readonly VerifierId[],
  interventions: readonly Intervention[],
): Candidate | null {
  const lastRound = candidates.reduce((last, { round }) => Math.max(last, round), 0)
  const active = interventions.filter(({ until }) => until === null)
  const { vetoed, first } = handOf(
    active,
    active.filter(({ round }) => round >= lastRound),
  )
  const images = candidates.filter(({ level, seq }) => level === 0 && !vetoed.has(seq))
  const put = images.find(({ seq }) => seq === first)
  if (put !== undefined) return put
  const [best] = byGuide(images, guide)
  return best === undefined || !isRanked(best, guide) ? null : best
}
