/** Runs for tests of figures and views: made of a few scores, everything else in place. */

import type { Candidate, CandidateFailure, Intervention, RunDetail, RunStatus } from '../domain.ts'
import { plannedCandidates } from '../plan.ts'
import type { RunSpec, SpecOf } from '../run-spec.ts'
import { winnerOf } from '../steering.ts'
import type { AlgorithmId } from '../vocabulary.ts'

/** An image with a score; null for an image whose verifier failed. */
export function testImage(
  arm: Candidate['arm'],
  seq: number,
  steps: number,
  score: number | null,
): Candidate {
  return {
    runId: 1,
    arm,
    seq,
    round: 0,
    parent: null,
    level: 0,
    steps,
    recipe: { generator: 'philox4x32-10', seed: '7', stream: seq, operations: [] },
    noiseSha256: `noise${seq}`,
    nfe: steps,
    forwardPasses: 2 * steps,
    verifierCalls: 1,
    gflop: 0.5 * steps,
    seconds: steps / 10,
    imageSha256: `${arm}${seq}`,
    scores: score === null ? {} : { clip_score: score },
  }
}

type Own<Id extends AlgorithmId> = { readonly algorithm: Id } & Omit<
  SpecOf<Id>,
  Exclude<keyof RunSpec, 'algorithm'>
>

/** A specification by an algorithm's own parameters; everything else as 10 Euler steps need it, or as `own` says. */
export function testSpec<Id extends AlgorithmId>(
  own: Own<Id> & Partial<Omit<RunSpec, 'algorithm'>>,
): RunSpec {
  const common = {
    prompt: 'two red stars in night',
    pack: 'scenes',
    guide: ['clip_score'],
    heldOut: [],
    sampler: 'euler',
    schedule: 'linear',
    shift: 3,
    steps: 10,
    guidance: 3,
    finalSteps: null,
    budget: { nfe: null, verifierCalls: null, seconds: null },
    baselines: [],
    seed: '7',
  }
  // The compiler cannot put a union together from a generic part of it.
  return { ...common, ...own } as unknown as RunSpec
}

/** A run of `spec` with the given candidates of the search, the winner and the sums as the studio would give them. */
export function testRunOf(
  spec: RunSpec,
  candidates: readonly Candidate[],
  parts: {
    readonly baselines?: readonly Candidate[]
    readonly finals?: readonly Candidate[]
    readonly failures?: readonly CandidateFailure[]
    readonly interventions?: readonly Intervention[]
    readonly status?: RunStatus
  } = {},
): RunDetail {
  const { baselines = [], finals = [], failures = [], interventions = [], status = { kind: 'done' } } = parts
  const search = [...candidates, ...finals]
  const sum = (amount: (one: Candidate) => number) => search.reduce((total, one) => total + amount(one), 0)
  return {
    id: 1,
    createdAt: '2026-11-21T12:00:00Z',
    spec,
    status,
    finished: search.length + baselines.length,
    planned: plannedCandidates(spec) + spec.baselines.length + (spec.finalSteps === null ? 0 : 1),
    failed: failures.length,
    queuePlace: 1,
    best: null,
    ledger: {
      nfe: sum(({ nfe }) => nfe),
      forwardPasses: sum(({ forwardPasses }) => forwardPasses),
      verifierCalls: sum(({ verifierCalls }) => verifierCalls),
      seconds: sum(({ seconds }) => seconds),
      gflop: sum(({ gflop }) => gflop),
    },
    baselines,
    candidates,
    finals,
    failures,
    interventions,
    winner: winnerOf(candidates, spec.guide, interventions)?.seq ?? null,
    device: 'cpu',
    unknownWords: [],
    pictures: { search: {}, baseline: {}, final: {} },
  }
}

/** A random search of `planned` candidates, with the given scores of its first ones and of its baselines. */
export function testRun(parts: {
  readonly planned: number
  readonly scores: readonly (number | null)[]
  readonly baselines?: Readonly<Record<number, number | null>>
  readonly missingBaselines?: readonly number[]
  readonly failures?: readonly CandidateFailure[]
  readonly status?: RunStatus
}): RunDetail {
  const made = Object.entries(parts.baselines ?? {}).map(([steps, score]) => ({
    steps: Number(steps),
    score,
  }))
  const spec = testSpec({
    algorithm: 'random_search',
    candidates: parts.planned,
    baselines: [...made.map(({ steps }) => steps), ...(parts.missingBaselines ?? [])].sort((a, b) => a - b),
  })
  return testRunOf(
    spec,
    parts.scores.map((score, seq) => testImage('search', seq, 10, score)),
    {
      baselines: made.map(({ steps, score }) =>
        testImage('baseline', spec.baselines.indexOf(steps), steps, score),
      ),
      failures: parts.failures ?? [],
      ...(parts.status === undefined ? {} : { status: parts.status }),
    },
  )
}
