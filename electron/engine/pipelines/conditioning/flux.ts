import type { LatentSize } from '../../../core/runs/adapters.ts'
import type { InstalledPack, TextPackManifest } from '../../../packs/manifest.ts'
import type { Sessions } from '../../sessions.ts'
import { tokensOf } from '../packing.ts'
import type { Condition, Conditioner } from './condition.ts'
import { zeros, type Features } from './features.ts'
import { TextEncoder } from './text-encoder.ts'

/**
 * The pooled feature of CLIP, the hidden states of T5 without a mask, and where each token stands (Black Forest Labs,
 * `prepare`).
 */
export async function fluxConditioner(
  sessions: Sessions,
  pack: InstalledPack<TextPackManifest>,
): Promise<Conditioner> {
  const clip = await TextEncoder.open(sessions, pack, '')
  const t5 = await TextEncoder.open(sessions, pack, '2')
  const condition = async (text: string, latentSize: LatentSize): Promise<Condition> => {
    const { pooled } = await clip.encode(text)
    const { hiddenStates } = await t5.encode(text)
    return {
      perRow: { hiddenStates, pooled },
      shared: { imageIds: imageIds(latentSize), textIds: zeros([t5.tokens, 3]) },
    }
  }
  return { condition, unconditional: (latentSize) => condition('', latentSize) }
}

/** 0, row and column of each token of the packed latents, [tokens, 3]. */
function imageIds(latentSize: LatentSize): Features {
  const { down, across } = tokensOf(latentSize)
  const places = Array.from({ length: down * across }, (_, i) => [0, Math.floor(i / across), i % across])
  return { type: 'float32', data: Float32Array.from(places.flat()), dims: [down * across, 3] }
}
