/** The order in which the candidates of a run are shown. Pure. */

import type { Candidate, RunDetail } from '../../shared/domain.ts'
import { isImage, isLive } from '../../shared/figure.ts'
import { plannedCandidates } from '../../shared/plan.ts'
import { byGuide, isRanked } from '../../shared/ranking.ts'
import { handAt } from '../../shared/steering.ts'
import type { ErrorData } from '../../shared/errors.ts'
import type { Hand } from '../../shared/steering.ts'

export type Order = 'score' | 'drawn'

/** A place for one candidate, finished or still to come. */
export type Ranked = {
  readonly seq: number
  readonly candidate: Candidate | null
  /** Among the images: 1 is the guide's pick. Null without a score by it, and for drafts and paths. */
  readonly rank: number | null
  /** Why nothing can be made of it. */
  readonly failure: ErrorData | null
}

/**
 * A place for every candidate: those that are planned while the run is live, those that were made once it has ended.
 * By score images come first, then drafts and paths, the latest round first; then what failed, then the unfinished ones
 * in the order in which they will be made.
 */
export function rankedCandidates(run: RunDetail, order: Order): readonly Ranked[] {
  const { guide } = run.spec
  const images = byGuide(run.candidates.filter(isImage), guide).map((candidate, index) => ({
    seq: candidate.seq,
    candidate,
    rank: isRanked(candidate, guide) ? index + 1 : null,
    failure: null,
  }))
  const unfinished = byGuide(
    run.candidates.filter((candidate) => !isImage(candidate)),
    guide,
  ).toSorted((a, b) => b.round - a.round)
  const awaited = awaitedSeqs(run)
  const without = (seq: number, candidate: Candidate | null) => ({
    ...{ seq, candidate, rank: null, failure: null },
  })
  const failed = run.failures
    .filter(({ arm }) => arm === 'search')
    .map(({ seq, error }) => ({ seq, candidate: null, rank: null, failure: error }))
  const all: readonly Ranked[] = [
    ...images,
    ...unfinished.map((candidate) => without(candidate.seq, candidate)),
    ...failed,
    ...awaited.map((seq) => without(seq, null)),
  ]
  return order === 'score' ? all : all.toSorted((a, b) => a.seq - b.seq)
}

/** What a live run will still make: what its algorithm proposes, and what a person asked for more of. */
function awaitedSeqs(run: RunDetail): readonly number[] {
  if (!isLive(run.status)) return []
  const seqs = Array.from({ length: plannedCandidates(run.spec) }, (_, seq) => seq)
  for (const asked of run.interventions) {
    if (asked.kind !== 'branch' || asked.until !== null) continue
    for (let index = 0; index < asked.count; index++) seqs.push(asked.firstSeq + index)
  }
  const failed = run.failures.filter(({ arm }) => arm === 'search')
  const made = new Set([...run.candidates, ...failed].map(({ seq }) => seq))
  return seqs.filter((seq) => !made.has(seq))
}

/** What a person has pinned and vetoed and not undone. */
export function handOf(run: RunDetail): Hand {
  return handAt(run.interventions, Number.POSITIVE_INFINITY)
}
