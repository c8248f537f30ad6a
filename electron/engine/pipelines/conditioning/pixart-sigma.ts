import type { InstalledPack, TextPackManifest } from '../../../packs/manifest.ts'
import type { Sessions } from '../../sessions.ts'
import type { Condition, Conditioner } from './condition.ts'
import { TextEncoder } from './text-encoder.ts'

/**
 * The hidden states of T5 with the mask of the text's own tokens (Chen et al. 2024, "PixArt-Sigma"). Texts are read in
 * lower case, as its pipelines do. Their further cleaning of captions (`clean_caption`: web addresses, HTML, odd
 * punctuation) is not done: it is off in diffusers unless asked for.
 */
export async function pixartSigmaConditioner(
  sessions: Sessions,
  pack: InstalledPack<TextPackManifest>,
): Promise<Conditioner> {
  const encoder = await TextEncoder.open(sessions, pack, '')
  const condition = async (text: string): Promise<Condition> => {
    const { hiddenStates, attentionMask } = await encoder.encode(text.toLowerCase().trim())
    return { perRow: { hiddenStates, attentionMask }, shared: {} }
  }
  return { condition, unconditional: () => condition('') }
}
