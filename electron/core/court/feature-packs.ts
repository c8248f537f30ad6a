/** Packs whose image towers say what a picture looks like: for distances between pictures, and for the artist's eye. */

import { StudioError } from '../../../shared/errors.ts'
import type { VerifierId } from '../../../shared/vocabulary.ts'
import type { InstalledPack, VerifierPackManifest } from '../../packs/manifest.ts'
import type { PackFolders } from '../../packs/read-packs.ts'
import type { PictureSize } from './judges.ts'

/**
 * Verifiers whose packs have such a tower. DINO first: its features were learned from pictures alone, so that near ones
 * look alike (Caron et al. 2021, section 4.2); the others were learned with captions or preferences.
 */
const order: readonly VerifierId[] = [
  ...(['dino_self', 'siglip_self', 'clip_score', 'pick_score', 'hps_score'] as const),
  ...(['clip_self', 'siglip_score', 'clip_zero_shot', 'dino_linear'] as const),
]

/**
 * Installed packs whose image tower gives an embedding and takes pictures of all of these sizes, each once, the first
 * the best for distances.
 *
 * @throws `bad_input` where there is none
 */
export async function featurePacks(
  packs: PackFolders,
  sizes: readonly PictureSize[],
): Promise<readonly [InstalledPack<VerifierPackManifest>, ...InstalledPack<VerifierPackManifest>[]]> {
  const found = new Map<string, InstalledPack<VerifierPackManifest>>()
  for (const verifier of order) {
    const pack = await packs.openVerifierPack(verifier, sizes[0]).catch((error: unknown) => {
      // A damaged pack is told where packs are listed.
      if (error instanceof StudioError) return null
      throw error
    })
    if (pack?.manifest.components.imageTower?.outputs.embedding === undefined) continue
    const { image } = pack.manifest
    const fits = sizes.every(({ width, height }) => width === image.width && height === image.height)
    if (fits || image.resize !== undefined) found.set(pack.sha256, pack)
  }
  const [first, ...others] = found.values()
  if (first !== undefined) return [first, ...others]
  const all = [...new Set(sizes.map(({ width, height }) => `${width} x ${height}`))].join(', ')
  throw new StudioError(
    'bad_input',
    `Expected a verifier pack with image features that takes pictures of ${all}, found none. Import a CLIP, SigLIP or DINO model, which take pictures of any size.`,
  )
}
