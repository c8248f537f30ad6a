/** The judge at work: pictures to what it sees in them. Claims are read out of that by whoever measures with it. */

import type { Detection, RgbImage } from '../../core/runs/adapters.ts'
import type { InstalledPack, JudgePackManifest } from '../../packs/manifest.ts'
import { Model } from '../model.ts'
import type { Sessions } from '../sessions.ts'
import { finiteRows, picturesFeed } from './pictures.ts'

/** Channels of a cell besides shapes, colours and textures: objectness, offset x, offset y, radius. */
const plainChannels = 4

export class Judge {
  readonly #manifest: JudgePackManifest
  readonly #detector: Model

  private constructor(manifest: JudgePackManifest, detector: Model) {
    this.#manifest = manifest
    this.#detector = detector
  }

  static async load(sessions: Sessions, pack: InstalledPack<JudgePackManifest>): Promise<Judge> {
    const { detector } = pack.manifest.components
    return new Judge(
      pack.manifest,
      await Model.open(sessions, pack, 'detector', detector, detector.outputs.cells),
    )
  }

  /** What the detector gives for each image, in order; null where it is not finite. */
  async detect(images: readonly RgbImage[]): Promise<readonly (Detection | null)[]> {
    if (images.length === 0) return []
    const { shapes, colours, textures, backgrounds, gridSize, components } = this.#manifest
    const { inputs, outputs } = components.detector
    const { feed, rows } = picturesFeed(this.#manifest, images)
    const channels = plainChannels + shapes.length + colours.length + textures.length
    const values = await this.#detector.evaluateAll(
      { [inputs.pixels]: feed },
      {
        [outputs.cells]: [rows, channels, gridSize, gridSize],
        [outputs.background]: [rows, backgrounds.length],
      },
    )
    const rowsOf = (output: string): readonly (Float32Array | null)[] =>
      finiteRows(values.get(output) ?? new Float32Array(), rows, images.length)
    const [cells, backgroundLogits] = [rowsOf(outputs.cells), rowsOf(outputs.background)]
    return images.map((_, i) => {
      const [cell, background] = [cells[i] ?? null, backgroundLogits[i] ?? null]
      return cell === null || background === null ? null : { cells: cell, background }
    })
  }
}
