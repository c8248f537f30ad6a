/** What the engine process does with each request: keeps the loaded packs and calls their pipelines. */

import { join } from 'node:path'

import { assertNever } from '../../shared/assert-never.ts'
import { StudioError } from '../../shared/errors.ts'
import type { DeviceId } from '../../shared/vocabulary.ts'
import type { EngineInfo } from '../core/runs/adapters.ts'
import type { InstalledPack } from '../packs/manifest.ts'
import { Judge } from './pipelines/judge.ts'
import { LatentDiffusion } from './pipelines/latent-diffusion.ts'
import { Verifier } from './pipelines/verifier.ts'
import { protocolVersion, type EngineRequest, type EngineValue } from './protocol.ts'
import { probeDevice } from './probe.ts'
import { openSessions, parseDevice, type Sessions } from './sessions.ts'

type Pipeline = LatentDiffusion | Verifier | Judge
type Loaded = { readonly sha256: string; readonly pipeline: Pipeline }

/**
 * Answers requests one at a time; the caller waits for an answer before it asks again.
 *
 * @param open makes the sessions of the device, at the first load: a process has one, because what a provider has taken of
 * a graphics processor is surely given back only at its end
 */
export function createInference(
  open: (device: DeviceId) => Sessions = openSessions,
): (request: EngineRequest) => Promise<EngineValue> {
  let begun: { readonly device: DeviceId; readonly sessions: Sessions } | null = null
  const loaded = new Map<string, Loaded>()

  const load = async (sessions: Sessions, pack: InstalledPack): Promise<void> => {
    const { manifest, sha256 } = pack
    if (loaded.get(manifest.id)?.sha256 === sha256) return
    loaded.delete(manifest.id)
    loaded.set(manifest.id, { sha256, pipeline: await openPipeline(sessions, pack) })
  }

  /** The pipeline of a loaded pack; throws `unknown_pack` when it is not loaded, or is of another kind. */
  const pipelineOf = <Kind extends Pipeline>(
    id: string,
    isKind: (pipeline: Pipeline) => pipeline is Kind,
    what: string,
  ): Kind => {
    const pipeline = loaded.get(id)?.pipeline
    if (pipeline !== undefined && isKind(pipeline)) return pipeline
    throw new StudioError('unknown_pack', `Expected ${what} that is loaded, found ${id}. Load it first.`)
  }
  const imagePack = (id: string) =>
    pipelineOf(id, (one) => one instanceof LatentDiffusion, 'a pack that makes images')
  const verifierPack = (id: string) => pipelineOf(id, (one) => one instanceof Verifier, 'a verifier pack')
  const judgePack = (id: string) => pipelineOf(id, (one) => one instanceof Judge, 'a judge')

  return async (request) => {
    const started = performance.now()
    const seconds = (): number => (performance.now() - started) / 1000
    switch (request.kind) {
      case 'hello':
        return { protocol: protocolVersion }
      case 'load': {
        const device = parseDevice(request.device)
        begun ??= { device, sessions: open(device) }
        if (begun.device !== device) {
          const message = `Expected ${begun.device}, on which this engine process began, found ${device}. Start another.`
          throw new StudioError('engine_failed', message)
        }
        const { sessions } = begun
        for (const pack of request.packs) await load(sessions, pack)
        return { ...sessions.info, precision: await precisionOf(sessions, request.packs) }
      }
      case 'probe':
        return probeDevice(parseDevice(request.device))
      case 'denoise': {
        const answer = await imagePack(request.packId).denoise(request)
        return { ...answer, seconds: seconds() }
      }
      case 'decode': {
        const images = await imagePack(request.packId).decode(request)
        return { images, seconds: seconds() }
      }
      case 'embedImages': {
        const features = await verifierPack(request.packId).embedImages(request.images)
        return { features, seconds: seconds() }
      }
      case 'embedText': {
        const embedding = await verifierPack(request.packId).embedText(request.text)
        return { embedding, seconds: seconds() }
      }
      case 'scorePairs': {
        const scores = await verifierPack(request.packId).scorePairs(request.images, request.text)
        return { scores, seconds: seconds() }
      }
      case 'detect': {
        const detections = await judgePack(request.packId).detect(request.images)
        return { detections, seconds: seconds() }
      }
      case 'denoiseGradient': {
        const answer = await imagePack(request.packId).denoiseGradient(request)
        return { ...answer, seconds: seconds() }
      }
      case 'decodeGradient': {
        const gradient = await imagePack(request.packId).decodeGradient(request)
        return { gradient, seconds: seconds() }
      }
      case 'embedImagesGradient': {
        const gradient = await verifierPack(request.packId).embedImagesGradient(request)
        return { gradient, seconds: seconds() }
      }
      case 'scorePairsGradient': {
        const gradient = await verifierPack(request.packId).scorePairsGradient(request)
        return { gradient, seconds: seconds() }
      }
      default:
        return assertNever(request, 'engine request')
    }
  }
}

/** What the denoiser among these packs computes with, as its graph declares its latents. */
async function precisionOf(
  sessions: Sessions,
  packs: readonly InstalledPack[],
): Promise<EngineInfo['precision']> {
  for (const { folder, manifest, sha256 } of packs) {
    if (manifest.kind !== 'text_to_image' && manifest.kind !== 'class_to_image') continue
    const { file, inputs } = manifest.components.denoiser
    const session = await sessions.open(join(folder, file), sha256)
    if (session.inputs.get(inputs.latents)?.type === 'float16') return 'float16'
  }
  return 'float32'
}

async function openPipeline(sessions: Sessions, pack: InstalledPack): Promise<Pipeline> {
  const { manifest } = pack
  switch (manifest.kind) {
    case 'text_to_image':
    case 'class_to_image':
      return LatentDiffusion.load(sessions, { ...pack, manifest })
    case 'verifier':
      return Verifier.load(sessions, { ...pack, manifest })
    case 'judge':
      return Judge.load(sessions, { ...pack, manifest })
    default:
      return assertNever(manifest, 'kind of pack')
  }
}
