/** The outside_images table: images that no run of this library made. */

import type { PictureId } from '../../shared/gallery.ts'
import type { ReadableDatabase, WritableDatabase } from './connection.ts'
import { insertImage, type ImageRow } from './images.ts'

/** What is kept of an image from outside. */
export type OutsideImage = { readonly name: string; readonly prompt: string; readonly addedAt: Date }

/** The picture of an image, the first where runs made it more than once; null where there is none. */
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
