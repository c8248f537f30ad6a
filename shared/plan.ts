/** What a specification will cost before it runs, counted as the paper counts it (Ma et al. 2025, section 2). */

import { assertNever } from './assert-never.ts'
import type { Intervention } from './domain.ts'
import type { RunSpec, SpecOf } from './run-spec.ts'
import { samplers, type SamplerFacts, type SamplerId } from './vocabulary.ts'

/** Function evaluations of the first `taken` of `of` steps. */
export function nfeOfSteps(sampler: SamplerId, taken: number, of: number): number {
  const { evaluations }: SamplerFacts = samplers[sampler]
  switch (evaluations) {
    case 'one':
      return taken
    case 'two_but_last':
      return taken < of ? 2 * taken : 2 * taken - 1
    case 'one_but_first':
      // A single step is not taken twice: it ends at the image, where there is no slope.
      return taken === 0 || of === 1 ? taken : taken + 1
    default:
      return assertNever(evaluations, 'evaluations of a step')
  }
}

/** Function evaluations of one image. Guidance counts once. */
export function plannedNfe(sampler: SamplerId, steps: number): number {
  return nfeOfSteps(sampler, steps, steps)
}

/**
 * The step count of the one-noise baseline that costs as much as `nfe` evaluations, or the largest below it: samplers
 * that take two evaluations a step do not reach every number. At least 1.
 */
export function equalCostSteps(sampler: SamplerId, nfe: number): number {
  // From two steps on, every sampler's count is a straight line over its steps.
  const ofTwo = plannedNfe(sampler, 2)
  const eachMore = plannedNfe(sampler, 3) - ofTwo
  return Math.max(1, Math.floor((nfe - ofTwo) / eachMore) + 2)
}

/** Candidates of the search arm, drafts and paths included. */
export function plannedCandidates(spec: RunSpec): number {
  switch (spec.algorithm) {
    case 'random_search':
      return spec.candidates
    case 'zero_order_search':
      return spec.rounds * spec.neighbours
    case 'search_over_paths':
      return spec.paths * (1 + spec.width * pathRounds(spec))
    case 'first_order_search':
      return spec.iterations
    case 'draft_cull_resume':
      return spec.candidates + spec.survivors
    case 'fk_steering':
      return spec.particles * drawings(spec).length
    default:
      return assertNever(spec, 'algorithm')
  }
}

/** NFE of the search without the final image: the formulas of METHOD, section 4. */
export function plannedSearchNfe(spec: RunSpec): number {
  const each = plannedNfe(spec.sampler, spec.steps)
  switch (spec.algorithm) {
    case 'random_search':
      return spec.candidates * each
    case 'zero_order_search':
      return spec.rounds * spec.neighbours * each
    case 'search_over_paths': {
      const rounds = pathRounds(spec)
      const perRound = spec.paths * spec.width
      // The last round arrives at the image, which needs no evaluation to be looked at.
      return spec.paths * stepsToStartLevel(spec) + perRound * (rounds * (spec.length + 1) - 1)
    }
    case 'first_order_search':
      return firstOrderNfe(spec)
    case 'draft_cull_resume': {
      const draft = nfeOfSteps(spec.sampler, spec.draftSteps, spec.steps)
      return spec.candidates * draft + spec.survivors * (each - draft)
    }
    case 'fk_steering':
      return spec.particles * each
    default:
      return assertNever(spec, 'algorithm')
  }
}

/**
 * What a search has to spend before it starts the first candidate that becomes an image: drafts and unfinished samples
 * come first in the algorithms that judge them. `judged` is a number of candidates.
 */
export function plannedBeforeFirstImage(spec: RunSpec): { readonly nfe: number; readonly judged: number } {
  switch (spec.algorithm) {
    case 'random_search':
    case 'zero_order_search':
    case 'first_order_search':
      return { nfe: 0, judged: 0 }
    case 'search_over_paths': {
      const unfinished = spec.paths * spec.width * (pathRounds(spec) - 1)
      return {
        nfe: spec.paths * stepsToStartLevel(spec) + unfinished * (spec.length + 1),
        judged: unfinished,
      }
    }
    case 'draft_cull_resume': {
      const draft = nfeOfSteps(spec.sampler, spec.draftSteps, spec.steps)
      return { nfe: spec.candidates * draft, judged: spec.candidates }
    }
    case 'fk_steering': {
      const before = drawings(spec)
      const taken = before.at(-2) ?? 0
      return {
        nfe: spec.particles * nfeOfSteps(spec.sampler, taken, spec.steps),
        judged: spec.particles * (before.length - 1),
      }
    }
    default:
      return assertNever(spec, 'algorithm')
  }
}

/** What a gradient costs for each evaluation on the way to the image: once more forwards, and back (METHOD, section 4). */
export const nfeOfGradient = 2

/** The first noise is only sampled; each later one costs the gradient at the one before it as well. */
function firstOrderNfe({ sampler, steps, iterations }: SpecOf<'first_order_search'>): number {
  return plannedNfe(sampler, steps) * (iterations + nfeOfGradient * (iterations - 1))
}

type PathParameters = Pick<SpecOf<'search_over_paths'>, 'startLevel' | 'forward' | 'backward'>

/** Rounds of search_over_paths from its start level to the image; 0 for parameters by which it would never get there. */
export function pathRounds({ startLevel, forward, backward }: PathParameters): number {
  const net = backward - forward
  if (!(net > 0)) return 0
  // A level that is a rounding error above 0 is 0.
  return Math.max(1, Math.ceil(startLevel / net - 1e-9))
}

/**
 * The noise levels at which the rounds of search_over_paths end: each lower by backward - forward, the last is 0.
 * Empty for parameters by which it would never get there. Only for checked specifications: one that gains next to
 * nothing a round has more levels than fit into memory.
 */
export function pathLevels(parameters: PathParameters): readonly number[] {
  const { startLevel, forward, backward } = parameters
  const net = backward - forward
  const rounds = pathRounds(parameters)
  return Array.from({ length: rounds }, (_, i) => (i === rounds - 1 ? 0 : startLevel - (i + 1) * net))
}

/** Steps of search_over_paths from pure noise down to its start level: that share of the run's steps, at least one. */
export function stepsToStartLevel({
  steps,
  startLevel,
}: Pick<SpecOf<'search_over_paths'>, 'steps' | 'startLevel'>): number {
  return Math.max(1, Math.round(steps * (1 - startLevel)))
}

/** The step counts at which fk_steering stops its particles: every `interval` steps, and at the image. */
export function drawings({
  steps,
  interval,
}: Pick<SpecOf<'fk_steering'>, 'steps' | 'interval'>): readonly number[] {
  const count = Math.max(1, Math.ceil(steps / interval))
  return Array.from({ length: count }, (_, i) => Math.min(steps, (i + 1) * interval))
}

export type Plan = {
  /** Pictures of both arms and the final image. */
  readonly images: number
  /** Of the search, its final image included. */
  readonly searchNfe: number
  readonly baselineNfe: number
}

/** Pictures and NFE of a run that no budget stops; the step counts of the baselines are taken as given. */
export function planOf(spec: RunSpec): Plan {
  const finalNfe = spec.finalSteps === null ? 0 : plannedNfe(spec.sampler, spec.finalSteps)
  return {
    images: plannedCandidates(spec) + spec.baselines.length + (spec.finalSteps === null ? 0 : 1),
    searchNfe: plannedSearchNfe(spec) + finalNfe,
    baselineNfe: spec.baselines.reduce((sum, steps) => sum + plannedNfe(spec.sampler, steps), 0),
  }
}

/** NFE of all images of a run, both arms. */
export function plannedRunNfe(spec: RunSpec): number {
  const { searchNfe, baselineNfe } = planOf(spec)
  return searchNfe + baselineNfe
}

/** Candidates that a person asked for on top of the plan. */
export function branchesAsked(interventions: readonly Intervention[]): number {
  return interventions.reduce(
    (sum, one) => sum + (one.kind === 'branch' && one.until === null ? one.count : 0),
    0,
  )
}
