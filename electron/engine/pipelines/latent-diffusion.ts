/** What every pack that makes images does, whatever tells it what to draw: latents to x-prediction, latents to pictures. */

import { StudioError } from '../../../shared/errors.ts'
import type { DecodeRequest, DenoiseRequest, Engine, LatentSize, RgbImage } from '../../core/runs/adapters.ts'
import type { ImagePackManifest, InstalledPack } from '../../packs/manifest.ts'
import { toPictures } from '../image/pixels.ts'
import { Model } from '../model.ts'
import type { Feed, Feeds, Sessions } from '../sessions.ts'
import { openConditioner } from './conditioning/index.ts'
import type { Condition, Conditioner, Role } from './conditioning/condition.ts'
import { evaluateGradient } from './gradients.ts'
import { fewestRows, repeated, repeatedFeed } from './rows.ts'
import { networkInput, xPrediction, type PredictionRule } from './x-prediction.ts'

/** Inputs of a denoiser by role. */
type DenoiserInputs = { readonly latents: string; readonly timestep: string } & Readonly<
  Partial<Record<Role, string | undefined>>
>

export class LatentDiffusion {
  readonly #sessions: Sessions
  readonly #pack: InstalledPack<ImagePackManifest>
  readonly #manifest: ImagePackManifest
  readonly #denoiser: Model
  readonly #decoder: Model
  readonly #conditioner: Conditioner

  private constructor(
    sessions: Sessions,
    pack: InstalledPack<ImagePackManifest>,
    denoiser: Model,
    decoder: Model,
    conditioner: Conditioner,
  ) {
    this.#sessions = sessions
    this.#pack = pack
    this.#manifest = pack.manifest
    this.#denoiser = denoiser
    this.#decoder = decoder
    this.#conditioner = conditioner
  }

  /** Opens the pack's sessions and tokenizers. */
  static async load(sessions: Sessions, pack: InstalledPack<ImagePackManifest>): Promise<LatentDiffusion> {
    const { denoiser, decoder } = pack.manifest.components
    return new LatentDiffusion(
      sessions,
      pack,
      await Model.open(sessions, pack, 'denoiser', denoiser, denoiser.outputs.prediction),
      await Model.open(sessions, pack, 'decoder', decoder, decoder.outputs.image),
      await openConditioner(sessions, pack),
    )
  }

  /**
   * The x-prediction of each sample. Guidance by a second pass evaluates the network once on a doubled batch, the
   * conditional half before the unconditional one.
   */
  async denoise(
    request: DenoiseRequest,
  ): Promise<{ readonly denoised: Float32Array; readonly forwardPasses: number }> {
    const { guidance, latents, sigmas } = request
    const { denoiser } = this.#manifest.components
    const { feeds, rows, halves, dims } = await this.#denoiserFeeds(request, denoiser.inputs)
    const evaluated = await this.#denoiser.evaluate(feeds, [rows, ...dims])
    const predicted = evaluated.subarray(0, halves * latents.length)
    this.#denoiser.requireFinite(predicted, halves * sigmas.length, sigmas.length)
    return {
      denoised: xPrediction(latents, predicted, sigmas, guidance, this.#rule(latents.length / sigmas.length)),
      forwardPasses: halves,
    }
  }

  /** The gradient of `denoise`, see Engine.denoiseGradient. */
  async denoiseGradient(
    request: Parameters<Engine['denoiseGradient']>[0],
  ): Promise<{ readonly gradient: Float32Array; readonly forwardPasses: number }> {
    const { guidance, latents, sigmas, cotangent } = request
    const { denoiser, denoiserGradient } = this.#manifest.components
    // A pack without this graph is refused below, before anything is fed.
    const inputs = denoiserGradient?.inputs ?? denoiser.inputs
    const { feeds, copies, halves, dims } = await this.#denoiserFeeds(request, inputs)
    const evaluated = await evaluateGradient(
      this.#sessions,
      this.#pack,
      denoiserGradient,
      'denoiserGradient',
      { cotangent, cotangentDims: dims, samples: sigmas.length, copies, feeds, dims },
    )
    const pulled = evaluated.subarray(0, halves * latents.length)
    // x - sigma v is linear in x and in both parts of v: what is pulled back is put together by the same formula.
    const rule = this.#rule(latents.length / sigmas.length)
    return { gradient: xPrediction(cotangent, pulled, sigmas, guidance, rule), forwardPasses: halves }
  }

  /** Latents to pictures, see Engine.decode. */
  async decode({ latents, batch, latentSize }: DecodeRequest): Promise<readonly RgbImage[]> {
    const { width, height } = this.#pictureSize(latentSize)
    const pixels = await this.#decoder.evaluate(
      {
        [this.#manifest.components.decoder.inputs.latents]: this.#decoderFeed(latents, batch, latentSize),
      },
      [batch, 3, height, width],
    )
    this.#decoder.requireFinite(pixels, batch)
    return toPictures(pixels, batch, width, height)
  }

  /** The gradient of `decode`, see Engine.decodeGradient. */
  async decodeGradient({
    latents,
    batch,
    latentSize,
    cotangent,
  }: Parameters<Engine['decodeGradient']>[0]): Promise<Float32Array> {
    const { latents: shape, components } = this.#manifest
    const { decoder, decoderGradient } = components
    const { width, height } = this.#pictureSize(latentSize)
    const copies = Math.ceil(fewestRows / batch)
    const feed = this.#decoderFeed(repeated([latents], copies), copies * batch, latentSize)
    const evaluated = await evaluateGradient(this.#sessions, this.#pack, decoderGradient, 'decoderGradient', {
      cotangent,
      cotangentDims: [3, height, width],
      samples: batch,
      copies,
      feeds: { [(decoderGradient ?? decoder).inputs.latents]: feed },
      dims: feed.dims.slice(1),
    })
    return this.#perChannel(evaluated.subarray(0, latents.length), latentSize, shape.scale)
  }

  /** Latents and levels of a batch, repeated for guidance and for the fewest rows, with what tells what to draw. */
  async #denoiserFeeds(
    { prompt, negativePrompt, guidance, latents, sigmas, timesteps, latentSize }: DenoiseRequest,
    inputs: DenoiserInputs,
  ): Promise<{
    readonly feeds: Feeds
    /** 2 with a second pass, the conditional half first; else 1. */
    readonly halves: number
    readonly copies: number
    readonly rows: number
    /** Of a sample. */
    readonly dims: readonly number[]
  }> {
    const { id, latents: shape, guidanceBy } = this.#manifest
    const batch = sigmas.length
    const dims = [shape.channels, latentSize.height, latentSize.width]
    requireLength(id, latents, [batch, ...dims])
    const halves = guidanceBy === 'second_pass' && guidance !== 1 ? 2 : 1
    const copies = Math.max(halves, Math.ceil(fewestRows / batch))
    const rows = copies * batch
    const seen = networkInput(latents, sigmas, this.#manifest)
    const told = repeated([Float32Array.from(timesteps)], copies)
    const conditions = [await this.#conditioner.condition(prompt, latentSize)]
    if (halves === 2) {
      conditions.push(
        negativePrompt === ''
          ? await this.#conditioner.unconditional(latentSize)
          : await this.#conditioner.condition(negativePrompt, latentSize),
      )
    }
    const feeds: Feeds = {
      [inputs.latents]: { type: 'float32', data: repeated([seen], copies), dims: [rows, ...dims] },
      [inputs.timestep]: { type: 'float32', data: told, dims: [rows] },
      ...conditionFeeds(conditions, rows / halves, inputs),
    }
    return { feeds, halves, copies, rows, dims }
  }

  /** @param size values of a sample */
  #rule(size: number): PredictionRule {
    const { prediction, timeConvention, guidedChannels, latents } = this.#manifest
    const guided = ((guidedChannels ?? latents.channels) * size) / latents.channels
    return { prediction, towardsImage: timeConvention === 'timestep_0_is_noise', guided }
  }

  /** Of the picture that latents of this size become: each latent pixel as large as in the pack's own size. */
  #pictureSize({ height, width }: LatentSize): { readonly height: number; readonly width: number } {
    const { image, latents } = this.#manifest
    return {
      height: (height * image.height) / latents.height,
      width: (width * image.width) / latents.width,
    }
  }

  /** Normalised latents as the decoder reads them. */
  #decoderFeed(latents: Float32Array, batch: number, latentSize: LatentSize): Feed {
    const { id, latents: shape } = this.#manifest
    const dims = [batch, shape.channels, latentSize.height, latentSize.width]
    requireLength(id, latents, dims)
    return {
      type: 'float32',
      data: this.#perChannel(latents, latentSize, shape.scale, shape.shift),
      dims,
    }
  }

  /** Each latent times its channel's factor, plus its channel's shift. */
  #perChannel(
    latents: Float32Array,
    { height, width }: LatentSize,
    scale: readonly number[],
    shift?: readonly number[],
  ): Float32Array {
    const { channels } = this.#manifest.latents
    const plane = height * width
    return latents.map((value, i) => {
      const channel = Math.floor(i / plane) % channels
      return value * (scale[channel] ?? NaN) + (shift === undefined ? 0 : (shift[channel] ?? NaN))
    })
  }
}

/** The inputs that tell what to draw: `rows` rows for each condition, one condition after the other. */
function conditionFeeds(conditions: readonly Condition[], rows: number, inputs: DenoiserInputs): Feeds {
  const feeds: Record<string, Feed> = {}
  const [first] = conditions
  for (const role of Object.keys(first?.perRow ?? {}) as Role[]) {
    const name = inputs[role]
    const parts = conditions.flatMap(({ perRow }) => perRow[role] ?? [])
    if (name !== undefined) feeds[name] = repeatedFeed(parts, rows)
  }
  for (const [role, feed] of Object.entries(first?.shared ?? {})) {
    const name = inputs[role as Role]
    if (name !== undefined) feeds[name] = feed
  }
  return feeds
}

function requireLength(packId: string, latents: Float32Array, dims: readonly number[]): void {
  const expected = dims.reduce((product, dim) => product * dim, 1)
  if (latents.length === expected && expected > 0) return
  throw new StudioError(
    'engine_failed',
    `Pack ${packId}: expected latents of ${dims.join(' x ')} = ${expected} values, found ${latents.length}.`,
  )
}
