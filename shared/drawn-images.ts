/** Pictures of the library on their way into a drawing. */

import type { SheetPicture } from './contact-sheet.ts'
import type { StudioApi } from './contract.ts'
import type { Picture } from './gallery.ts'

/**
 * Images by their hashes as `data:` URLs, with nothing but their pixels: a drawing that is given away tells no recipe.
 *
 * @param step called with each that has come
 * @throws the studio's errors, and what `signal` is aborted with
 */
export async function imagesAsUrls(
  api: Pick<StudioApi, 'exportImage'>,
  hashes: readonly string[],
  step: () => void = () => undefined,
  signal: AbortSignal | null = null,
): Promise<ReadonlyMap<string, string>> {
  const urls = new Map<string, string>()
  for (const imageSha256 of hashes) {
    signal?.throwIfAborted()
    if (!urls.has(imageSha256)) {
      const { png } = await api.exportImage({ imageSha256, metadata: 'none' })
      urls.set(imageSha256, `data:image/png;base64,${png}`)
    }
    step()
  }
  return urls
}

/** The pictures as a contact sheet shows them: name, score by the run's first guide, marks; those without an image are left out. */
export function sheetPictures(
  pictures: readonly Picture[],
  urls: ReadonlyMap<string, string>,
): readonly SheetPicture[] {
  return pictures.flatMap(({ imageSha256, width, height, origin, scores, flag, rating }) => {
    const url = urls.get(imageSha256)
    if (url === undefined) return []
    const guide = origin.kind === 'candidate' ? origin.guide[0] : undefined
    const score = guide === undefined ? undefined : scores[guide]
    return [
      {
        image: { url, width, height },
        caption: [nameOf(origin), score?.toFixed(3) ?? ''] as const,
        ...{ stars: rating, picked: flag === 'pick' },
      },
    ]
  })
}

function nameOf(origin: Picture['origin']): string {
  if (origin.kind === 'outside') return origin.name
  const arm = origin.arm === 'search' ? '#' : origin.arm === 'baseline' ? 'baseline ' : 'final '
  return `run ${origin.runId}, ${arm}${origin.seq}`
}
