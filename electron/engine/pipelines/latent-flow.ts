/** What every pack that makes images does, whatever tells it what to draw: latents to x-prediction, latents to pictures. */

import { StudioError } from '../../../shared/errors.ts'
import type { DenoiseRequest, RgbImage } from '../../core/runs/adapters.ts'
import type { ImagePackManifest, InstalledPack } from '../../packs/manifest.ts'
import { toPictures } from '../image/pixels.ts'
import { Model } from '../model.ts'
import type { Feeds, Sessions } from '../sessions.ts'
import { xPrediction } from './flow.ts'
import { fewestRows, repeated } from './rows.ts'

export class LatentFlow {
  readonly #manifest: ImagePackManifest
  readonly #denoiser: Model
  readonly #decoder: Model

  private constructor(manifest: ImagePackManifest, denoiser: Model, decoder: Model) {
    this.#manifest = manifest
    this.#denoiser = denoiser
    this.#decoder = decoder
  }

  /** Opens the sessions of denoiser and decoder. */
  static async load(sessions: Sessions, pack: InstalledPack<ImagePackManifest>): Promise<LatentFlow> {
    const { denoiser, decoder } = pack.manifest.components
    return new LatentFlow(
      pack.manifest,
      await Model.open(sessions, pack, 'denoiser', denoiser, denoiser.outputs.prediction),
      await Model.open(sessions, pack, 'decoder', decoder, decoder.outputs.image),
    )
  }

  /**
   * The x-prediction of each sample. Guidance other than 1 evaluates the network once on a doubled batch, the
   * conditional half before the unconditional one.
   *
   * @param conditionFor the inputs that tell what to draw, for `rows` conditional rows and, with guidance, as many
   * unconditional ones behind them
   */
  async denoise(
    { guidance, latents, sigmas }: Pick<DenoiseRequest, 'guidance' | 'latents' | 'sigmas'>,
    conditionFor: (rows: number) => Feeds,
  ): Promise<{ readonly denoised: Float32Array; readonly forwardPasses: number }> {
    const { id, latents: shape, components } = this.#manifest
    const batch = sigmas.length
    const dims = [shape.channels, shape.height, shape.width]
    requireLength(id, latents, [batch, ...dims])

    const halves = guidance === 1 ? 1 : 2
    const copies = Math.max(halves, Math.ceil(fewestRows / batch))
    const rows = copies * batch
    const { inputs } = components.denoiser
    const evaluated = await this.#denoiser.evaluate(
      {
        [inputs.latents]: { type: 'float32', data: repeated([latents], copies), dims: [rows, ...dims] },
        [inputs.timestep]: {
          type: 'float32',
          data: repeated([Float32Array.from(sigmas)], copies),
          dims: [rows],
        },
        ...conditionFor(rows / halves),
      },
      [rows, ...dims],
    )
    const velocity = evaluated.subarray(0, halves * latents.length)
    this.#denoiser.requireFinite(velocity, halves * batch, batch)
    return { denoised: xPrediction(latents, velocity, sigmas, guidance), forwardPasses: halves }
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
    const pixels = await this.#decoder.evaluate(
      { [components.decoder.inputs.latents]: { type: 'float32', data: scaled, dims } },
      [batch, 3, image.height, image.width],
    )
    this.#decoder.requireFinite(pixels, batch)
    return toPictures(pixels, batch, image.width, image.height)
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
