/** A text-to-image pack at work: prompt to features, latents to x-prediction, latents to pictures. */

import { StudioError } from '../../../shared/errors.ts'
import type { DenoiseRequest, RgbImage } from '../../core/runs/adapters.ts'
import type { ImagePackManifest, InstalledPack } from '../../packs/manifest.ts'
import { PackTokenizer } from '../../packs/tokenizer.ts'
import { toPictures } from '../image/pixels.ts'
import { Model } from '../model.ts'
import { RecentlyUsed } from '../recently-used.ts'
import type { Sessions } from '../sessions.ts'
import { xPrediction } from './flow.ts'

/** Prompts whose features are kept: a run asks for two at every step, its own and the empty one. */
const rememberedPrompts = 32

/**
 * Fewest rows that the network is evaluated with. For a single row runtimes take other kernels (measured: Gemm with
 * one row, ReduceMean over a batch of one), which round in another order: a candidate would depend in its last bits on
 * whether it was alone in its batch. From two rows on, every row is the same bits in any batch.
 */
const fewestRows = 2

type Models = { readonly textEncoder: Model; readonly denoiser: Model; readonly decoder: Model }

export class TextToImage {
  readonly #manifest: ImagePackManifest
  readonly #tokenizer: PackTokenizer
  readonly #models: Models
  readonly #features = new RecentlyUsed<Float32Array>(rememberedPrompts)

  private constructor(manifest: ImagePackManifest, tokenizer: PackTokenizer, models: Models) {
    this.#manifest = manifest
    this.#tokenizer = tokenizer
    this.#models = models
  }

  /** Opens the pack's tokenizer and sessions. */
  static async load(sessions: Sessions, pack: InstalledPack<ImagePackManifest>): Promise<TextToImage> {
    const { textEncoder, denoiser, decoder } = pack.manifest.components
    return new TextToImage(pack.manifest, await PackTokenizer.load(pack), {
      textEncoder: await Model.open(
        sessions,
        pack,
        'text encoder',
        textEncoder,
        textEncoder.outputs.hiddenStates,
      ),
      denoiser: await Model.open(sessions, pack, 'denoiser', denoiser, denoiser.outputs.prediction),
      decoder: await Model.open(sessions, pack, 'decoder', decoder, decoder.outputs.image),
    })
  }

  /**
   * The x-prediction of each sample. Guidance other than 1 evaluates the network once on a doubled batch, the
   * conditional half before the unconditional one.
   */
  async denoise({ prompt, guidance, latents, sigmas }: DenoiseRequest): Promise<{
    readonly denoised: Float32Array
    readonly forwardPasses: number
  }> {
    const { id, textTokens, latents: shape, components } = this.#manifest
    const batch = sigmas.length
    const dims = [shape.channels, shape.height, shape.width]
    requireLength(id, latents, [batch, ...dims])

    const prompts = guidance === 1 ? [prompt] : [prompt, '']
    const features = await Promise.all(prompts.map((text) => this.#featuresOf(text)))
    const copies = Math.max(prompts.length, Math.ceil(fewestRows / batch))
    const rows = copies * batch
    const { inputs } = components.denoiser
    const evaluated = await this.#models.denoiser.evaluate(
      {
        [inputs.latents]: { type: 'float32', data: repeated([latents], copies), dims: [rows, ...dims] },
        [inputs.timestep]: {
          type: 'float32',
          data: repeated([Float32Array.from(sigmas)], copies),
          dims: [rows],
        },
        [inputs.hiddenStates]: {
          type: 'float32',
          data: repeated(features, rows / prompts.length),
          dims: [rows, textTokens, (features[0]?.length ?? 0) / textTokens],
        },
      },
      [rows, ...dims],
    )
    const velocity = evaluated.subarray(0, prompts.length * latents.length)
    this.#models.denoiser.requireFinite(velocity, prompts.length * batch, batch)
    return { denoised: xPrediction(latents, velocity, sigmas, guidance), forwardPasses: prompts.length }
  }

  /** Latents [batch, channels, height, width] to pictures. */
  async decode(latents: Float32Array, batch: number): Promise<readonly RgbImage[]> {
    const { id, image, latents: shape, components } = this.#manifest
    const dims = [batch, shape.channels, shape.height, shape.width]
    requireLength(id, latents, dims)
    const plane = shape.height * shape.width
    const scaled = latents.map((value, i) => {
      const channel = Math.floor(i / plane) % shape.channels
      return value * (shape.scale[channel] ?? NaN) + (shape.shift[channel] ?? NaN)
    })
    const pixels = await this.#models.decoder.evaluate(
      { [components.decoder.inputs.latents]: { type: 'float32', data: scaled, dims } },
      [batch, 3, image.height, image.width],
    )
    this.#models.decoder.requireFinite(pixels, batch)
    return toPictures(pixels, batch, image.width, image.height)
  }

  /** The encoder's hidden states of a text, [1, textTokens, width], remembered. */
  #featuresOf(text: string): Promise<Float32Array> {
    return this.#features.get(text, async () => {
      const { textTokens, components } = this.#manifest
      const features = await this.#models.textEncoder.evaluate(
        {
          [components.textEncoder.inputs.inputIds]: {
            type: 'int64',
            data: this.#tokenizer.encode(text).ids,
            dims: [1, textTokens],
          },
        },
        [1, textTokens, -1],
      )
      this.#models.textEncoder.requireFinite(features, 1)
      return features
    })
  }
}

/** Each part `times` times, one after the other: [a, b] twice is [a, a, b, b]. */
function repeated(parts: readonly Float32Array[], times: number): Float32Array {
  if (parts.length === 1 && times === 1 && parts[0] !== undefined) return parts[0]
  const whole = new Float32Array(times * parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    for (let i = 0; i < times; i++, at += part.length) whole.set(part, at)
  }
  return whole
}

function requireLength(packId: string, latents: Float32Array, dims: readonly number[]): void {
  const expected = dims.reduce((product, dim) => product * dim, 1)
  if (latents.length === expected && expected > 0) return
  throw new StudioError(
    'engine_failed',
    `Pack ${packId}: expected latents of ${dims.join(' x ')} = ${expected} values, found ${latents.length}.`,
  )
}
