/** A class-to-image pack at work: the label of the class that the prompt names tells the flow what to draw. */

import type { DenoiseRequest, Engine, RgbImage } from '../../core/runs/adapters.ts'
import { ClassNames } from '../../packs/class-names.ts'
import type { ClassPackManifest, InstalledPack } from '../../packs/manifest.ts'
import type { Feeds, Sessions } from '../sessions.ts'
import { LatentFlow } from './latent-flow.ts'

export class ClassToImage {
  readonly #manifest: ClassPackManifest
  readonly #classes: ClassNames
  readonly #flow: LatentFlow

  private constructor(manifest: ClassPackManifest, flow: LatentFlow) {
    this.#manifest = manifest
    this.#classes = new ClassNames(manifest)
    this.#flow = flow
  }

  /** Opens the pack's sessions. */
  static async load(sessions: Sessions, pack: InstalledPack<ClassPackManifest>): Promise<ClassToImage> {
    return new ClassToImage(pack.manifest, await LatentFlow.load(sessions, pack))
  }

  /**
   * The x-prediction of each sample; guidance leads away from the null class.
   *
   * @throws `bad_input` when the prompt is not the name of a class
   */
  async denoise(request: DenoiseRequest): ReturnType<LatentFlow['denoise']> {
    const { denoiser } = this.#manifest.components
    return this.#flow.denoise(request, this.#condition(request, denoiser.inputs))
  }

  /** The gradient of `denoise`, see Engine.denoiseGradient; errors as there. */
  async denoiseGradient(
    request: Parameters<Engine['denoiseGradient']>[0],
  ): ReturnType<LatentFlow['denoiseGradient']> {
    const { denoiser, denoiserGradient = denoiser } = this.#manifest.components
    return this.#flow.denoiseGradient(request, this.#condition(request, denoiserGradient.inputs))
  }

  /** The gradient of `decode`, see Engine.decodeGradient. */
  decodeGradient(request: Parameters<Engine['decodeGradient']>[0]): Promise<Float32Array> {
    return this.#flow.decodeGradient(request)
  }

  /** What tells a graph with these inputs what to draw; with guidance, then the null class. */
  #condition(
    { prompt, guidance }: DenoiseRequest,
    inputs: { readonly classLabels: string },
  ): (rows: number) => Feeds {
    const label = this.#classes.labelOf(prompt)
    const labels = guidance === 1 ? [label] : [label, this.#manifest.nullClass]
    return (rows) => ({
      [inputs.classLabels]: {
        type: 'int64',
        data: BigInt64Array.from(labels.flatMap((one) => Array.from({ length: rows }, () => BigInt(one)))),
        dims: [rows * labels.length],
      },
    })
  }

  /** Latents [batch, channels, height, width] to pictures. */
  decode(latents: Float32Array, batch: number): Promise<readonly RgbImage[]> {
    return this.#flow.decode(latents, batch)
  }
}
