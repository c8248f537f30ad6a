/** What a specification will cost before it runs, counted as METHOD.md counts it (section 6). */

import { assertNever } from '../../shared/assert-never.ts'
import type { SamplerId } from '../../shared/vocabulary.ts'

/** Function evaluations of one image. Guidance counts once. */
export function nfeOfImage(sampler: SamplerId, steps: number): number {
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
  const budget = candidates * nfeOfImage(sampler, steps)
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
    searchNfe: spec.candidates * nfeOfImage(spec.sampler, spec.steps),
    baselineNfe: spec.baselines.reduce((sum, steps) => sum + nfeOfImage(spec.sampler, steps), 0),
  }
}
