import type { LatentSize } from '../../../core/runs/adapters.ts'
import type { InstalledPack, TextPackManifest } from '../../../packs/manifest.ts'
import type { Feed, Sessions } from '../../sessions.ts'
import { pictureSize } from '../picture-size.ts'
import type { Condition, Conditioner } from './condition.ts'
import { sideBySide, zeros } from './features.ts'
import { TextEncoder } from './text-encoder.ts'

/**
 * Hidden states of two encoders side by side, the pooled feature of the second, and the size of the picture (Podell et
 * al. 2023, "SDXL", sections 2.1 and 2.2).
 */
export async function sdxlConditioner(
  sessions: Sessions,
  pack: InstalledPack<TextPackManifest>,
): Promise<Conditioner> {
  const { manifest } = pack
  const first = await TextEncoder.open(sessions, pack, '')
  const second = await TextEncoder.open(sessions, pack, '2')

  /** Height, width, top, left, height, width: of a training picture that was neither resized nor cropped. */
  const timeIds = (latentSize: LatentSize): Feed => {
    const { height, width } = pictureSize(latentSize, manifest)
    return { type: 'float32', data: Float32Array.of(height, width, 0, 0, height, width), dims: [6] }
  }
  const condition = async (text: string, latentSize: LatentSize): Promise<Condition> => {
    const [one, two] = [await first.encode(text), await second.encode(text)]
    const hiddenStates = sideBySide(one.hiddenStates, two.hiddenStates)
    return { perRow: { hiddenStates, pooled: two.pooled, timeIds: timeIds(latentSize) }, shared: {} }
  }
  return {
    condition,
    unconditional: async (latentSize) => {
      const empty = await condition('', latentSize)
      if (!manifest.zerosForEmptyPrompt) return empty
      const { hiddenStates, pooled } = empty.perRow
      const nothing = { hiddenStates: zeros(hiddenStates?.dims ?? []), pooled: zeros(pooled?.dims ?? []) }
      return { ...empty, perRow: { ...empty.perRow, ...nothing } }
    },
  }
}
