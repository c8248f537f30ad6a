/** The gradient of a verifier's score with respect to a starting noise, through the models of a run. */

import { StudioError } from '../../../shared/errors.ts'
import { forwardPassesPerNfe, nfeOfGradient } from '../../../shared/plan.ts'
import { verifiers as vocabulary, type VerifierId } from '../../../shared/vocabulary.ts'
import { hasGradients, type ImagePackManifest, type InstalledPack } from '../../packs/manifest.ts'
import { eulerAdjoint, sampleTrajectory, type Trajectory } from '../search/adjoint.ts'
import type { Engine } from './adapters.ts'
import { hasScoreGradient, type Panel, type SeatedPack } from './panel.ts'

/** What a noise is sampled with: the run's. */
export type GradientContext = {
  readonly engine: Engine
  readonly panel: Panel
  readonly pack: InstalledPack<ImagePackManifest>
  readonly prompt: string
  readonly guidance: number
  /** Noise levels of the Euler steps. */
  readonly sigmas: readonly number[]
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
  const { engine, panel, pack, prompt, guidance, sigmas, verifier } = context
  const { manifest } = pack
  const { denoiser, denoiserGradient } = manifest.components
  const asked = { packId: manifest.id, prompt, guidance }
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
    const answer = await engine.denoise({ ...asked, latents: x, sigmas: [sigma] })
    seconds += answer.seconds
    gflop += answer.forwardPasses * denoiser.gflopPerForward
    turn = there.next(answer.denoised)
  }

  const nfe = nfeOfGradient * trajectory.latents.length
  const forwardPasses = nfe * forwardPassesPerNfe({ guidance })
  const decoding = { packId: manifest.id, latents: trajectory.sample, batch: 1 }
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
    const answer = await engine.denoiseGradient({ ...asked, latents: x, sigmas: [sigma], cotangent })
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
