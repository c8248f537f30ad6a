import type { SheetPicture } from '../../../shared/contact-sheet.ts'
import type { StudioBridge } from '../../../shared/contract.ts'
import type { Picture } from '../../../shared/gallery.ts'
import { formatScore } from '../../logic/format.ts'

/** Images by their hashes as `data:` URLs, with nothing but their pixels: a drawing that is given away tells no recipe. */
export async function imagesAsUrls(
  bridge: StudioBridge,
  hashes: readonly string[],
  step: () => void,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const urls = new Map<string, string>()
  for (const imageSha256 of hashes) {
    signal.throwIfAborted()
    if (!urls.has(imageSha256)) {
      const { png } = await bridge.exportImage({ imageSha256, metadata: 'none' })
      urls.set(imageSha256, `data:image/png;base64,${png}`)
    }
    step()
  }
  return urls
}

/** The pictures as a contact sheet shows them; those without an image are left out. */
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
        caption: [nameOf(origin), score === undefined ? '' : formatScore(score)] as const,
        stars: rating,
        picked: flag === 'pick',
      },
    ]
  })
}

function nameOf(origin: Picture['origin']): string {
  if (origin.kind === 'outside') return origin.name
  const arm = origin.arm === 'search' ? '#' : origin.arm === 'baseline' ? 'baseline ' : 'final '
  return `run ${origin.runId}, ${arm}${origin.seq}`
}
