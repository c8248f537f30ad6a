import type { InstalledPack, TextPackManifest } from '../../../packs/manifest.ts'
import type { Sessions } from '../../sessions.ts'
import type { Condition, Conditioner } from './condition.ts'
import { TextEncoder } from './text-encoder.ts'

/** The hidden states of one encoder (the bundled packs, SD1.5, SD2, LCM). */
export async function textConditioner(
  sessions: Sessions,
  pack: InstalledPack<TextPackManifest>,
): Promise<Conditioner> {
  const encoder = await TextEncoder.open(sessions, pack, '')
  const condition = async (text: string): Promise<Condition> => {
    const { hiddenStates } = await encoder.encode(text)
    return { perRow: { hiddenStates }, shared: {} }
  }
  return { condition, unconditional: () => condition('') }
}
