/** Images from outside on their way into the library: whatever a browser can draw goes in as PNG. */

import { StudioError, toErrorData } from '../../shared/errors.ts'
import type { GalleryApi, PictureId } from '../../shared/gallery.ts'

/** Longest side that is drawn anew, in pixels; canvases of browsers end near it. */
const mostPixels = 16_384

/**
 * Adds files one after the other; one that cannot be read does not stop the others.
 *
 * @param say what came of it, for people; `isFault` where something was refused
 * @returns the pictures that are in the library now, in the order of the files
 */
export async function addOutsidePictures(
  api: Pick<GalleryApi, 'addPicture'>,
  files: readonly File[],
  say: (text: string, isFault?: boolean) => void,
): Promise<readonly PictureId[]> {
  const added: PictureId[] = []
  const faults: string[] = []
  for (const file of files) {
    try {
      const { picture } = await api.addPicture({ name: file.name, png: await base64Of(await pngOf(file)) })
      added.push(picture)
    } catch (thrown) {
      faults.push(`${file.name}: ${toErrorData(thrown).message}`)
    }
  }
  const [fault] = faults
  if (fault === undefined) say(added.length === 1 ? 'Added 1 image' : `Added ${added.length} images`)
  else say(faults.length === 1 ? fault : `${fault} (and ${faults.length - 1} more)`, true)
  return added
}

/** A PNG as it is, anything else drawn anew as one; what the metadata says is lost then. */
async function pngOf(file: File): Promise<Blob> {
  if (file.type === 'image/png') return file
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new StudioError(
      'bad_input',
      'expected an image that can be drawn here (PNG, JPEG, WebP), found something else',
    )
  })
  try {
    if (Math.max(bitmap.width, bitmap.height) > mostPixels) {
      throw new StudioError('bad_input', `expected sides of at most ${mostPixels} pixels, found more`)
    }
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height)
    canvas.getContext('2d')?.drawImage(bitmap, 0, 0)
    return await canvas.convertToBlob({ type: 'image/png' })
  } finally {
    bitmap.close()
  }
}

async function base64Of(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.arrayBuffer())
  let text = ''
  // In parts: a call takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192))
  }
  return btoa(text)
}
