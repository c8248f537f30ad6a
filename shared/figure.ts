/**
 * The figure of a run as columns of growing compute: left the baselines (one noise, more steps), right the best of
 * the first 1, 2, 4, 8, ... candidates, or of the rounds so far. Pure: a run goes in, columns come out.
 */

import type { Candidate, RunDetail, RunStatus } from './domain.ts'
import { formatCount, formatCountOf } from './format.ts'
import { plannedNfe, planOf } from './plan.ts'
import { byGuide, scoreBy } from './ranking.ts'
import { plannedRounds } from './rounds.ts'
import type { RunSpec } from './run-spec.ts'
import { winnerOf } from './steering.ts'
import { verifiers } from './vocabulary.ts'
import type { VerifierId } from './vocabulary.ts'

export type Column = {
  readonly id: string
  readonly arm: Candidate['arm']
  /** What it is, in a few words: `20 steps`, `best of 4`, `round 2`, `final, 50 steps`. */
  readonly name: string
  /** Steps of the image for a baseline and a final image; how many candidates were looked at for the search. */
  readonly count: number
  /** What this column costs in all: the sum over every candidate that was looked at, drafts and paths included. */
  readonly nfe: number
  /** The same in seconds; null until everything in the column has finished. */
  readonly seconds: number | null
  /**
   * What the search would answer with what the column holds: final once `complete`, the best so far before. Where the
   * column holds no image yet, the best draft or path of its last round, which can win nothing. Null where nothing has
   * finished.
   */
  readonly image: Candidate | null
  /** Of that image, by the verifier that is shown. */
  readonly score: number | null
  readonly complete: boolean
  /** How many of this column's candidates have finished; all of them once it is complete. */
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
   * The search's answer, the same as on the command line: what the guide and the person's hand pick. Null until one is
   * scored. Whether it beats more steps is told by the deltas and the verdict.
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

/** An image can win; a draft or a path is the prediction of an unfinished sample. */
export function isImage({ level }: Pick<Candidate, 'level'>): boolean {
  return level === 0
}

/**
 * The columns of a run. The guide picks the images; the scores shown beside them may be another verifier's.
 *
 * @param shown whose scores stand in the columns
 */
export function figureOf(run: RunDetail, shown: VerifierId = firstVerifier(run.spec)): Figure {
  const live = isLive(run.status)
  const baselines = baselineColumns(run, live, shown)
  const search = [...searchColumns(run, live, shown), ...finalColumns(run, live, shown)].map((column) => ({
    ...column,
    delta: column.complete ? deltaTo(baselines, column) : null,
  }))
  return { baselines, search, winner: run.candidates.find(({ seq }) => seq === run.winner) ?? null }
}

function baselineColumns(run: RunDetail, live: boolean, shown: VerifierId): readonly Column[] {
  const { spec } = run
  return spec.baselines.map((steps, seq) => {
    const image = run.baselines.find((candidate) => candidate.steps === steps) ?? null
    return {
      id: `baseline-${steps}`,
      arm: 'baseline',
      name: formatCountOf(steps, 'step'),
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

/** Where a search column ends: after so many candidates, which are planned to have cost so much by then. */
type End = { readonly name: string; readonly count: number; readonly nfe: number }

/**
 * The ends of the columns: for random search after 1, 2, 4, 8, ... candidates, for the others after each round, or
 * after round 1, 2, 4, 8, ... where there are many.
 */
function endsOf(spec: RunSpec): readonly End[] {
  if (spec.algorithm === 'random_search') {
    return searchCounts(spec.candidates).map((count) =>
      bestOf(count, count * plannedNfe(spec.sampler, spec.steps)),
    )
  }
  const ends: End[] = []
  for (const { name, candidates, nfe } of plannedRounds(spec)) {
    const before = ends.at(-1)
    ends.push({ name, count: (before?.count ?? 0) + candidates, nfe: (before?.nfe ?? 0) + nfe })
  }
  if (ends.length <= maxRounds) return ends
  const kept = searchCounts(ends.length)
  return ends.filter((_, index) => kept.includes(index + 1))
}

const maxRounds = 6

function bestOf(count: number, nfe: number): End {
  return { name: count === 1 ? 'first noise' : `best of ${formatCount(count)}`, count, nfe }
}

/** A run that ended early is shown by what it reached, one with branches by all that it has. */
function endsReached(run: RunDetail): readonly End[] {
  const reached = run.candidates.length
  const ends = endsOf(run.spec)
  if (reached === 0) return ends
  if (run.spec.algorithm === 'random_search') return searchCounts(reached).map((count) => bestOf(count, 0))
  const last = ends.find(({ count }) => count >= reached)
  const name = last?.name ?? 'by hand'
  return [...ends.filter(({ count }) => count < reached), { name, count: reached, nfe: 0 }]
}

function searchColumns(run: RunDetail, live: boolean, shown: VerifierId): readonly Column[] {
  const finished = run.candidates.toSorted((a, b) => a.seq - b.seq)
  // What failed is not tried again: a column is complete without it.
  const failedSeqs = run.failures.filter(({ arm }) => arm === 'search').map(({ seq }) => seq)
  // A live run keeps a place for everything it will make.
  const ends = live ? endsOf(run.spec) : endsReached(run)
  return ends.map(({ name, count, nfe }, index) => {
    const members = live ? finished.filter((candidate) => candidate.seq < count) : finished.slice(0, count)
    const failed = live ? failedSeqs.filter((seq) => seq < count) : []
    const complete = members.length + failed.length === count
    const image = pickOf(run, members)
    const previous = ends[index - 1]?.count ?? 0
    const awaited: number[] = []
    if (live && !complete) {
      const made = new Set([...members.map(({ seq }) => seq), ...failed])
      for (let seq = previous; seq < count; seq++) {
        if (!made.has(seq)) awaited.push(seq)
      }
    }
    return {
      id: `search-${count}`,
      arm: 'search',
      name,
      count,
      nfe: complete ? sum(members, (candidate) => candidate.nfe) : nfe,
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

/** What the search would answer with some of its candidates, else its best unfinished sample. */
function pickOf({ spec, interventions }: RunDetail, members: readonly Candidate[]): Candidate | null {
  const winner = winnerOf(members, spec.guide, interventions)
  if (winner !== null) return winner
  const last = members.reduce((round, one) => Math.max(round, one.round), 0)
  const unscored = byGuide(members.filter(isImage), spec.guide)[0]
  const draft = byGuide(
    members.filter(({ round }) => round === last),
    spec.guide,
  )[0]
  return unscored ?? draft ?? null
}

/** The winner made again with the final number of steps; it costs the search as well. */
function finalColumns(run: RunDetail, live: boolean, shown: VerifierId): readonly Column[] {
  const { spec, winner, ledger } = run
  if (spec.finalSteps === null) return []
  const image = run.finals.find(({ seq }) => seq === winner) ?? null
  return [
    {
      id: 'final',
      arm: 'final',
      name: `final, ${formatCount(spec.finalSteps)} steps`,
      count: spec.finalSteps,
      nfe: image === null ? planOf(spec).searchNfe : ledger.nfe,
      seconds: image === null ? null : ledger.seconds,
      image,
      score: image === null ? null : scoreBy(image, shown),
      complete: image !== null,
      made: image === null ? 0 : 1,
      awaited: image === null && live && winner !== null ? [winner] : [],
      delta: null,
    },
  ]
}

function deltaTo(baselines: readonly Column[], column: Column): number | null {
  const equal = baselines.find((baseline) => baseline.nfe === column.nfe)
  if (equal === undefined || equal.score === null || column.score === null) return null
  if (column.image === null || !isImage(column.image)) return null
  return column.score - equal.score
}

function sum<Item>(items: readonly Item[], amount: (item: Item) => number): number {
  return items.reduce((total, item) => total + amount(item), 0)
}
