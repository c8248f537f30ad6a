import { StudioError } from '../../../shared/errors.ts'
import type { RunSpec } from '../../../shared/run-spec.ts'
import type { ImagePackManifest } from '../../packs/manifest.ts'
import { noiseLevels, type NoiseTraining } from '../diffusion/noise-levels.ts'
import type { PathRule } from '../diffusion/path.ts'

/** Latent pixels a side that a flow transformer takes as one token (FLUX, and the bundled packs). */
const patch = 2

/**
 * What a candidate of a run is sampled with: the run's sampler on the run's schedule of so many steps.
 *
 * @throws `bad_input` for a schedule, a sampler or a number of steps that the pack's training has no levels for
 */
export function pathRule(
  {
    sampler,
    schedule,
    shift,
    generator,
    seed,
  }: Pick<RunSpec, 'sampler' | 'schedule' | 'shift' | 'generator' | 'seed'>,
  manifest: Pick<ImagePackManifest, 'latents' | 'timeConvention' | 'trainedNoise' | 'dynamicShift'>,
  steps: number,
): PathRule {
  const { latents, dynamicShift } = manifest
  const tokens = Math.floor(latents.height / patch) * Math.floor(latents.width / patch)
  try {
    const levels = noiseLevels(trainingOf(manifest), {
      ...{ sampler, schedule, steps, shift, tokens, dynamicShift },
    })
    return { ...levels, sampler, generator, seed }
  } catch (error) {
    if (error instanceof RangeError) throw new StudioError('bad_input', error.message, { cause: error })
    throw error
  }
}

function trainingOf({
  timeConvention,
  trainedNoise,
}: Pick<ImagePackManifest, 'timeConvention' | 'trainedNoise'>): NoiseTraining {
  if (timeConvention !== 'trained_timesteps') return { timeConvention }
  if (trainedNoise === undefined) throw new Error('Expected trained noise in a checked manifest, found none')
  return { timeConvention, trainedNoise }
}
