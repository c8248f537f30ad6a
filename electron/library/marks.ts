/** Flags and stars: the part of the pictures table that a person changes. */

import type { Flag, Mark, PictureId, Rating } from '../../shared/gallery.ts'
import type { ReadableDatabase, WritableDatabase } from './connection.ts'
import { isThere } from './outside-images.ts'
import { unknownPicture } from './unknown-picture.ts'

type MarkRow = readonly [id: number, flag: Flag, rating: Rating]

/** The marks of pictures, each once, by number. Throws `not_found` where one is not there. */
export function marksOf(db: ReadableDatabase, pictures: readonly PictureId[]): readonly Mark[] {
  const rows = db
    .prepare<[string], MarkRow>(
      `SELECT id, flag, rating FROM pictures
        WHERE id IN (SELECT value FROM json_each(?)) AND ${isThere} ORDER BY id`,
    )
    .raw()
    .all(JSON.stringify(pictures)) as readonly MarkRow[]
  const marks = rows.map(([picture, flag, rating]) => ({ picture, flag, rating }))
  const wanted = new Set(pictures)
  if (marks.length < wanted.size) {
    for (const { picture } of marks) wanted.delete(picture)
    throw unknownPicture([...wanted][0])
  }
  return marks
}

/** Writes whole marks; their pictures must be there. */
export function putMarks(db: WritableDatabase, marks: readonly Mark[]): void {
  const put = db.prepare('UPDATE pictures SET flag = ?, rating = ? WHERE id = ?')
  for (const { picture, flag, rating } of marks) put.run(flag, rating, picture)
}

/** Throws `not_found` where one of them is not there. */
export function requirePictures(db: ReadableDatabase, pictures: readonly PictureId[]): void {
  const find = db.prepare(`SELECT 1 FROM pictures WHERE id = ? AND ${isThere}`)
  const missing = pictures.find((picture) => find.get(picture) === undefined)
  if (missing !== undefined) throw unknownPicture(missing)
}
