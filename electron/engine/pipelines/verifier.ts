/** A verifier pack at work: pictures and texts to features. The scores are made of them by core/verifiers. */

import { StudioError } from '../../../shared/errors.ts'
import type { Engine, ImageFeatures, RgbImage } from '../../core/runs/adapters.ts'
import type { InstalledPack, VerifierPackManifest } from '../../packs/manifest.ts'
import { PackTokenizer } from '../../packs/tokenizer.ts'
import { pixelsGradient } from '../image/pixels.ts'
import { Model } from '../model.ts'
import type { Feed, Feeds, Sessions } from '../sessions.ts'
import { evaluateGradient } from './gradients.ts'
import { finiteRows, picturesFeed } from './pictures.ts'
import { repeatedFeed } from './rows.ts'

/** What a pack has of each; null where none of its verifiers needs it. */
type Parts = {
  readonly tokenizer: PackTokenizer | null
  readonly imageTower: Model | null
  readonly textTower: Model | null
  readonly pairTower: Model | null
}

export class Verifier {
  readonly #sessions: Sessions
  readonly #pack: InstalledPack<VerifierPackManifest>
  readonly #manifest: VerifierPackManifest
  readonly #parts: Parts

  private constructor(sessions: Sessions, pack: InstalledPack<VerifierPackManifest>, parts: Parts) {
    this.#sessions = sessions
    this.#pack = pack
    this.#manifest = pack.manifest
    this.#parts = parts
  }

  /** Opens the pack's tokenizer and sessions. */
  static async load(sessions: Sessions, pack: InstalledPack<VerifierPackManifest>): Promise<Verifier> {
    const { tokenizer, imageTower, textTower, pairTower } = pack.manifest.components
    const open = async (
      name: string,
      graph: typeof imageTower | typeof textTower | typeof pairTower,
    ): Promise<Model | null> => {
      const output = Object.values(graph?.outputs ?? {}).find((name) => name !== undefined)
      return graph === undefined || output === undefined
        ? null
        : Model.open(sessions, pack, name, graph, output)
    }
    return new Verifier(sessions, pack, {
      tokenizer: tokenizer === undefined ? null : await PackTokenizer.load(pack),
      imageTower: await open('image tower', imageTower),
      textTower: await open('text tower', textTower),
      pairTower: await open('pair tower', pairTower),
    })
  }

  /** What the image tower gives for each image, in order. One evaluation for all of its outputs. */
  async embedImages(images: readonly RgbImage[]): Promise<readonly ImageFeatures[]> {
    if (images.length === 0) return []
    const tower = this.#part('imageTower')
    const graph = this.#graph('imageTower')
    const { feed, rows } = picturesFeed(this.#manifest, images)
    const { embedding, logits, score } = graph.outputs
    const dims = {
      ...(embedding === undefined ? {} : { [embedding]: [rows, -1] }),
      ...(logits === undefined ? {} : { [logits]: [rows, this.#manifest.classes?.length ?? -1] }),
      ...(score === undefined ? {} : { [score]: [rows] }),
    }
    const values = await tower.evaluateAll(
      { [graph.inputs.pixels]: feed, ...this.#textFeeds(graph.inputs, '', rows) },
      dims,
    )
    const rowsOf = (output: string | undefined): readonly (Float32Array | null)[] => {
      const found = output === undefined ? undefined : values.get(output)
      return found === undefined ? images.map(() => null) : finiteRows(found, rows, images.length)
    }
    const [embeddings, classes, scores] = [rowsOf(embedding), rowsOf(logits), rowsOf(score)]
    return images.map((_, i) => ({
      embedding: embeddings[i] ?? null,
      logits: classes[i] ?? null,
      score: scores[i]?.[0] ?? null,
    }))
  }

  /** The gradient of `embedImages` with respect to a decoder's pixels, see Engine.embedImagesGradient. */
  embedImagesGradient({
    images,
    cotangent,
  }: Parameters<Engine['embedImagesGradient']>[0]): Promise<Float32Array> {
    const graph = this.#manifest.components.imageTowerGradient
    const ofImage = graph?.of === 'score' ? [] : [cotangent.length / images.length]
    return this.#pixelsGradient('imageTowerGradient', graph, images, cotangent, ofImage, () => ({}))
  }

  /** The gradient of `scorePairs` with respect to a decoder's pixels, see Engine.scorePairsGradient. */
  scorePairsGradient({
    images,
    text,
    cotangent,
  }: Parameters<Engine['scorePairsGradient']>[0]): Promise<Float32Array> {
    const graph = this.#manifest.components.pairTowerGradient
    const textFor = (rows: number): Feeds =>
      graph === undefined ? {} : this.#textFeeds(graph.inputs, text, rows)
    return this.#pixelsGradient('pairTowerGradient', graph, images, cotangent, [], textFor)
  }

  /** Evaluates the gradient graph `name`; `cotangentDims` are those of one image, `others` its inputs besides pixels. */
  async #pixelsGradient(
    name: string,
    graph: VerifierPackManifest['components']['imageTowerGradient' | 'pairTowerGradient'],
    images: readonly RgbImage[],
    cotangent: Float32Array,
    cotangentDims: readonly number[],
    others: (rows: number) => Feeds,
  ): Promise<Float32Array> {
    if (images.length === 0) return new Float32Array()
    const { feed, rows } = picturesFeed(this.#manifest, images)
    const dims = feed.dims.slice(1)
    const feeds = graph === undefined ? {} : { [graph.inputs.pixels]: feed, ...others(rows) }
    const gradient = await evaluateGradient(this.#sessions, this.#pack, graph, name, {
      ...{ cotangent, cotangentDims, samples: images.length, copies: rows / images.length, feeds, dims },
    })
    const size = dims.reduce((product, dim) => product * dim, images.length)
    return pixelsGradient(gradient.subarray(0, size), this.#manifest.image.std, images.length)
  }

  /** The pair tower's score of each image with one text; null where it is not finite. */
  async scorePairs(images: readonly RgbImage[], text: string): Promise<readonly (number | null)[]> {
    if (images.length === 0) return []
    const tower = this.#part('pairTower')
    const graph = this.#graph('pairTower')
    const { feed, rows } = picturesFeed(this.#manifest, images)
    const values = await tower.evaluate(
      { [graph.inputs.pixels]: feed, ...this.#textFeeds(graph.inputs, text, rows) },
      [rows],
    )
    return finiteRows(values, rows, images.length).map((row) => row?.[0] ?? null)
  }

  /** The feature of a text. Throws `model_output_invalid` when it is not finite: no image could be scored with it. */
  async embedText(text: string): Promise<Float32Array> {
    const tower = this.#part('textTower')
    // A text is always alone in its batch, so its feature is always the same bits.
    const { inputs } = this.#graph('textTower')
    const feature = await tower.evaluate(
      { ...this.#textFeeds(inputs, text, 1), ...this.#blankPictures(inputs.pixels) },
      [1, -1],
    )
    tower.requireFinite(feature, 1)
    return feature
  }

  /** The inputs of a graph that are made of a text; none for a graph that reads pictures alone. */
  #textFeeds(
    {
      inputIds,
      attentionMask,
    }: { readonly inputIds?: string | undefined; readonly attentionMask?: string | undefined },
    text: string,
    rows: number,
  ): Feeds {
    if (inputIds === undefined) return {}
    const encoded = this.#part('tokenizer').encode(text)
    const dims = [encoded.ids.length]
    const feedOf = (data: BigInt64Array): Feed => repeatedFeed([{ type: 'int64', data, dims }], rows)
    return {
      [inputIds]: feedOf(encoded.ids),
      ...(attentionMask === undefined ? {} : { [attentionMask]: feedOf(encoded.attentionMask) }),
    }
  }

  /** A graph that holds both towers wants a picture even where only the text's feature is read. */
  #blankPictures(input: string | undefined): Feeds {
    if (input === undefined) return {}
    const { width, height } = this.#manifest.image
    const data = new Float32Array(3 * width * height)
    return { [input]: { type: 'float32', data, dims: [1, 3, height, width] } }
  }

  #part<Name extends keyof Parts>(name: Name): NonNullable<Parts[Name]> {
    return this.#parts[name] ?? this.#missing(name)
  }

  #graph<Name extends 'imageTower' | 'textTower' | 'pairTower'>(
    name: Name,
  ): NonNullable<VerifierPackManifest['components'][Name]> {
    return this.#manifest.components[name] ?? this.#missing(name)
  }

  #missing(name: string): never {
    const message = `Pack ${this.#manifest.id}: expected ${name} among its components, found none. Choose a verifier that this pack lists.`
    throw new StudioError('engine_failed', message)
  }
}
