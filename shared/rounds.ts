/** The rounds of a run as they are planned: what each adds, and what each costs. Pure. */

import { assertNever } from './assert-never.ts'
import { drawings, nfeOfGradient, nfeOfSteps, pathLevels, plannedNfe, stepsToStartLevel } from './plan.ts'
import type { RunSpec } from './run-spec.ts'

export type PlannedRound = {
  readonly name: string
  /** Candidates that it adds, drafts and paths included. */
  readonly candidates: number
  readonly nfe: number
}

/** The rounds of METHOD, section 4, in order; their sums are plannedCandidates and plannedSearchNfe. */
export function plannedRounds(spec: RunSpec): readonly PlannedRound[] {
  const each = plannedNfe(spec.sampler, spec.steps)
  const numbered = (count: number, candidates: number, nfe: (index: number) => number) =>
    Array.from({ length: count }, (_, index) => ({ name: `round ${index + 1}`, candidates, nfe: nfe(index) }))
  switch (spec.algorithm) {
    case 'random_search':
      return [
        { name: `best of ${spec.candidates}`, candidates: spec.candidates, nfe: spec.candidates * each },
      ]
    case 'zero_order_search':
      return numbered(spec.rounds, spec.neighbours, () => spec.neighbours * each)
    case 'search_over_paths': {
      const levels = pathLevels(spec)
      const perRound = spec.paths * spec.width
      // The last round arrives at the image, which needs no evaluation to be looked at.
      const evaluations = (index: number) => (index === levels.length - 1 ? spec.length : spec.length + 1)
      return [
        { name: 'start', candidates: spec.paths, nfe: spec.paths * stepsToStartLevel(spec) },
        ...numbered(levels.length, perRound, (index) => perRound * evaluations(index)),
      ]
    }
    case 'first_order_search':
      return numbered(spec.iterations, 1, (index) => (index === 0 ? each : each * (1 + nfeOfGradient)))
    case 'draft_cull_resume': {
      const draft = nfeOfSteps(spec.sampler, spec.draftSteps, spec.steps)
      return [
        { name: 'drafts', candidates: spec.candidates, nfe: spec.candidates * draft },
        { name: 'survivors', candidates: spec.survivors, nfe: spec.survivors * (each - draft) },
      ]
    }
    case 'fk_steering': {
      const upTo = [0, ...drawings(spec)].map((taken) => nfeOfSteps(spec.sampler, taken, spec.steps))
      return numbered(
        upTo.length - 1,
        spec.particles,
        (index) => spec.particles * ((upTo[index + 1] ?? 0) - (upTo[index] ?? 0)),
      )
    }
    default:
      return assertNever(spec, 'algorithm')
  }
}

/** What a candidate's round is called; null for random search, which has none. */
export function roundName(spec: RunSpec, round: number): string | null {
  if (spec.algorithm === 'random_search') return null
  return plannedRounds(spec)[round]?.name ?? `round ${round + 1}`
}
