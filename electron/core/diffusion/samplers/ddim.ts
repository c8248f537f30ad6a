import { sampleEuler } from './euler.ts'
import type { SamplerRule } from './sampler.ts'

/**
 * Deterministic DDIM (Song et al. 2021, "Denoising Diffusion Implicit Models", equation 12 with eta = 0): the image and
 * the noise seen at one level, mixed anew for the next, x' = alpha' x0 + sigma' e with e = (x - alpha x0) / sigma.
 *
 * With alpha + sigma = 1 as with alpha = 1 that is x0 + (sigma' / sigma) (x - x0), Euler's step (their section 4.3 says
 * so of the ODE), hence the same function. What sets DDIM apart elsewhere is its list of levels: see beta-schedules.ts.
 *
 * First order; NFE = steps.
 */
export const sampleDdim: SamplerRule = sampleEuler
