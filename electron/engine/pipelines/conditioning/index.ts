/** The conditioner of a pack that makes images. */

import { StudioError } from '../../../../shared/errors.ts'
import type { ImagePackManifest, InstalledPack } from '../../../packs/manifest.ts'
import type { Sessions } from '../../sessions.ts'
import { classLabelConditioner } from './class-label.ts'
import type { Conditioner } from './condition.ts'
import { textConditioner } from './text.ts'

/** Opens what a pack's texts are read with. */
export async function openConditioner(
  sessions: Sessions,
  pack: InstalledPack<ImagePackManifest>,
): Promise<Conditioner> {
  const { manifest } = pack
  if (manifest.kind === 'class_to_image') return classLabelConditioner(manifest)
  switch (manifest.conditioning) {
    case 'text':
      return textConditioner(sessions, { ...pack, manifest })
    default:
      throw new StudioError('pack_invalid', `Pack ${manifest.id}: ${manifest.conditioning}`)
  }
}
