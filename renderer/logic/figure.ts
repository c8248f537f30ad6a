/**
 * The figure of a run as columns of growing compute: left the baselines (one noise, more steps), right the best of
 * the first 1, 2, 4, 8, ... candidates. Pure: a run goes in, columns come out.
 */

import type { Candidate, RunDetail, RunStatus } from '../../shared/domain.ts'
import type { VerifierId } from '../../shared/vocabulary.ts'
import { plannedNfe } from '../../shared/plan.ts'

export type Column = {
  readonly id: string
  readonly arm: Candidate['arm']
  /** Steps of the image for a baseline; how many candidates were looked at for the search. */
  readonly count: number
  /** What this column costs in all: the sum over every candidate that was looked at. */
  readonly nfe: number
  /** The same in seconds; null until everything in the column has finished. */
  readonly seconds: number | null
  /** The image to show: final once `complete`, the best so far before. Null where nothing has finished. */
  readonly image: Candidate | null
  readonly score: number | null
  readonly complete: boolean
  /** How many of this column's images have finished; all of them once it is complete. */
  readonly made: number
  /** Sequence numbers whose previews belong into this column while it is not complete. */
  readonly awaited: readonly number[]
  /** Score minus the score of the baseline of exactly the same NFE. Null where there is none to compare with. */
  readonly delta: number | null
}

export type Figure = {
  readonly baselines: readonly Column[]
  readonly search: readonly Column[]
  /**
   * The search's answer, the same as on the command line: its candidate with the highest score, the first drawn among
   * equals. Null until one is scored. Whether it beats more steps is told by the deltas and the verdict.
   */
  readonly winner: Candidate | null
}

/** Whether a run may still grow. */
export function isLive(status: RunStatus): boolean {
  return status.kind === 'queued' || status.kind === 'running'
}

/** 1, 2, 4, 8, ... below `count`, then `count` itself. Empty for 0. */
export function searchCounts(count: number): readonly number[] {
  const counts: number[] = []
  for (let power = 1; power < count; power *= 2) counts.push(power)
  if (count > 0) counts.push(count)
  return counts
}

/** The score of an image by a verifier, null where the verifier gave none. */
export function scoreOf(candidate: Candidate, verifier: VerifierId): number | null {
  const score = candidate.scores[verifier]
  return score === undefined || !Number.isFinite(score) ? null : score
}

/** Best first; ties by sequence; images without a score come last. */
export function byScore(candidates: readonly Candidate[], verifier: VerifierId): readonly Candidate[] {
  return candidates.toSorted((a, b) => {
    const left = scoreOf(a, verifier) ?? -Infinity
    const right = scoreOf(b, verifier) ?? -Infinity
    return left === right ? a.seq - b.seq : right - left
  })
}

/** The columns of a run. */
export function figureOf(run: RunDetail): Figure {
  const live = isLive(run.status)
  const baselines = baselineColumns(run, live)
  const search = searchColumns(run, live).map((column) => ({
    ...column,
    delta: column.complete ? deltaTo(baselines, column) : null,
  }))
  return { baselines, search, winner: winnerOf(run) }
}

function winnerOf(run: RunDetail): Candidate | null {
  const { verifier } = run.spec
  const best = byScore(run.candidates, verifier)[0]
  return best === undefined || scoreOf(best, verifier) === null ? null : best
}

function baselineColumns(run: RunDetail, live: boolean): readonly Column[] {
  const { spec } = run
  return spec.baselines.map((steps, seq) => {
    const image = run.baselines.find((candidate) => candidate.steps === steps) ?? null
    return {
      id: `baseline-${steps}`,
      arm: 'baseline',
      count: steps,
      nfe: image?.nfe ?? plannedNfe(spec.sampler, steps),
      seconds: image?.seconds ?? null,
      image,
      score: image === null ? null : scoreOf(image, spec.verifier),
      complete: image !== null,
      made: image === null ? 0 : 1,
      awaited: image === null && live ? [seq] : [],
      delta: null,
    }
  })
}

function searchColumns(run: RunDetail, live: boolean): readonly Column[] {
  const { spec } = run
  const each = plannedNfe(spec.sampler, spec.steps)
  const finished = run.candidates.toSorted((a, b) => a.seq - b.seq)
  // A run that ended early is shown by what it reached; a live one keeps a place for everything it will make.
  const reached = live || finished.length === 0 ? spec.candidates : finished.length
  const counts = searchCounts(reached)
  return counts.map((count, index) => {
    const members = live ? finished.filter((candidate) => candidate.seq < count) : finished.slice(0, count)
    const complete = members.length === count
    const image = byScore(members, spec.verifier)[0] ?? null
    const previous = counts[index - 1] ?? 0
    const awaited: number[] = []
    if (live && !complete) {
      const made = new Set(members.map(({ seq }) => seq))
      for (let seq = previous; seq < count; seq++) {
        if (!made.has(seq)) awaited.push(seq)
      }
    }
    return {
      id: `search-${count}`,
      arm: 'search',
      count,
      nfe: complete ? sum(members, (candidate) => candidate.nfe) : count * each,
      seconds: complete ? sum(members, (candidate) => candidate.seconds) : null,
      image,
      score: image === null ? null : scoreOf(image, spec.verifier),
      complete,
      made: members.length,
      awaited,
      delta: null,
    }
  })
}

function deltaTo(baselines: readonly Column[], column: Column): number | null {
  const equal = baselines.find((baseline) => baseline.nfe === column.nfe)
  if (equal === undefined || equal.score === null || column.score === null) return null
  return column.score - equal.score
}

function sum<Item>(items: readonly Item[], amount: (item: Item) => number): number {
  return items.reduce((total, item) => total + amount(item), 0)
}
