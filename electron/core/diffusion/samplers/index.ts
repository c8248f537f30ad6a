/** The samplers by id, and what each costs. */

import { assertNever } from '../../../../shared/assert-never.ts'
import type { SamplerId } from '../../../../shared/vocabulary.ts'
import { sampleEuler } from './euler.ts'
import { sampleHeun } from './heun.ts'
import type { SamplerRule } from './sampler.ts'

export const samplerById: Readonly<Record<SamplerId, SamplerRule>> = {
  euler: sampleEuler,
  heun: sampleHeun,
}

/** Function evaluations of the denoiser for one image of `steps` steps, as METHOD counts them (paper, section 2). */
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
