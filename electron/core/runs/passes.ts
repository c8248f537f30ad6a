import type { RunSpec } from '../../../shared/run-spec.ts'
import type { ImagePackManifest } from '../../packs/manifest.ts'

/**
 * Forward passes of the network in one evaluation of the denoiser: classifier-free guidance takes two and counts as one
 * evaluation (METHOD, section 6); a network that is told the scale, or needs none, takes one.
 */
export function forwardPassesPerNfe(
  { guidance }: Pick<RunSpec, 'guidance'>,
  { guidanceBy }: Pick<ImagePackManifest, 'guidanceBy'>,
): 1 | 2 {
  return guidanceBy === 'second_pass' && guidance !== 1 ? 2 : 1
}

/** GFLOP of one forward pass; 0 where nobody has counted them, as in packs that were imported. */
export function gflopPerForward({ components }: Pick<ImagePackManifest, 'components'>): number {
  return components.denoiser.gflopPerForward ?? 0
}
