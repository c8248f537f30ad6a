/** The samplers by id. */

import type { SamplerId } from '../../../../shared/vocabulary.ts'
import { sampleDdim } from './ddim.ts'
import { sampleDpmpp2m } from './dpmpp-2m.ts'
import { sampleEulerAncestral } from './euler-ancestral.ts'
import { sampleEuler } from './euler.ts'
import { sampleHeun } from './heun.ts'
import { sampleLcm } from './lcm.ts'
import { samplePndm } from './pndm.ts'
import type { SamplerRule } from './sampler.ts'

export const samplerById: Readonly<Record<SamplerId, SamplerRule>> = {
  euler: sampleEuler,
  heun: sampleHeun,
  ddim: sampleDdim,
  euler_ancestral: sampleEulerAncestral,
  dpmpp_2m: sampleDpmpp2m,
  lcm: sampleLcm,
  pndm: samplePndm,
}
