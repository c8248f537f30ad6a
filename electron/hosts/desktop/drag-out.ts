import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'

import type { NativeImage, WebContents } from 'electron'
import { z } from 'zod'

import { maxDragged } from '../../../shared/contract.ts'
import { StudioError } from '../../../shared/errors.ts'

const imagesSchema = z
  .array(z.string().regex(/^[0-9a-f]{64}$/))
  .min(1)
  .max(maxDragged)

/**
 * Makes the function that lets the system drag pictures out of a window.
 *
 * What is dragged is a copy: a target may move what it is given, and no picture may leave the library. The copies are
 * named so that a person knows them, and lie in a folder that goes with the program.
 *
 * @param options.folder where the copies are put
 * @param options.imageFile absolute path of an image of the library by its SHA-256, or null
 * @param options.iconOf what hangs on the pointer
 * @returns throws `bad_input` for anything but hashes, `not_found` for an image that the library does not have
 */
export function createDragOut(options: {
  readonly folder: string
  readonly imageFile: (imageSha256: string) => string | null
  readonly iconOf: (file: string) => NativeImage
}): (sender: Pick<WebContents, 'startDrag'>, imageSha256s: unknown) => void {
  const copy = (sha256: string): string => {
    const source = options.imageFile(sha256)
    if (source === null) {
      const message = `Expected an image of this library, found none with the hash ${sha256}. Reload the window.`
      throw new StudioError('not_found', message)
    }
    const file = join(options.folder, `goldpan-${sha256.slice(0, 16)}.png`)
    if (!existsSync(file)) copyFileSync(source, file)
    return file
  }
  return (sender, imageSha256s) => {
    const parsed = imagesSchema.safeParse(imageSha256s)
    if (!parsed.success) {
      const message = `Expected 1 to ${maxDragged} images by their SHA-256, found something else. Select fewer pictures.`
      throw new StudioError('bad_input', message)
    }
    const files = [...new Set(parsed.data)].map(copy)
    const [file = ''] = files
    sender.startDrag({ file, files, icon: options.iconOf(file) })
  }
}
