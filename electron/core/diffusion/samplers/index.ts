/** The samplers by id. */

import type { SamplerId } from '../../../../shared/vocabulary.ts'
import { sampleEuler } from './euler.ts'
import { sampleHeun } from './heun.ts'
import type { SamplerRule } from './sampler.ts'

export const samplerById: Readonly<Record<SamplerId, SamplerRule>> = {
  euler: sampleEuler,
  heun: sampleHeun,
}
