/** How fast the models are here: a step in batches of several sizes, a decode, a score. */

import { createEngineClient } from '../../electron/engine/engine-client.ts'
import { PackFolders } from '../../electron/packs/read-packs.ts'
import { median, note, packFolders, prompt, rounded, secondsOf } from './common.ts'

const steps = 20
const batches = [1, 2, 4, 8]
const repeats = 15

/** Medians, in seconds. */
export async function measureLatencies(): Promise<Record<string, unknown>> {
  const packs = new PackFolders(packFolders)
  const [summary] = (await packs.summaries()).filter((one) => one.kind === 'text_to_image')
  const pack = await packs.openImagePack(summary?.id ?? '')
  const verifierPack = await packs.openVerifierPack('clip_score')
  const packId = pack.manifest.id
  const { channels, height, width } = pack.manifest.latents
  const { guidance } = pack.manifest.defaults
  const size = channels * height * width
  const engine = createEngineClient()
  const usual = async (work: () => Promise<unknown>): Promise<number> => {
    const seconds: number[] = []
    for (let i = 0; i < repeats; i++) seconds.push(await secondsOf(work))
    return rounded(median(seconds), 5)
  }
  try {
    const load = await secondsOf(() => engine.load([pack, verifierPack]))
    const latents = Float32Array.from({ length: 8 * size }, (_, i) => Math.sin(i * i))
    const stepSeconds: Record<string, number> = {}
    for (const batch of batches) {
      const request = {
        packId,
        prompt,
        negativePrompt: '',
        guidance,
        latentSize: { height, width },
        latents: latents.slice(0, batch * size),
        sigmas: Array<number>(batch).fill(0.5),
        timesteps: Array<number>(batch).fill(0.5),
      }
      stepSeconds[`batch${batch}`] = await usual(() => engine.denoise(request))
      note(`step of ${batch}: ${stepSeconds[`batch${batch}`]} s`)
    }
    const one = { packId, latentSize: { height, width }, latents: latents.slice(0, size), batch: 1 }
    const { images } = await engine.decode(one)
    const judge = { packId: verifierPack.manifest.id, images }
    const decodeSeconds = await usual(() => engine.decode(one))
    const scoreSeconds = await usual(() => engine.embedImages(judge))
    return {
      processStartAndSessionLoadSeconds: rounded(load),
      guidance,
      stepSeconds,
      decodeSeconds,
      scoreSeconds,
      imageSeconds: rounded(steps * (stepSeconds['batch1'] ?? NaN) + decodeSeconds + scoreSeconds),
    }
  } finally {
    await engine.stop()
  }
}
