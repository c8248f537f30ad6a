/**
 * The oracle for FID at work (verifier frechet; Ma et al. 2025, appendix A.4): candidates come in rounds, each is
 * measured with the population of the earlier rounds' winners, and the winner of the round joins it.
 *
 * Nothing of a population is stored: a resumed run admits the winners' pictures again, in their order.
 */

import { StudioError } from '../../../shared/errors.ts'
import {
  distanceAfter,
  emptyPopulation,
  readReference,
  withAdded,
  type Population,
} from '../verifiers/frechet.ts'
import type { Engine, RgbImage } from './adapters.ts'
import type { SeatedPack } from './panel.ts'

export class PopulationJudge {
  readonly #engine: Engine
  readonly #seated: SeatedPack
  #population: Population
  /** Features of the pictures that were scored, for as long as somebody holds the picture. */
  readonly #features = new WeakMap<RgbImage, Float32Array | null>()

  /** Starts with nobody in the population. The pack is loaded, and comes with its reference. */
  constructor(engine: Engine, seated: SeatedPack) {
    const dimensions = seated.pack.manifest.reference?.dimensions
    if (dimensions === undefined || seated.reference === undefined) {
      throw new RangeError(`Expected a pack with its reference, found ${seated.pack.manifest.id}`)
    }
    this.#engine = engine
    this.#seated = seated
    this.#population = emptyPopulation(readReference(seated.reference, dimensions))
  }

  /**
   * Minus the distance from the reference of the population with each image in turn; nobody joins. The same score
   * for an image whatever it is scored with, until somebody is admitted.
   *
   * @returns the scores in order, 0 or less; null for an image of which the network gives nothing finite; and what the
   * engine spent
   * @throws the engine's errors; `pack_invalid` where features and reference have different lengths
   */
  async score(
    images: readonly RgbImage[],
  ): Promise<{ readonly scores: readonly (number | null)[]; readonly seconds: number }> {
    const { features, seconds } = await this.#embed(images)
    const scores = features.map((feature) => {
      const distance = feature === null ? null : distanceAfter(this.#population, [feature])
      return distance === null ? null : -distance
    })
    return { scores, seconds }
  }

  /**
   * Lets the winner of a round join. A picture that was scored is not evaluated again; one read back from the library
   * is. One of which the network gives nothing finite cannot join.
   *
   * @throws as `score`
   */
  async admit(image: RgbImage): Promise<void> {
    let feature = this.#features.get(image)
    if (feature === undefined) feature = (await this.#embed([image])).features[0] ?? null
    if (feature !== null) this.#population = withAdded(this.#population, [feature])
  }

  async #embed(images: readonly RgbImage[]): Promise<{
    readonly features: readonly (Float32Array | null)[]
    readonly seconds: number
  }> {
    const { id, reference } = this.#seated.pack.manifest
    const found = await this.#engine.embedImages({ packId: id, images })
    const features = images.map((image, i) => {
      const feature = found.features[i]?.embedding ?? null
      if (feature !== null && feature.length !== reference?.dimensions) {
        throw new StudioError(
          'pack_invalid',
          `Pack ${id}: expected features of ${reference?.dimensions ?? 'no'} numbers, as its reference has, found ${feature.length}. The two do not fit each other; install the pack again.`,
        )
      }
      this.#features.set(image, feature)
      return feature
    })
    return { features, seconds: found.seconds }
  }
}
