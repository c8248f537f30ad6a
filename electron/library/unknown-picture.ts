import { StudioError } from '../../shared/errors.ts'
import type { PictureId } from '../../shared/gallery.ts'

/** What is said of a number that no picture has. */
export function unknownPicture(picture: PictureId | undefined): StudioError {
  return new StudioError(
    'not_found',
    `Expected the number of a picture in this library, found ${picture}. \`wall\` lists them.`,
  )
}
