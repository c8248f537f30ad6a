/** A text-to-image pack at work: the prompt's features tell the flow what to draw. */

import type { DenoiseRequest, Engine, RgbImage } from '../../core/runs/adapters.ts'
import type { InstalledPack, TextPackManifest } from '../../packs/manifest.ts'
import { PackTokenizer } from '../../packs/tokenizer.ts'
import { Model } from '../model.ts'
import { RecentlyUsed } from '../recently-used.ts'
import type { Feeds, Sessions } from '../sessions.ts'
import { LatentFlow } from './latent-flow.ts'
import { repeated } from './rows.ts'

/** Prompts whose features are kept: a run asks for two at every step, its own and the empty one. */
const rememberedPrompts = 32

export class TextToImage {
  readonly #manifest: TextPackManifest
  readonly #tokenizer: PackTokenizer
  readonly #textEncoder: Model
  readonly #flow: LatentFlow
  readonly #features = new RecentlyUsed<Float32Array>(rememberedPrompts)

  private constructor(
    manifest: TextPackManifest,
    tokenizer: PackTokenizer,
    textEncoder: Model,
    flow: LatentFlow,
  ) {
    this.#manifest = manifest
    this.#tokenizer = tokenizer
    this.#textEncoder = textEncoder
    this.#flow = flow
  }

  /** Opens the pack's tokenizer and sessions. */
  static async load(sessions: Sessions, pack: InstalledPack<TextPackManifest>): Promise<TextToImage> {
    const { textEncoder } = pack.manifest.components
    return new TextToImage(
      pack.manifest,
      await PackTokenizer.load(pack),
      await Model.open(sessions, pack, 'text encoder', textEncoder, textEncoder.outputs.hiddenStates),
      await LatentFlow.load(sessions, pack),
    )
  }

  /** The x-prediction of each sample; guidance leads away from the empty prompt. */
  async denoise(request: DenoiseRequest): ReturnType<LatentFlow['denoise']> {
    const { denoiser } = this.#manifest.components
    return this.#flow.denoise(request, await this.#condition(request, denoiser.inputs))
  }

  /** The gradient of `denoise`, see Engine.denoiseGradient. */
  async denoiseGradient(
    request: Parameters<Engine['denoiseGradient']>[0],
  ): ReturnType<LatentFlow['denoiseGradient']> {
    const { denoiser, denoiserGradient = denoiser } = this.#manifest.components
    return this.#flow.denoiseGradient(request, await this.#condition(request, denoiserGradient.inputs))
  }

  /** The gradient of `decode`, see Engine.decodeGradient. */
  decodeGradient(request: Parameters<Engine['decodeGradient']>[0]): Promise<Float32Array> {
    return this.#flow.decodeGradient(request)
  }

  /** What tells a graph with these inputs what to draw; with guidance, then what the empty prompt tells it. */
  async #condition(
    { prompt, guidance }: DenoiseRequest,
    inputs: { readonly hiddenStates: string },
  ): Promise<(rows: number) => Feeds> {
    const { textTokens } = this.#manifest
    const prompts = guidance === 1 ? [prompt] : [prompt, '']
    const features = await Promise.all(prompts.map((text) => this.#featuresOf(text)))
    return (rows) => ({
      [inputs.hiddenStates]: {
        type: 'float32',
        data: repeated(features, rows),
        dims: [rows * prompts.length, textTokens, (features[0]?.length ?? 0) / textTokens],
      },
    })
  }

  /** Latents [batch, channels, height, width] to pictures. */
  decode(latents: Float32Array, batch: number): Promise<readonly RgbImage[]> {
    return this.#flow.decode(latents, batch)
  }

  /** The encoder's hidden states of a text, [1, textTokens, width], remembered. */
  #featuresOf(text: string): Promise<Float32Array> {
    return this.#features.get(text, async () => {
      const { textTokens, components } = this.#manifest
      const features = await this.#textEncoder.evaluate(
        {
          [components.textEncoder.inputs.inputIds]: {
            type: 'int64',
            data: this.#tokenizer.encode(text).ids,
            dims: [1, textTokens],
          },
        },
        [1, textTokens, -1],
      )
      this.#textEncoder.requireFinite(features, 1)
      return features
    })
  }
}
