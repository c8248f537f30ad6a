/** What every pack that makes images does, whatever tells it what to draw: latents to x-prediction, latents to pictures. */

import { StudioError } from '../../../shared/errors.ts'
import type { DenoiseRequest, Engine, RgbImage } from '../../core/runs/adapters.ts'
import type { ImagePackManifest, InstalledPack } from '../../packs/manifest.ts'
import { toPictures } from '../image/pixels.ts'
import { Model } from '../model.ts'
import type { Feed, Feeds, Sessions } from '../sessions.ts'
import { xPrediction } from './flow.ts'
import { evaluateGradient } from './gradients.ts'
import { fewestRows, repeated } from './rows.ts'

type Batch = Pick<DenoiseRequest, 'guidance' | 'latents' | 'sigmas'>

/**
 * The inputs that tell what to draw, for `rows` conditional rows and, with guidance, as many unconditional ones behind
 * them.
 */
type ConditionFor = (rows: number) => Feeds

export class LatentFlow {
  readonly #sessions: Sessions
  readonly #pack: InstalledPack<ImagePackManifest>
  readonly #manifest: ImagePackManifest
  readonly #denoiser: Model
  readonly #decoder: Model

  private constructor(
    sessions: Sessions,
    pack: InstalledPack<ImagePackManifest>,
    denoiser: Model,
    decoder: Model,
  ) {
    this.#sessions = sessions
    this.#pack = pack
    this.#manifest = pack.manifest
    this.#denoiser = denoiser
    this.#decoder = decoder
  }

  /** Opens the sessions of denoiser and decoder. */
  static async load(sessions: Sessions, pack: InstalledPack<ImagePackManifest>): Promise<LatentFlow> {
    const { denoiser, decoder } = pack.manifest.components
    return new LatentFlow(
      sessions,
      pack,
      await Model.open(sessions, pack, 'denoiser', denoiser, denoiser.outputs.prediction),
      await Model.open(sessions, pack, 'decoder', decoder, decoder.outputs.image),
    )
  }

  /**
   * The x-prediction of each sample. Guidance other than 1 evaluates the network once on a doubled batch, the
   * conditional half before the unconditional one.
   */
  async denoise(
    batch: Batch,
    conditionFor: ConditionFor,
  ): Promise<{ readonly denoised: Float32Array; readonly forwardPasses: number }> {
    const { guidance, latents, sigmas } = batch
    const { denoiser } = this.#manifest.components
    const { feeds, rows, halves, dims } = this.#denoiserFeeds(batch, denoiser.inputs, conditionFor)
    const evaluated = await this.#denoiser.evaluate(feeds, [rows, ...dims])
    const velocity = evaluated.subarray(0, halves * latents.length)
    this.#denoiser.requireFinite(velocity, halves * sigmas.length, sigmas.length)
    return { denoised: xPrediction(latents, velocity, sigmas, guidance), forwardPasses: halves }
  }

  /** The gradient of `denoise`, see Engine.denoiseGradient. */
  async denoiseGradient(
    batch: Batch & { readonly cotangent: Float32Array },
    conditionFor: ConditionFor,
  ): Promise<{ readonly gradient: Float32Array; readonly forwardPasses: number }> {
    const { guidance, latents, sigmas, cotangent } = batch
    const { denoiser, denoiserGradient } = this.#manifest.components
    // A pack without this graph is refused below, before anything is fed.
    const inputs = denoiserGradient?.inputs ?? denoiser.inputs
    const { feeds, copies, halves, dims } = this.#denoiserFeeds(batch, inputs, conditionFor)
    const evaluated = await evaluateGradient(
      this.#sessions,
      this.#pack,
      denoiserGradient,
      'denoiserGradient',
      { cotangent, cotangentDims: dims, samples: sigmas.length, copies, feeds, dims },
    )
    const pulled = evaluated.subarray(0, halves * latents.length)
    // x - sigma v is linear in x and in both parts of v: what is pulled back is put together by the same formula.
    return { gradient: xPrediction(cotangent, pulled, sigmas, guidance), forwardPasses: halves }
  }

  /** Latents [batch, channels, height, width] to pictures. */
  async decode(latents: Float32Array, batch: number): Promise<readonly RgbImage[]> {
    const { image, components } = this.#manifest
    const pixels = await this.#decoder.evaluate(
      { [components.decoder.inputs.latents]: this.#decoderFeed(latents, batch) },
      [batch, 3, image.height, image.width],
    )
    this.#decoder.requireFinite(pixels, batch)
    return toPictures(pixels, batch, image.width, image.height)
  }

  /** The gradient of `decode`, see Engine.decodeGradient. */
  async decodeGradient({
    latents,
    batch,
    cotangent,
  }: Parameters<Engine['decodeGradient']>[0]): Promise<Float32Array> {
    const { image, latents: shape, components } = this.#manifest
    const { decoder, decoderGradient } = components
    const copies = Math.ceil(fewestRows / batch)
    const feed = this.#decoderFeed(repeated([latents], copies), copies * batch)
    const evaluated = await evaluateGradient(this.#sessions, this.#pack, decoderGradient, 'decoderGradient', {
      cotangent,
      cotangentDims: [3, image.height, image.width],
      samples: batch,
      copies,
      feeds: { [(decoderGradient ?? decoder).inputs.latents]: feed },
      dims: feed.dims.slice(1),
    })
    return this.#perChannel(evaluated.subarray(0, latents.length), shape.scale)
  }

  /** Latents and levels of a batch, repeated for guidance and for the fewest rows, with what tells what to draw. */
  #denoiserFeeds(
    { guidance, latents, sigmas }: Batch,
    inputs: { readonly latents: string; readonly timestep: string },
    conditionFor: ConditionFor,
  ): {
    readonly feeds: Feeds
    /** 2 with guidance, the conditional half first; else 1. */
    readonly halves: number
    readonly copies: number
    readonly rows: number
    /** Of a sample. */
    readonly dims: readonly number[]
  } {
    const { id, latents: shape } = this.#manifest
    const batch = sigmas.length
    const dims = [shape.channels, shape.height, shape.width]
    requireLength(id, latents, [batch, ...dims])
    const halves = guidance === 1 ? 1 : 2
    const copies = Math.max(halves, Math.ceil(fewestRows / batch))
    const rows = copies * batch
    const levels = repeated([Float32Array.from(sigmas)], copies)
    const feeds: Feeds = {
      [inputs.latents]: { type: 'float32', data: repeated([latents], copies), dims: [rows, ...dims] },
      [inputs.timestep]: { type: 'float32', data: levels, dims: [rows] },
      ...conditionFor(rows / halves),
    }
    return { feeds, halves, copies, rows, dims }
  }

  /** Normalised latents as the decoder reads them. */
  #decoderFeed(latents: Float32Array, batch: number): Feed {
    const { id, latents: shape } = this.#manifest
    const dims = [batch, shape.channels, shape.height, shape.width]
    requireLength(id, latents, dims)
    return { type: 'float32', data: this.#perChannel(latents, shape.scale, shape.shift), dims }
  }

  /** Each latent times its channel's factor, plus its channel's shift. */
  #perChannel(latents: Float32Array, scale: readonly number[], shift?: readonly number[]): Float32Array {
    const { channels, height, width } = this.#manifest.latents
    const plane = height * width
    return latents.map((value, i) => {
      const channel = Math.floor(i / plane) % channels
      return value * (scale[channel] ?? NaN) + (shift === undefined ? 0 : (shift[channel] ?? NaN))
    })
  }
}

function requireLength(packId: string, latents: Float32Array, dims: readonly number[]): void {
  const expected = dims.reduce((product, dim) => product * dim, 1)
  if (latents.length === expected && expected > 0) return
  throw new StudioError(
    'engine_failed',
    `Pack ${packId}: expected latents of ${dims.join(' x ')} = ${expected} values, found ${latents.length}.`,
  )
}
