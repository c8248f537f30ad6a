/** The gradient of a verifier's score with respect to a starting noise, through the models of a run. */

import { StudioError } from '../../../shared/errors.ts'
import { nfeOfGradient } from '../../../shared/plan.ts'
import type { RunSpec } from '../../../shared/run-spec.ts'
import { verifiers as vocabulary, type VerifierId } from '../../../shared/vocabulary.ts'
import { hasGradients, type ImagePackManifest, type InstalledPack } from '../../packs/manifest.ts'
import type { NoiseLevels } from '../diffusion/noise-levels.ts'
import { eulerAdjoint, sampleTrajectory, type Trajectory } from '../search/adjoint.ts'
import type { Engine } from './adapters.ts'
import { askedOf } from './asked.ts'
import { hasScoreGradient, type Panel, type SeatedPack } from './panel.ts'
import { forwardPassesPerNfe, gflopPerForward } from './passes.ts'

/** What a noise is sampled with: the run's. */
export type GradientContext = {
  readonly engine: Engine
  readonly panel: Panel
  readonly pack: InstalledPack<ImagePackManifest>
  readonly spec: Pick<RunSpec, 'prompt' | 'negativePrompt' | 'guidance'>
  /** Noise levels of the Euler steps. */
  readonly levels: Pick<NoiseLevels, 'sigmas' | 'timestepAt'>
  readonly verifier: VerifierId
}

export type NoiseGradient = {
  /** Of the score over the noise, [channels, height, width]; null where the image has no score. */
  readonly gradient: Float32Array | null
  /** `nfeOfGradient` for each step, as the paper estimates it (Ma et al. 2025, appendix C). */
  readonly nfe: number
  /** NFE, twice with guidance. */
  readonly forwardPasses: number
  /** What the denoiser's graphs really took: once there for the latents, then there and back for the gradient. */
  readonly gflop: number
  readonly seconds: number
}

/**
 * Samples a noise by Euler's method, decodes and scores it, and goes all the way back: verifier, decoder, each step.
 *
 * The verifier sees an 8-bit picture, as it always does; the rounding is passed straight through on the way back. The
 * same noise gives the same bits.
 *
 * @throws the engine's errors; `bad_input` where a pack has no gradients (`requireGradients` tells before a run)
 */
export async function noiseGradient(noise: Float32Array, context: GradientContext): Promise<NoiseGradient> {
  const { engine, panel, pack, spec, levels, verifier } = context
  const { sigmas, timestepAt } = levels
  const { manifest } = pack
  const { denoiserGradient } = manifest.components
  const asked = askedOf(spec, manifest)
  const at = (x: Float32Array, sigma: number) => ({
    ...{ latents: x, sigmas: [sigma], timesteps: [timestepAt(sigma)] },
  })
  let seconds = 0
  let gflop = 0

  const there = sampleTrajectory(noise, sigmas)
  let trajectory: Trajectory
  for (let turn = there.next(); ;) {
    if (turn.done === true) {
      trajectory = turn.value
      break
    }
    const { x, sigma } = turn.value
    const answer = await engine.denoise({ ...asked, ...at(x, sigma) })
    seconds += answer.seconds
    gflop += answer.forwardPasses * gflopPerForward(manifest)
    turn = there.next(answer.denoised)
  }

  const nfe = nfeOfGradient * trajectory.latents.length
  const forwardPasses = nfe * forwardPassesPerNfe(spec, manifest)
  const decoding = { ...asked, latents: trajectory.sample, batch: 1 }
  const decoded = await engine.decode(decoding)
  const seen = await panel.gradient(verifier, decoded.images)
  seconds += decoded.seconds + seen.seconds
  if (seen.gradient === null) return { gradient: null, nfe, forwardPasses, gflop, seconds }

  const ofSample = await engine.decodeGradient({ ...decoding, cotangent: seen.gradient })
  seconds += ofSample.seconds
  const back = eulerAdjoint(trajectory, ofSample.gradient)
  for (let turn = back.next(); ;) {
    if (turn.done === true) return { gradient: turn.value, nfe, forwardPasses, gflop, seconds }
    const { x, sigma, cotangent } = turn.value
    const answer = await engine.denoiseGradient({ ...asked, ...at(x, sigma), cotangent })
    seconds += answer.seconds
    gflop += answer.forwardPasses * (denoiserGradient?.gflopPerBackward ?? NaN)
    turn = back.next(answer.gradient)
  }
}

/**
 * Makes sure that a gradient can be followed from the guide's scores to the noise, before anything runs.
 *
 * @throws `bad_input` with the pack or the verifier that has none
 */
export function requireGradients(
  pack: InstalledPack<ImagePackManifest>,
  packs: readonly SeatedPack[],
  guide: readonly VerifierId[],
): void {
  if (!hasGradients(pack.manifest)) {
    throw new StudioError(
      'bad_input',
      `pack: expected a pack with gradient graphs for first-order search, found ${pack.manifest.id}, which has none; choose another pack or algorithm`,
    )
  }
  for (const id of guide) {
    const seated = packs.find(({ verifiers }) => verifiers.includes(id))
    if (seated !== undefined && hasScoreGradient(seated, id)) continue
    throw new StudioError(
      'bad_input',
      `guide: expected a verifier whose pack has its gradient graph, for first-order search, found ${vocabulary[id].label}; choose another guide or algorithm`,
    )
  }
}
