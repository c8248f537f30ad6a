import type { InstalledPack, TextPackManifest } from '../../../packs/manifest.ts'
import type { Model } from '../../model.ts'
import type { Sessions } from '../../sessions.ts'
import type { Condition, Conditioner } from './condition.ts'
import { oneAfterOther, sideBySide, widened, zeros } from './features.ts'
import { TextEncoder } from './text-encoder.ts'

/** Tokens of T5 where a pack does without it, as in diffusers' pipeline. */
const tokensWithoutT5 = 256

/**
 * Hidden states of two CLIP encoders side by side, zeros up to the width of T5's, then those of T5; and both pooled
 * features (Esser et al. 2024, "Scaling Rectified Flow Transformers", section 4 and appendix B.3). T5 may be left away: then its
 * place is zeros.
 */
export async function sd3Conditioner(
  sessions: Sessions,
  pack: InstalledPack<TextPackManifest>,
  denoiser: Model,
): Promise<Conditioner> {
  const { components } = pack.manifest
  const first = await TextEncoder.open(sessions, pack, '')
  const second = await TextEncoder.open(sessions, pack, '2')
  const third = components.textEncoder3 === undefined ? null : await TextEncoder.open(sessions, pack, '3')
  const withoutT5 = () =>
    zeros([tokensWithoutT5, denoiser.fixedSize(components.denoiser.inputs.hiddenStates ?? '', 2)])

  const condition = async (text: string): Promise<Condition> => {
    const [one, two] = [await first.encode(text), await second.encode(text)]
    const t5 = third === null ? withoutT5() : (await third.encode(text)).hiddenStates
    const clip = widened(sideBySide(one.hiddenStates, two.hiddenStates), t5.dims[1] ?? 0)
    return {
      perRow: { hiddenStates: oneAfterOther(clip, t5), pooled: oneAfterOther(one.pooled, two.pooled) },
      shared: {},
    }
  }
  return { condition, unconditional: () => condition('') }
}
