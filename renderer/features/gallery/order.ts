/** The order in which the candidates of a run are shown. Pure. */

import type { Candidate, RunDetail } from '../../../shared/domain.ts'
import { byGuide, isRanked } from '../../../shared/ranking.ts'
import { isLive } from '../../logic/figure.ts'

export type Order = 'score' | 'drawn'

/** A place for one candidate, finished or still to come. */
export type Ranked = {
  readonly seq: number
  readonly candidate: Candidate | null
  /** 1 is the guide's pick; null without a score by it. */
  readonly rank: number | null
}

/**
 * A place for every candidate: those that are planned while the run is live, those that were made once it has ended.
 * By score the unfinished ones come last, in the order in which they will be made.
 */
export function rankedCandidates(run: RunDetail, order: Order): readonly Ranked[] {
  const { guide } = run.spec
  const sorted = byGuide(run.candidates, guide)
  const finished = sorted.map((candidate, index) => ({
    seq: candidate.seq,
    candidate,
    rank: isRanked(candidate, guide) ? index + 1 : null,
  }))
  const made = new Set(run.candidates.map((candidate) => candidate.seq))
  const planned = isLive(run.status) ? Array.from({ length: run.spec.candidates }, (_, seq) => seq) : []
  const unfinished = planned
    .filter((seq) => !made.has(seq))
    .map((seq) => ({ seq, candidate: null, rank: null }))
  const all = [...finished, ...unfinished]
  return order === 'score' ? all : all.toSorted((a, b) => a.seq - b.seq)
}
