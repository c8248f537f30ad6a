import type { RunSpec } from '../../../shared/run-spec.ts'
import type { ImagePackManifest } from '../../packs/manifest.ts'
import type { PathRule } from '../diffusion/path.ts'
import { scheduleById } from '../diffusion/schedules.ts'

/** Latent pixels a side that a flow transformer takes as one token (FLUX, and the bundled packs). */
const patch = 2

/** What a candidate of a run is sampled with: the run's sampler on the run's schedule of so many steps. */
export function pathRule(
  { sampler, schedule, shift, seed }: Pick<RunSpec, 'sampler' | 'schedule' | 'shift' | 'seed'>,
  { latents: { height, width } }: Pick<ImagePackManifest, 'latents'>,
  steps: number,
): PathRule {
  const tokens = (height / patch) * (width / patch)
  return { sampler, sigmas: scheduleById[schedule](steps, { shift, tokens }), form: 'flow', seed }
}
