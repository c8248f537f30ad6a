import { forwardPassesPerNfe } from '../../../shared/plan.ts'
import type { RunSpec } from '../../../shared/run-spec.ts'
import type { ImagePackManifest } from '../../packs/manifest.ts'

/** Forward passes of a pack's network in one evaluation: two only where guidance is a second pass. */
export function passesPerNfe(
  spec: Pick<RunSpec, 'guidance'>,
  { guidanceBy }: Pick<ImagePackManifest, 'guidanceBy'>,
): number {
  return guidanceBy === 'second_pass' ? forwardPassesPerNfe(spec) : 1
}

/** GFLOP of one forward pass; 0 where nobody has counted them, as in packs that were imported. */
export function gflopPerForward({ components }: Pick<ImagePackManifest, 'components'>): number {
  return components.denoiser.gflopPerForward ?? 0
}
