/** What the engine process does with each request: keeps the loaded packs and calls their pipelines. */

import { assertNever } from '../../shared/assert-never.ts'
import { StudioError } from '../../shared/errors.ts'
import type { InstalledPack } from '../packs/manifest.ts'
import { TextToImage } from './pipelines/text-to-image.ts'
import { Verifier } from './pipelines/verifier.ts'
import { protocolVersion, type EngineRequest, type EngineValue } from './protocol.ts'
import { openSessions, parseDevice, type Device, type Sessions } from './sessions.ts'

type Loaded = { readonly sha256: string; readonly pipeline: TextToImage | Verifier }

/**
 * Answers requests one at a time; the caller waits for an answer before it asks again.
 *
 * @param open makes the sessions of a device, at the first load that names it
 */
export function createInference(
  open: (device: Device) => Sessions = openSessions,
): (request: EngineRequest) => Promise<EngineValue> {
  const sessionsOf = new Map<Device, Sessions>()
  const loaded = new Map<string, Loaded>()

  const load = async (sessions: Sessions, pack: InstalledPack): Promise<void> => {
    const { manifest, sha256 } = pack
    if (loaded.get(manifest.id)?.sha256 === sha256) return
    loaded.delete(manifest.id)
    const pipeline =
      manifest.kind === 'text_to_image'
        ? await TextToImage.load(sessions, { ...pack, manifest })
        : await Verifier.load(sessions, { ...pack, manifest })
    loaded.set(manifest.id, { sha256, pipeline })
  }

  const imagePack = (id: string): TextToImage => {
    const pipeline = loaded.get(id)?.pipeline
    if (pipeline instanceof TextToImage) return pipeline
    throw new StudioError(
      'unknown_pack',
      `Expected a text-to-image pack that is loaded, found ${id}. Load it first.`,
    )
  }

  const verifierPack = (id: string): Verifier => {
    const pipeline = loaded.get(id)?.pipeline
    if (pipeline instanceof Verifier) return pipeline
    throw new StudioError(
      'unknown_pack',
      `Expected a verifier pack that is loaded, found ${id}. Load it first.`,
    )
  }

  return async (request) => {
    const started = performance.now()
    const seconds = (): number => (performance.now() - started) / 1000
    switch (request.kind) {
      case 'hello':
        return { protocol: protocolVersion }
      case 'load': {
        const device = parseDevice(request.device)
        const sessions = sessionsOf.get(device) ?? open(device)
        sessionsOf.set(device, sessions)
        for (const pack of request.packs) await load(sessions, pack)
        return sessions.info
      }
      case 'denoise': {
        const answer = await imagePack(request.packId).denoise(request)
        return { ...answer, seconds: seconds() }
      }
      case 'decode': {
        const images = await imagePack(request.packId).decode(request.latents, request.batch)
        return { images, seconds: seconds() }
      }
      case 'embedImages': {
        const embeddings = await verifierPack(request.packId).embedImages(request.images)
        return { embeddings, seconds: seconds() }
      }
      case 'embedText': {
        const embedding = await verifierPack(request.packId).embedText(request.text)
        return { embedding, seconds: seconds() }
      }
      default:
        return assertNever(request, 'engine request')
    }
  }
}
