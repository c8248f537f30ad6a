/** What a specification will cost before it runs, counted as the paper counts it (Ma et al. 2025, section 2). */

import { assertNever } from './assert-never.ts'
import type { SamplerId } from './vocabulary.ts'

/** Function evaluations of one image. Guidance counts once. */
export function plannedNfe(sampler: SamplerId, steps: number): number {
  switch (sampler) {
    case 'euler':
      return steps
    case 'heun':
      return 2 * steps - 1
    default:
      return assertNever(sampler, 'sampler')
  }
}

/**
 * The step count of the one-noise baseline that costs as much as the whole search. Heun reaches odd NFE only; an even
 * budget gives the step count just below it.
 */
export function equalCostSteps(sampler: SamplerId, candidates: number, steps: number): number {
  const budget = candidates * plannedNfe(sampler, steps)
  switch (sampler) {
    case 'euler':
      return budget
    case 'heun':
      return Math.floor((budget + 1) / 2)
    default:
      return assertNever(sampler, 'sampler')
  }
}

export type Plan = {
  readonly images: number
  readonly searchNfe: number
  readonly baselineNfe: number
}

/** Images and NFE of a run; the step counts of the baselines are taken as given. */
export function planOf(spec: {
  readonly sampler: SamplerId
  readonly candidates: number
  readonly steps: number
  readonly baselines: readonly number[]
}): Plan {
  return {
    images: spec.candidates + spec.baselines.length,
    searchNfe: spec.candidates * plannedNfe(spec.sampler, spec.steps),
    baselineNfe: spec.baselines.reduce((sum, steps) => sum + plannedNfe(spec.sampler, steps), 0),
  }
}

/** NFE of all images of a run, both arms. */
export function plannedRunNfe(spec: Parameters<typeof planOf>[0]): number {
  const { searchNfe, baselineNfe } = planOf(spec)
  return searchNfe + baselineNfe
}
