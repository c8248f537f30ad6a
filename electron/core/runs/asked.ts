import type { RunSpec } from '../../../shared/run-spec.ts'
import type { ImagePackManifest } from '../../packs/manifest.ts'
import type { Asked } from './adapters.ts'

/** What a run asks of its pack at every evaluation. */
export function askedOf(
  { prompt, negativePrompt, guidance }: Pick<RunSpec, 'prompt' | 'negativePrompt' | 'guidance'>,
  { id, latents: { height, width } }: Pick<ImagePackManifest, 'id' | 'latents'>,
): Asked {
  return { packId: id, prompt, negativePrompt, guidance, latentSize: { height, width } }
}
