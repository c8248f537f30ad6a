/** What every pack that makes images does, whatever tells it what to draw: latents to x-prediction, latents to pictures. */

import { StudioError } from '../../../shared/errors.ts'
import { largePicture } from '../../../shared/memory.ts'
import type { DecodeRequest, DenoiseRequest, Engine, LatentSize, RgbImage } from '../../core/runs/adapters.ts'
import { forwardPassesPerNfe } from '../../core/runs/passes.ts'
import type { ImagePackManifest, InstalledPack } from '../../packs/manifest.ts'
import { toPictures } from '../image/pixels.ts'
import { takesOne } from '../fit-feed.ts'
import { Model } from '../model.ts'
import type { Feed, Feeds, Sessions } from '../sessions.ts'
import { openConditioner } from './conditioning/index.ts'
import type { Condition, Conditioner, Role } from './conditioning/condition.ts'
import { evaluateGradient } from './gradients.ts'
import { guidanceEmbedding } from './guidance-embedding.ts'
import { packed, tokensOf, unpacked } from './packing.ts'
import { pictureSize } from './picture-size.ts'
import { evaluations, fewestRows, repeated, repeatedFeed, rowsOfFeed, rowsOfValue } from './rows.ts'
import { networkInput, xPrediction, type PredictionRule } from './x-prediction.ts'

/** Inputs of a denoiser by role. */
type DenoiserInputs = { readonly latents: string; readonly timestep: string } & Readonly<
  Partial<Record<Role | 'guidance' | 'timestepCond', string | undefined>>
>

/** What a batch is evaluated with. */
type DenoiserFeeds = {
  /** The first axis of each is the batch. */
  readonly perRow: Feeds
  /** The same for all rows. */
  readonly shared: Feeds
  /** What each row's network is told of its noise level. */
  readonly told: readonly number[]
}

/** SDXL's decoder reaches numbers beyond those of half precision; the whole picture is NaN then. */
const decoderAdvice =
  "A decoder in half precision overflows with some models, SDXL's among them: import the model with a decoder in full precision. If it is, the pack is at fault."

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
    const model = await Model.open(sessions, pack, 'denoiser', denoiser, denoiser.outputs.prediction)
    return new LatentDiffusion(
      sessions,
      pack,
      model,
      await Model.open(sessions, pack, 'decoder', decoder, decoder.outputs.image),
      await openConditioner(sessions, pack, model),
    )
  }

  /**
   * The x-prediction of each sample. Guidance by a second pass evaluates the network on a doubled batch, the
   * conditional half before the unconditional one; at once, unless the graph's own batch is smaller or it takes one
   * timestep for all rows and the samples stand at several.
   */
  async denoise(
    request: DenoiseRequest,
  ): Promise<{ readonly denoised: Float32Array; readonly forwardPasses: number }> {
    const { guidance, latents, sigmas, latentSize } = request
    const halves = forwardPassesPerNfe(request, this.#manifest)
    const { inputs } = this.#manifest.components.denoiser
    const feeds = await this.#denoiserFeeds(request, inputs, halves)
    const predicted = new Float32Array(halves * latents.length)
    const size = latents.length / sigmas.length
    for (const rows of this.#evaluations(feeds.told, inputs)) {
      const values = await this.#predict(feeds, rows, latentSize)
      rows.forEach((row, i) => predicted.set(values.subarray(i * size, (i + 1) * size), row * size))
    }
    this.#denoiser.requireFinite(predicted, halves * sigmas.length, (row) => row % sigmas.length)
    return {
      denoised: xPrediction(latents, predicted, sigmas, guidance, this.#rule(size)),
      forwardPasses: halves,
    }
  }

  /** The gradient of `denoise`, see Engine.denoiseGradient. */
  async denoiseGradient(
    request: Parameters<Engine['denoiseGradient']>[0],
  ): Promise<{ readonly gradient: Float32Array; readonly forwardPasses: number }> {
    const { guidance, latents, sigmas, latentSize, cotangent } = request
    const { denoiser, denoiserGradient } = this.#manifest.components
    // A pack without this graph is refused below, before anything is fed.
    const inputs = denoiserGradient?.inputs ?? denoiser.inputs
    const halves = forwardPassesPerNfe(request, this.#manifest)
    const copies = Math.max(halves, Math.ceil(fewestRows / sigmas.length))
    const { perRow, shared } = await this.#denoiserFeeds(request, inputs, copies)
    const dims = this.#latentDims(latentSize)
    const evaluated = await evaluateGradient(
      this.#sessions,
      this.#pack,
      denoiserGradient,
      'denoiserGradient',
      {
        ...{ cotangent, cotangentDims: dims, samples: sigmas.length, copies, dims },
        feeds: { ...perRow, ...shared },
      },
    )
    const pulled = evaluated.subarray(0, halves * latents.length)
    // x - sigma v is linear in x and in both parts of v: what is pulled back is put together by the same formula.
    const rule = this.#rule(latents.length / sigmas.length)
    return { gradient: xPrediction(cotangent, pulled, sigmas, guidance, rule), forwardPasses: halves }
  }

  /** Latents to pictures, see Engine.decode. */
  async decode({ latents, batch, latentSize }: DecodeRequest): Promise<readonly RgbImage[]> {
    const { width, height } = pictureSize(latentSize, this.#manifest)
    const { inputs } = this.#manifest.components.decoder
    const feed = this.#decoderFeed(latents, batch, latentSize)
    const own = this.#decoder.fixedBatch(inputs.latents)
    const together = own ?? (width * height >= largePicture ? 1 : batch)
    const pictures: RgbImage[] = []
    for (const rows of evaluations([...Array(batch).keys()], together, own ?? 1)) {
      const dims = [rows.length, 3, height, width]
      const pixels = await this.#decoder.evaluate({ [inputs.latents]: rowsOfFeed(feed, rows) }, dims)
      this.#decoder.requireFinite(pixels, rows.length, (row) => rows[row] ?? NaN, decoderAdvice)
      pictures.push(...toPictures(pixels, rows.length, width, height))
    }
    return pictures.slice(0, batch)
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
    const { width, height } = pictureSize(latentSize, this.#manifest)
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

  /** Of a sample. */
  #latentDims({ height, width }: LatentSize): readonly number[] {
    return [this.#manifest.latents.channels, height, width]
  }

  /**
   * Latents and levels of a batch, repeated for guidance or for the fewest rows, with what tells what to draw: that of
   * the prompt in all rows, or in the first half of them and what guidance leads away from in the second.
   */
  async #denoiserFeeds(
    request: DenoiseRequest,
    inputs: DenoiserInputs,
    copies: number,
  ): Promise<DenoiserFeeds> {
    const { prompt, negativePrompt, guidance, latents, sigmas, timesteps, latentSize } = request
    const rows = copies * sigmas.length
    requireLength(this.#manifest.id, latents, [sigmas.length, ...this.#latentDims(latentSize)])
    const conditions = [await this.#conditioner.condition(prompt, latentSize)]
    if (forwardPassesPerNfe(request, this.#manifest) === 2) {
      conditions.push(
        negativePrompt === ''
          ? await this.#conditioner.unconditional(latentSize)
          : await this.#conditioner.condition(negativePrompt, latentSize),
      )
    }
    const told = repeated([Float32Array.from(timesteps)], copies)
    const seen = repeated([networkInput(latents, sigmas, this.#manifest)], copies)
    return {
      perRow: {
        [inputs.latents]: this.#latentsFeed(seen, rows, latentSize),
        [inputs.timestep]: { type: 'float32', data: told, dims: [rows] },
        ...this.#guidanceFeeds(guidance, rows, inputs),
        ...conditionFeeds(conditions, rows / conditions.length, inputs),
      },
      shared: sharedFeeds(conditions, inputs),
      told: [...told],
    }
  }

  #latentsFeed(data: Float32Array, rows: number, latentSize: LatentSize): Feed {
    const { channels } = this.#manifest.latents
    if (!this.#isPacked()) {
      return { type: 'float32', data, dims: [rows, ...this.#latentDims(latentSize)] }
    }
    const { down, across } = tokensOf(latentSize)
    const dims = [rows, down * across, data.length / (rows * down * across)]
    return { type: 'float32', data: packed(data, channels, latentSize), dims }
  }

  /** What a distilled model is told of the guidance scale, in each of its spellings. */
  #guidanceFeeds(guidance: number, rows: number, inputs: DenoiserInputs): Feeds {
    const feeds: Record<string, Feed> = {}
    if (inputs.guidance !== undefined) {
      const data = new Float32Array(rows).fill(guidance)
      feeds[inputs.guidance] = { type: 'float32', data, dims: [rows] }
    }
    if (inputs.timestepCond !== undefined) {
      const width = this.#denoiser.fixedSize(inputs.timestepCond, 1)
      const data = repeated([guidanceEmbedding(guidance, width)], rows)
      feeds[inputs.timestepCond] = { type: 'float32', data, dims: [rows, width] }
    }
    return feeds
  }

  /** Which rows are evaluated together, as far as the graph decides that. */
  #evaluations(
    told: readonly number[],
    { latents, timestep }: DenoiserInputs,
  ): readonly (readonly number[])[] {
    const groups = takesOne(this.#denoiser.declared(timestep).shape) ? rowsOfValue(told) : [[...told.keys()]]
    const own = this.#denoiser.fixedBatch(latents)
    return groups.flatMap((rows) => evaluations(rows, own ?? rows.length, own ?? fewestRows))
  }

  /** The network's prediction for some rows, [rows, channels, height, width]. */
  async #predict(
    { perRow, shared }: DenoiserFeeds,
    rows: readonly number[],
    latentSize: LatentSize,
  ): Promise<Float32Array> {
    const { channels } = this.#manifest.latents
    const dims = this.#latentDims(latentSize)
    const some = Object.entries(perRow).map(([name, feed]) => [name, rowsOfFeed(feed, rows)] as const)
    const feeds = { ...Object.fromEntries(some), ...shared }
    if (this.#isPacked()) {
      const { down, across } = tokensOf(latentSize)
      const values = await this.#denoiser.evaluate(feeds, [rows.length, down * across, 4 * channels])
      return unpacked(values, channels, latentSize)
    }
    if (!this.#manifest.learnedVariance) return this.#denoiser.evaluate(feeds, [rows.length, ...dims])
    const values = await this.#denoiser.evaluate(feeds, [rows.length, 2 * channels, ...dims.slice(1)])
    const size = values.length / rows.length
    return repeated(
      rows.map((_, i) => values.subarray(i * size, i * size + size / 2)),
      1,
    )
  }

  #isPacked(): boolean {
    return this.#manifest.kind === 'text_to_image' && this.#manifest.conditioning === 'flux'
  }

  /** @param size values of a sample */
  #rule(size: number): PredictionRule {
    const { prediction, timeConvention, guidedChannels, latents } = this.#manifest
    const guided = ((guidedChannels ?? latents.channels) * size) / latents.channels
    return { prediction, towardsImage: timeConvention === 'timestep_0_is_noise', guided }
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
  for (const role of Object.keys(conditions[0]?.perRow ?? {}) as Role[]) {
    const name = inputs[role]
    const parts = conditions.flatMap(({ perRow }) => perRow[role] ?? [])
    if (name !== undefined) feeds[name] = repeatedFeed(parts, rows)
  }
  return feeds
}

/** The inputs that are the same for all rows, whatever the condition. */
function sharedFeeds([first]: readonly Condition[], inputs: DenoiserInputs): Feeds {
  const feeds: Record<string, Feed> = {}
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
