/** A verifier pack at work: pictures and texts to features. The scores are made of them by core/verifiers. */

import { StudioError } from '../../../shared/errors.ts'
import type { RgbImage } from '../../core/runs/adapters.ts'
import type { InstalledPack, VerifierPackManifest } from '../../packs/manifest.ts'
import { PackTokenizer } from '../../packs/tokenizer.ts'
import { toPixels } from '../image/pixels.ts'
import { countNotFinite, Model } from '../model.ts'
import type { Sessions } from '../sessions.ts'

type Models = { readonly imageTower: Model; readonly textTower: Model }

export class Verifier {
  readonly #manifest: VerifierPackManifest
  readonly #tokenizer: PackTokenizer
  readonly #models: Models

  private constructor(manifest: VerifierPackManifest, tokenizer: PackTokenizer, models: Models) {
    this.#manifest = manifest
    this.#tokenizer = tokenizer
    this.#models = models
  }

  /** Opens the pack's tokenizer and sessions. */
  static async load(sessions: Sessions, pack: InstalledPack<VerifierPackManifest>): Promise<Verifier> {
    const { imageTower, textTower } = pack.manifest.components
    return new Verifier(pack.manifest, await PackTokenizer.load(pack), {
      imageTower: await Model.open(sessions, pack, 'image tower', imageTower, imageTower.outputs.embedding),
      textTower: await Model.open(sessions, pack, 'text tower', textTower, textTower.outputs.embedding),
    })
  }

  /** One feature an image, in order; null where the tower gave something not finite. */
  async embedImages(images: readonly RgbImage[]): Promise<readonly (Float32Array | null)[]> {
    if (images.length === 0) return []
    const { id, image, components } = this.#manifest
    for (const { width, height } of images) {
      if (width === image.width && height === image.height) continue
      throw new StudioError(
        'bad_input',
        `Verifier pack ${id}: expected pictures of ${image.width} x ${image.height}, found ${width} x ${height}. Choose a verifier made for this pack's pictures.`,
      )
    }
    const data = toPixels(images, image.mean, image.std)
    const dims = [images.length, 3, image.height, image.width]
    const features = await this.#models.imageTower.evaluate(
      { [components.imageTower.inputs.pixels]: { type: 'float32', data, dims } },
      [images.length, -1],
    )
    const size = features.length / images.length
    return countNotFinite(features, images.length).map((bad, i) =>
      bad > 0 ? null : features.slice(i * size, (i + 1) * size),
    )
  }

  /** The feature of a text. Throws `model_output_invalid` when it is not finite: no image could be scored with it. */
  async embedText(text: string): Promise<Float32Array> {
    const { textTokens, components } = this.#manifest
    const { ids } = this.#tokenizer.encode(text)
    const feature = await this.#models.textTower.evaluate(
      { [components.textTower.inputs.inputIds]: { type: 'int64', data: ids, dims: [1, textTokens] } },
      [1, -1],
    )
    this.#models.textTower.requireFinite(feature, 1)
    return feature
  }
}
