/**
 * The trial run of a model that nobody vouches for: an engine process of its own, thrown away afterwards, with a
 * deadline and an eye on its memory. A crash, a hang or a flood there costs nothing but the import.
 */

import { assertNever } from '../../shared/assert-never.ts'
import { StudioError, toErrorData } from '../../shared/errors.ts'
import { defaultShift } from '../../shared/run-spec.ts'
import { createEngineClient, type EnginePort, type LaunchEngine } from '../engine/engine-client.ts'
import { forkEngine } from '../engine/engine-port.ts'
import type {
  ImagePackManifest,
  InstalledPack,
  JudgePackManifest,
  VerifierPackManifest,
} from '../packs/manifest.ts'
import { gaussian } from './diffusion/noise.ts'
import { followPath, pathStart, type PathRule } from './diffusion/path.ts'
import type { Engine, ImageFeatures, LatentSize, RgbImage } from './runs/adapters.ts'
import { pathRule } from './runs/path-rule.ts'
import { usualMemoryLimit, watchTrial } from './trial-bounds.ts'

/** What a trial run measured. */
export type TrialReport = {
  /** Seconds of loading all sessions, from the start of the process. */
  readonly loadSeconds: number
  /** Seconds of a picture in three steps, at the smallest size that the pack takes, or of scoring two pictures. */
  readonly runSeconds: number
  /** Largest resident memory of the process, in bytes; null where the system does not tell. */
  readonly peakBytes: number | null
  /** Latents [channels, height, width] with the pictures that the decoder made of them; none of a verifier pack. */
  readonly decoded: readonly { readonly latents: Float32Array; readonly picture: RgbImage }[]
}

export type TrialOptions = {
  readonly launch?: LaunchEngine
  /** Of the whole trial, in milliseconds. */
  readonly deadlineMs?: number
  /** Resident memory at which the process is ended, in bytes. */
  readonly memoryLimit?: number
  readonly signal?: AbortSignal
}

/** Reading tens of gigabytes from a slow disk takes minutes; one evaluation at the smallest size does not. */
const usualDeadlineMs = 15 * 60_000
/** High, middle and low levels of noise: some models fail only at some of them. */
const trialSteps = 3
/** Latents beside those of the sampled picture that the preview is fitted to. */
const previewSamples = 2

/**
 * Loads a pack in a fresh engine process, makes a picture with it or scores two, checks what comes out, and ends the
 * process however that goes.
 *
 * @param pack staged or installed; its manifest has been checked
 * @throws `engine_stalled` past the deadline, `out_of_memory` at the limit, `engine_failed` for what the runtime refuses,
 * `engine_died`, `pack_invalid` for wrong names and shapes, `model_output_invalid` for numbers that are not finite,
 * `cancelled`
 */
export async function trialRun(pack: InstalledPack, options: TrialOptions = {}): Promise<TrialReport> {
  const { launch = forkEngine, deadlineMs = usualDeadlineMs, memoryLimit = usualMemoryLimit() } = options
  let port: EnginePort | undefined
  const engine = createEngineClient({
    launch: (entry) => (port = launch(entry)),
    // The deadline is of the whole trial, and its end says more than that of one call.
    deadlineFloor: () => 2 * deadlineMs,
  })
  const bounds = watchTrial(() => port?.pid, { deadlineMs, memoryLimit, signal: options.signal })
  try {
    const found = await Promise.race([tryOut(engine, pack), bounds.exceeded])
    return { ...found, peakBytes: bounds.peakBytes() }
  } finally {
    bounds.end()
    await engine.stop()
  }
}

type Found = Omit<TrialReport, 'peakBytes'>

async function tryOut(engine: Engine, pack: InstalledPack): Promise<Found> {
  const started = performance.now()
  await engine.load([pack]).catch(failed('while it was loaded'))
  const loaded = performance.now()
  const decoded = await runOnce(engine, pack).catch(failed('while it worked'))
  const ended = performance.now()
  return { loadSeconds: (loaded - started) / 1000, runSeconds: (ended - loaded) / 1000, decoded }
}

/** Says when a fault came up, and where else than in the pack that nobody has seen yet it may come from. */
function failed(when: string): (error: unknown) => never {
  return (error) => {
    const { code, message, detail } = toErrorData(error)
    const isMisfit = code === 'pack_invalid' || code === 'engine_failed'
    const why = isMisfit ? ' A part of the folder, or a configuration in it, may be of another model.' : ''
    throw new StudioError(code, `Its trial run failed ${when}. ${message}${why}`, {
      ...(detail === undefined ? {} : { detail }),
      cause: error,
    })
  }
}

async function runOnce(engine: Engine, { manifest }: InstalledPack): Promise<TrialReport['decoded']> {
  switch (manifest.kind) {
    case 'text_to_image':
    case 'class_to_image':
      return makePictures(engine, manifest)
    case 'verifier':
      await scorePictures(engine, manifest)
      return []
    case 'judge':
      await detectOnce(engine, manifest)
      return []
    default:
      return assertNever(manifest, 'kind of pack')
  }
}

/** Samples the prompt in a few steps, from pure noise to the image, and decodes it and other latents. */
async function makePictures(engine: Engine, manifest: ImagePackManifest): Promise<TrialReport['decoded']> {
  const { defaults } = manifest
  const { size, latentSize } = smallest(manifest)
  const { channels } = manifest.latents
  const steps = Math.min(trialSteps, defaults.steps)
  const rule = trialRule({ ...manifest, latents: { ...manifest.latents, ...latentSize } }, steps)
  const length = channels * latentSize.height * latentSize.width
  const noise = gaussian('1', { stream: 0, purpose: 'starting noise' }, length)
  const asked = { packId: manifest.id, latentSize }
  const path = followPath([{ kind: 'steps', to: steps, stream: 0 }], 0, pathStart(noise, rule), rule)
  let next = path.next()
  while (next.done !== true) {
    const { x, sigma } = next.value
    const { denoised } = await engine.denoise({
      ...asked,
      prompt: manifest.kind === 'class_to_image' ? (manifest.classes[0] ?? '') : 'a photograph',
      negativePrompt: '',
      guidance: defaults.guidance,
      latents: Float32Array.from(x),
      sigmas: [sigma],
      timesteps: [rule.timestepAt(sigma)],
    })
    requireFinite(denoised, length, 'The denoiser')
    next = path.next(denoised)
  }
  const others = Array.from({ length: previewSamples }, (_, i) => smooth(i, channels, latentSize))
  const samples = [next.value.picture, ...others]
  const decoded: { latents: Float32Array; picture: RgbImage }[] = []
  for (const latents of samples) {
    const { images } = await engine.decode({ ...asked, latents, batch: 1 })
    const [picture] = images
    if (picture?.width !== size.width || picture.height !== size.height) {
      const found = picture === undefined ? 'nothing' : `${picture.width} x ${picture.height}`
      throw invalid(`The decoder gave ${found} where ${size.width} x ${size.height} pixels were expected`)
    }
    decoded.push({ latents, picture })
  }
  return decoded
}

/** @throws `pack_invalid` where the noise of a pack's training has no levels to sample on */
function trialRule(manifest: ImagePackManifest, steps: number): PathRule {
  const { defaults } = manifest
  const shift = defaults.shift ?? defaultShift
  try {
    return pathRule({ ...defaults, shift, generator: 'philox4x32-10', seed: '1' }, manifest, steps)
  } catch (error) {
    const { message } = toErrorData(error)
    throw new StudioError(
      'pack_invalid',
      `The noise that scheduler_config.json describes cannot be sampled in ${steps} steps: ${message}. Download that file again.`,
      { cause: error },
    )
  }
}

/** The smallest size that a pack takes: what does not work there will not work larger. */
function smallest({ image, latents, sizes }: ImagePackManifest): {
  readonly size: { readonly width: number; readonly height: number }
  readonly latentSize: LatentSize
} {
  const side = sizes === undefined ? 0 : Math.ceil(sizes.least / sizes.multipleOf) * sizes.multipleOf
  const size =
    sizes === undefined ? { width: image.width, height: image.height } : { width: side, height: side }
  return {
    size,
    latentSize: {
      height: Math.round((size.height * latents.height) / image.height),
      width: Math.round((size.width * latents.width) / image.width),
    },
  }
}

/** Latents as pictures have them, large areas and small: noise at several scales, of variance 1 together. */
function smooth(sample: number, channels: number, { height, width }: LatentSize): Float32Array {
  const scales = [1, 2, 4, 8]
  const noises = scales.map((_, i) =>
    gaussian(
      '2',
      { stream: sample * scales.length + i, purpose: 'starting noise' },
      channels * height * width,
    ),
  )
  return Float32Array.from({ length: channels * height * width }, (_, index) => {
    const x = index % width
    const y = Math.floor(index / width) % height
    const plane = index - x - y * width
    return scales.reduce((sum, scale, i) => {
      const corner = plane + Math.floor(y / scale) * width + Math.floor(x / scale)
      return sum + (noises[i]?.[corner] ?? 0) / Math.sqrt(scales.length)
    }, 0)
  })
}

/** Two pictures of different colours through every tower that the pack has. */
async function scorePictures(engine: Engine, manifest: VerifierPackManifest): Promise<void> {
  const { id: packId, components, image, promptPrefix } = manifest
  const text = `${promptPrefix}a photograph`
  // Of another shape where the pack brings pictures to its own, so that this is tried as well.
  const [width, height] = image.resize === undefined ? [image.width, image.height] : [70, 50]
  const images = [1, 2].map((colour) => stripes(width, height, colour))
  let embedding: number | undefined
  if (components.imageTower !== undefined) {
    const { features } = await engine.embedImages({ packId, images })
    if (features.length !== 2)
      throw invalid(`The image tower gave ${features.length} features for 2 pictures`)
    const outputs = Object.keys(components.imageTower.outputs) as (keyof ImageFeatures)[]
    for (const name of outputs) {
      if (features.every((one) => one[name] !== null)) continue
      throw invalid(`The image tower gave numbers that are not finite as ${name}`)
    }
    embedding = features[0]?.embedding?.length
  }
  if (components.textTower !== undefined) {
    const found = (await engine.embedText({ packId, text })).embedding
    requireFinite(found, embedding ?? found.length, 'The text tower')
  }
  if (components.pairTower !== undefined) {
    const { scores } = await engine.scorePairs({ packId, images, text })
    if (scores.length !== 2 || scores.includes(null)) {
      throw invalid('The pair tower gave numbers that are not finite')
    }
  }
}

async function detectOnce(engine: Engine, { id: packId, image }: JudgePackManifest): Promise<void> {
  const { detections } = await engine.detect({ packId, images: [stripes(image.width, image.height, 1)] })
  if (detections[0] === null) throw invalid('The detector gave numbers that are not finite')
}

function stripes(width: number, height: number, colour: number): RgbImage {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7 * colour) % 256)
  return { width, height, data }
}

function requireFinite(values: Float32Array, length: number, who: string): void {
  if (values.length !== length)
    throw invalid(`${who} gave ${values.length} numbers where ${length} were expected`)
  if (!values.every(Number.isFinite)) throw invalid(`${who} gave numbers that are not finite`)
}

function invalid(what: string): StudioError {
  return new StudioError(
    'model_output_invalid',
    `${what} in the trial run. Export the model again, in float32 if it was float16.`,
  )
}
