/** What image towers make of pictures of the library: asked once, remembered by image and pack. */

import { StudioError } from '../../../shared/errors.ts'
import type { InstalledPack, VerifierPackManifest } from '../../packs/manifest.ts'
import type { Engine, ImageFeatures, Library, RgbImage } from '../runs/adapters.ts'
import type { PictureCatalogue } from '../runs/picture-catalogue.ts'

export type FeaturePlaces = {
  readonly catalogue: Pick<PictureCatalogue, 'features' | 'putFeatures'>
  readonly library: Pick<Library, 'readImage'>
  readonly engine: Engine
}

/** Pictures that are decoded and evaluated together: memory depends on it, no feature does. */
export const batchOfPictures = 16

/**
 * All outputs of a pack's image tower for pictures, in order. A tower that gives embeddings alone is not asked about
 * images that it saw before; its embeddings are kept either way.
 *
 * @param pack loaded
 * @param imageOf the picture of a hash, asked for where the tower needs it
 * @throws the engine's errors, and those of `imageOf`
 */
export async function towerFeatures(
  { catalogue, engine }: Pick<FeaturePlaces, 'catalogue' | 'engine'>,
  pack: InstalledPack<VerifierPackManifest>,
  hashes: readonly string[],
  imageOf: (imageSha256: string) => Promise<RgbImage>,
): Promise<ReadonlyMap<string, ImageFeatures>> {
  const outputs = Object.entries(pack.manifest.components.imageTower?.outputs ?? {})
  const onlyEmbedding = outputs.every(([name, output]) => name === 'embedding' || output === undefined)
  const known = onlyEmbedding ? catalogue.features(pack.sha256, hashes) : new Map<string, Float32Array>()
  const found = new Map<string, ImageFeatures>(
    [...known].map(([hash, embedding]) => [hash, { embedding, logits: null, score: null }]),
  )
  const unknown = [...new Set(hashes)].filter((hash) => !found.has(hash))
  if (unknown.length === 0) return found
  const images: RgbImage[] = []
  for (const hash of unknown) images.push(await imageOf(hash))
  const { features } = await engine.embedImages({ packId: pack.manifest.id, images })
  unknown.forEach((hash, i) => {
    const one = features[i]
    if (one !== undefined) found.set(hash, one)
  })
  const kept = unknown.flatMap((imageSha256, i) => {
    const vector = features[i]?.embedding ?? null
    return vector === null ? [] : [{ imageSha256, vector }]
  })
  catalogue.putFeatures(pack.sha256, kept)
  return found
}

/**
 * The embeddings of any number of images, a batch at a time.
 *
 * @param inTurn waits for the run at work before each batch that the tower is needed for
 * @returns by image; absent where the tower gave nothing finite or the image cannot be read
 * @throws the engine's errors
 */
export async function embeddings(
  { catalogue, library, engine }: FeaturePlaces,
  pack: InstalledPack<VerifierPackManifest>,
  hashes: readonly string[],
  inTurn: <Result>(work: () => Promise<Result>) => Promise<Result>,
): Promise<ReadonlyMap<string, Float32Array>> {
  const found = new Map(catalogue.features(pack.sha256, hashes))
  const unknown = [...new Set(hashes)].filter((hash) => !found.has(hash))
  for (let start = 0; start < unknown.length; start += batchOfPictures) {
    const readable = new Map<string, RgbImage>()
    await inTurn(async () => {
      for (const hash of unknown.slice(start, start + batchOfPictures)) {
        const image = await readImage(library, hash)
        if (image !== null) readable.set(hash, image)
      }
      await engine.load([pack])
      const batch = await towerFeatures({ catalogue, engine }, pack, [...readable.keys()], (hash) =>
        Promise.resolve(readable.get(hash) as RgbImage),
      )
      for (const [hash, { embedding }] of batch) if (embedding !== null) found.set(hash, embedding)
    })
  }
  return found
}

/** The pixels of an image; null where its file is lost or altered, which costs nobody but this image. */
export async function readImage(
  library: Pick<Library, 'readImage'>,
  imageSha256: string,
): Promise<RgbImage | null> {
  try {
    return await library.readImage(imageSha256)
  } catch (error) {
    if (error instanceof StudioError && error.code === 'library_damaged') return null
    throw error
  }
}
