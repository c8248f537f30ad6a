/** Image files of people on their way into the library: turned into PNG where they are not, one after the other. */

import { StudioError, toErrorData } from '../../shared/errors.ts'
import { formatBytes } from '../../shared/format.ts'
import { maxPictureBytes } from '../../shared/gallery-arguments.ts'
import type { PictureId } from '../../shared/gallery.ts'
import type { StudioBridge } from '../../shared/contract.ts'

/** What has become of some files. */
export type Incoming = {
  readonly total: number
  readonly done: number
  readonly added: readonly PictureId[]
  /** Of `added`, those that the library did not have. */
  readonly fresh: readonly PictureId[]
  readonly faults: readonly { readonly name: string; readonly message: string }[]
}

/** Largest side of a picture that is drawn anew as a PNG, in pixels. */
const maxSide = 16_384

/**
 * Adds files to the library. A file that cannot be taken is named with its reason; the others go on.
 *
 * @param onMove called after each file
 */
export async function addFiles(
  bridge: Pick<StudioBridge, 'addPicture'>,
  files: readonly File[],
  onMove: (incoming: Incoming) => void,
): Promise<Incoming> {
  let incoming: Incoming = { total: files.length, done: 0, added: [], fresh: [], faults: [] }
  onMove(incoming)
  for (const file of files) {
    try {
      const png = await base64Of(await pngOf(file))
      const { picture, isNew } = await bridge.addPicture({ name: file.name, png })
      const fresh = isNew ? [...incoming.fresh, picture] : incoming.fresh
      incoming = { ...incoming, added: [...incoming.added, picture], fresh }
    } catch (thrown) {
      const { message } = toErrorData(thrown)
      incoming = { ...incoming, faults: [...incoming.faults, { name: file.name, message }] }
    }
    incoming = { ...incoming, done: incoming.done + 1 }
    onMove(incoming)
  }
  return incoming
}

/**
 * A PNG as it is, with what it says of itself; any other image that the browser can read, drawn as one.
 *
 * @throws StudioError `bad_input` for what is no image, and for images that are too large
 */
async function pngOf(file: File): Promise<Blob> {
  if (file.size > maxPictureBytes) {
    throw new StudioError(
      'bad_input',
      `Expected an image of at most ${formatBytes(maxPictureBytes)}, found ${formatBytes(file.size)}. Make it smaller.`,
    )
  }
  if (await isPng(file)) return file
  let image: ImageBitmap
  try {
    image = await createImageBitmap(file)
  } catch (cause) {
    throw new StudioError(
      'bad_input',
      'Expected a PNG, JPEG or WebP image, found something else. Save it as a PNG and try again.',
      { cause },
    )
  }
  try {
    const { width, height } = image
    if (Math.max(width, height) > maxSide) {
      throw new StudioError(
        'bad_input',
        `Expected at most ${maxSide} pixels a side, found ${width} x ${height}. Make it smaller.`,
      )
    }
    const canvas = new OffscreenCanvas(width, height)
    canvas.getContext('2d')?.drawImage(image, 0, 0)
    return await canvas.convertToBlob({ type: 'image/png' })
  } finally {
    image.close()
  }
}

/** The first eight bytes of every PNG (ISO/IEC 15948, section 5.2). */
const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

async function isPng(file: File): Promise<boolean> {
  const head = new Uint8Array(await file.slice(0, signature.length).arrayBuffer())
  return signature.every((byte, index) => head[index] === byte)
}

function base64Of(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve((reader.result as string).replace(/^[^,]*,/, ''))
    reader.onerror = () =>
      reject(
        new StudioError(
          'bad_input',
          'Expected a file that can be read, found that it cannot. Choose it again.',
          { cause: reader.error },
        ),
      )
    reader.readAsDataURL(blob)
  })
}
