/** The conditioner of a pack that makes images. */

import { assertNever } from '../../../../shared/assert-never.ts'
import type { ImagePackManifest, InstalledPack } from '../../../packs/manifest.ts'
import type { Model } from '../../model.ts'
import type { Sessions } from '../../sessions.ts'
import { classLabelConditioner } from './class-label.ts'
import type { Conditioner } from './condition.ts'
import { fluxConditioner } from './flux.ts'
import { pixartSigmaConditioner } from './pixart-sigma.ts'
import { sd3Conditioner } from './sd3.ts'
import { sdxlConditioner } from './sdxl.ts'
import { textConditioner } from './text.ts'

/** Opens what a pack's texts are read with, for the graph that takes their features. */
export async function openConditioner(
  sessions: Sessions,
  pack: InstalledPack<ImagePackManifest>,
  denoiser: Model,
): Promise<Conditioner> {
  const { manifest } = pack
  if (manifest.kind === 'class_to_image') return classLabelConditioner(manifest)
  const textPack = { ...pack, manifest }
  switch (manifest.conditioning) {
    case 'text':
      return textConditioner(sessions, textPack)
    case 'sdxl':
      return sdxlConditioner(sessions, textPack)
    case 'sd3':
      return sd3Conditioner(sessions, textPack, denoiser)
    case 'flux':
      return fluxConditioner(sessions, textPack)
    case 'pixart_sigma':
      return pixartSigmaConditioner(sessions, textPack)
    default:
      return assertNever(manifest.conditioning, 'conditioning')
  }
}
