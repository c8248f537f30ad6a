/** The outside_images table: images that no run of this library made. */

import { StudioError } from '../../shared/errors.ts'
import type { PictureId } from '../../shared/gallery.ts'
import type { ReadableDatabase, WritableDatabase } from './connection.ts'
import { insertImage, type ImageRow } from './images.ts'
import { unknownPicture } from './unknown-picture.ts'

/** What is kept of an image from outside. */
export type OutsideImage = { readonly name: string; readonly prompt: string; readonly addedAt: Date }

/** SQL: whether a row of `pictures` is one that can be seen, no number of an image that was removed. */
export const isThere = `(pictures.id > 0
  OR EXISTS (SELECT 1 FROM outside_images WHERE picture_id = pictures.id AND removed = 0))`

/** The picture of an image, the first where runs made it more than once, or one that was removed; null where there is none. */
export function pictureOfImage(db: ReadableDatabase, imageSha256: string): PictureId | null {
  const found = db
    .prepare<[string, string], number>(
      `SELECT id FROM candidates WHERE image_sha256 = ?
       UNION ALL SELECT picture_id FROM outside_images WHERE image_sha256 = ? LIMIT 1`,
    )
    .pluck()
    .get(imageSha256, imageSha256)
  return found ?? null
}

/** Adds a picture with its image; must run in a transaction. */
export function insertOutsideImage(db: WritableDatabase, image: ImageRow, facts: OutsideImage): PictureId {
  insertImage(db, image)
  const id = db.prepare<[], number>('SELECT min(0, ifnull(min(id), 0)) - 1 FROM pictures').pluck().get() ?? -1
  db.prepare('INSERT INTO pictures (id) VALUES (?)').run(id)
  db.prepare(
    'INSERT INTO outside_images (picture_id, image_sha256, name, prompt, added_at) VALUES (?, ?, ?, ?, ?)',
  ).run(id, image.sha256, facts.name, facts.prompt, facts.addedAt.toISOString())
  return id
}

/** Whether it was there: says what an image from outside was meant to show. */
export function updatePrompt(db: WritableDatabase, picture: PictureId, prompt: string): boolean {
  return (
    db.prepare('UPDATE outside_images SET prompt = ? WHERE picture_id = ?').run(prompt, picture).changes > 0
  )
}

/** Whether an image from outside was removed and can still come back. */
export function isRemoved(db: ReadableDatabase, picture: PictureId): boolean {
  const found = db.prepare('SELECT 1 FROM outside_images WHERE picture_id = ? AND removed = 1').get(picture)
  return found !== undefined
}

/**
 * Has images from outside be seen no more, or again. Those that are so already stay so.
 *
 * @throws `bad_input` for a picture that a run has made, `not_found` for one that never was, or is gone for good
 */
export function setRemoved(db: WritableDatabase, pictures: readonly PictureId[], removed: boolean): void {
  const update = db.prepare('UPDATE outside_images SET removed = ? WHERE picture_id = ?')
  const runOf = db.prepare<[number], number>('SELECT run_id FROM candidates WHERE id = ?').pluck()
  for (const picture of pictures) {
    if (update.run(removed ? 1 : 0, picture).changes > 0) continue
    const run = runOf.get(picture)
    if (run === undefined) throw unknownPicture(picture)
    throw new StudioError(
      'bad_input',
      `pictures: expected images from outside, found ${picture}, which run ${run} has made: a run stays whole. Reject it instead, and filter by flag`,
    )
  }
}

/**
 * Images of removed pictures that no run has made as well: their files are nobody's. Null where no picture is removed.
 */
export function imagesToForget(db: ReadableDatabase): readonly string[] | null {
  type Row = { readonly image: string; readonly isShared: 0 | 1 }
  const removed = db
    .prepare<[], Row>(
      `SELECT image_sha256 AS image, EXISTS (SELECT 1 FROM candidates WHERE candidates.image_sha256 = outside_images.image_sha256) AS isShared
         FROM outside_images WHERE removed = 1`,
    )
    .all()
  return removed.length === 0
    ? null
    : removed.filter(({ isShared }) => isShared === 0).map(({ image }) => image)
}

/**
 * Forgets removed pictures for good, with all that hangs on them and on images that are nobody's; must run in a
 * transaction. Their numbers stay, so that they are not used again.
 *
 * @param images as `imagesToForget` lists them
 */
export function forgetRemoved(db: WritableDatabase, images: readonly string[]): void {
  const gone = '(SELECT picture_id FROM outside_images WHERE removed = 1)'
  db.exec(`
    DELETE FROM votes WHERE winner IN ${gone} OR loser IN ${gone};
    DELETE FROM board_pictures WHERE picture_id IN ${gone};
    DELETE FROM verdicts WHERE picture_id IN ${gone};
    UPDATE pictures SET flag = NULL, rating = 0 WHERE id IN ${gone};
    DELETE FROM outside_images WHERE removed = 1;
  `)
  for (const table of ['features WHERE image_sha256', 'images WHERE sha256']) {
    const remove = db.prepare(`DELETE FROM ${table} = ?`)
    for (const image of images) remove.run(image)
  }
}
