/**
 * The figure of a run as columns of growing compute: left the baselines (one noise, more steps), right the best of
 * the first 1, 2, 4, 8, ... candidates. Pure: a run goes in, columns come out.
 */

import type { Candidate, RunDetail, RunStatus } from '../../shared/domain.ts'
import { plannedNfe } from '../../shared/plan.ts'
import { byGuide, scoreBy, bestByGuide } from '../../shared/ranking.ts'
import type { RunSpec } from '../../shared/run-spec.ts'
import { verifiers } from '../../shared/vocabulary.ts'
import type { VerifierId } from '../../shared/vocabulary.ts'

export type Column = {
  readonly id: string
  readonly arm: Candidate['arm']
  /** Steps of the image for a baseline; how many candidates were looked at for the search. */
  readonly count: number
  /** What this column costs in all: the sum over every candidate that was looked at. */
  readonly nfe: number
  /** The same in seconds; null until everything in the column has finished. */
  readonly seconds: number | null
  /** The image to show, the guide's pick: final once `complete`, the best so far before. Null where nothing has finished. */
  readonly image: Candidate | null
  /** Of that image, by the verifier that is shown. */
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
   * The search's answer, the same as on the command line: the candidate that the guide picks (shared/ranking.ts). Null
   * until one is scored. Whether it beats more steps is told by the deltas and the verdict.
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

/** Every verifier that scored a run, the guide's first. */
export function verifiersOf({ guide, heldOut }: RunSpec): readonly VerifierId[] {
  return [...guide, ...heldOut]
}

/** A verifier's name with its part in a run; the only guide of a run with nothing held out needs no word. */
export function nameInRun(spec: RunSpec, id: VerifierId): string {
  const { label } = verifiers[id]
  if (verifiersOf(spec).length === 1) return label
  return `${label}, ${spec.guide.includes(id) ? 'guide' : 'held out'}`
}

/** The verifier to name beside a score; null where a run has one only and its name stands above. */
export function labelOfScore(spec: RunSpec, shown: VerifierId): string | null {
  return verifiersOf(spec).length === 1 ? null : verifiers[shown].label
}

/** The guide in a few words. */
export function guideName({ guide }: RunSpec): string {
  const names = guide.map((id) => verifiers[id].label).join(', ')
  return guide.length > 1 ? `Ensemble of ${names}` : names
}

/** The verifier whose scores are shown where nobody chose another: the guide's first. */
export function firstVerifier(spec: RunSpec): VerifierId {
  const [first] = spec.guide
  if (first === undefined)
    throw new Error('Expected a guide of at least one verifier; the specification has one')
  return first
}

/**
 * The columns of a run. The guide picks the images; the scores shown beside them may be another verifier's.
 *
 * @param shown whose scores stand in the columns
 */
export function figureOf(run: RunDetail, shown: VerifierId = firstVerifier(run.spec)): Figure {
  const live = isLive(run.status)
  const baselines = baselineColumns(run, live, shown)
  const search = searchColumns(run, live, shown).map((column) => ({
    ...column,
    delta: column.complete ? deltaTo(baselines, column) : null,
  }))
  return { baselines, search, winner: bestByGuide(run.candidates, run.spec.guide) }
}

function baselineColumns(run: RunDetail, live: boolean, shown: VerifierId): readonly Column[] {
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
      score: image === null ? null : scoreBy(image, shown),
      complete: image !== null,
      made: image === null ? 0 : 1,
      awaited: image === null && live ? [seq] : [],
      delta: null,
    }
  })
}

function searchColumns(run: RunDetail, live: boolean, shown: VerifierId): readonly Column[] {
  const { spec } = run
  const each = plannedNfe(spec.sampler, spec.steps)
  const finished = run.candidates.toSorted((a, b) => a.seq - b.seq)
  // A run that ended early is shown by what it reached; a live one keeps a place for everything it will make.
  const reached = live || finished.length === 0 ? spec.candidates : finished.length
  const counts = searchCounts(reached)
  return counts.map((count, index) => {
    const members = live ? finished.filter((candidate) => candidate.seq < count) : finished.slice(0, count)
    const complete = members.length === count
    const image = byGuide(members, spec.guide)[0] ?? null
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
      score: image === null ? null : scoreBy(image, shown),
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
