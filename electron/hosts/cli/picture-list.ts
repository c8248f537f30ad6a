/** Pictures as a person names several of them, and their details. */

import type { Studio } from '../../core/studio.ts'
import { StudioError } from '../../../shared/errors.ts'
import { maxDetails, type Picture, type PictureId } from '../../../shared/gallery.ts'
import { oneLine } from './output.ts'
import { placeOf } from './references.ts'

/** What stands in the help of the commands that take pictures. */
export const picturesOperand = 'PICTURES'
export const aboutPictures =
  'PICTURES are numbers as `pictures` lists them, or places such as 12/3 and 12/baseline/0, or 12/ for all of run 12, with commas between them.'

/**
 * The numbers of the pictures that a list names, each once.
 *
 * @throws `bad_input` for what is no list of pictures, `not_found` for a place without one
 */
export async function pictureIdsOf(text: string, studio: Studio): Promise<readonly PictureId[]> {
  const ids: PictureId[] = []
  for (const word of text.split(',').map((part) => part.trim())) {
    const place = placeOf(word)
    const [, wholeRun] = /^(\d{1,15})\/$/.exec(word) ?? []
    if (wholeRun !== undefined) {
      const all = await studio.api.picturesOfRun({ runId: Number(wholeRun) })
      ids.push(...all.map(({ id }) => id))
    } else if (place !== null) {
      const found = (await studio.api.picturesOfRun({ runId: place.runId })).find(
        ({ origin }) => origin.kind === 'candidate' && origin.arm === place.arm && origin.seq === place.seq,
      )
      if (found === undefined) {
        throw new StudioError(
          'not_found',
          `Expected a picture at ${word}, found none; \`show ${place.runId}\` lists those of the run`,
        )
      }
      ids.push(found.id)
    } else if (/^-?\d{1,15}$/.test(word)) ids.push(Number(word))
    else {
      throw new StudioError('bad_input', `Expected pictures such as 4,7,12/3, found ${JSON.stringify(word)}`)
    }
  }
  return [...new Set(ids)]
}

/** Details of any number of pictures, in their order; those that are not there are left out. */
export async function detailsOf(studio: Studio, ids: readonly PictureId[]): Promise<readonly Picture[]> {
  const pictures: Picture[] = []
  for (let from = 0; from < ids.length; from += maxDetails)
    pictures.push(...(await studio.api.pictures({ pictures: ids.slice(from, from + maxDetails) })))
  return pictures
}

/** Details of the pictures that a list names; throws `not_found` where one of them is not there. */
export async function picturesOf(text: string, studio: Studio): Promise<readonly Picture[]> {
  const ids = await pictureIdsOf(text, studio)
  const pictures = await detailsOf(studio, ids)
  const found = new Set(pictures.map(({ id }) => id))
  const lost = ids.find((id) => !found.has(id))
  if (lost === undefined) return pictures
  throw new StudioError(
    'not_found',
    `Expected pictures of this library, found ${lost}, which it does not have; \`pictures\` lists them`,
  )
}

/** Where a picture comes from, in a few words on one line: `12/3`, `12/baseline/0`, a file's name. */
export function originText({ origin }: Pick<Picture, 'origin'>): string {
  if (origin.kind === 'outside') return oneLine(origin.name)
  return origin.arm === 'search'
    ? `${origin.runId}/${origin.seq}`
    : `${origin.runId}/${origin.arm}/${origin.seq}`
}
