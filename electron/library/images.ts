/** The images table: which pictures the catalogue knows. The pictures themselves are image-files.ts's. */

import type { ReadableDatabase, WritableDatabase } from './connection.ts'

export type ImageRow = {
  readonly sha256: string
  /** Size of the PNG file. */
  readonly bytes: number
  /** In pixels. */
  readonly width: number
  readonly height: number
}

/** Makes a picture known; one that is known already stays as it is: the hash says that it is the same. */
export function insertImage(db: WritableDatabase, image: ImageRow): void {
  db.prepare(
    'INSERT INTO images (sha256, bytes, width, height) VALUES (?, ?, ?, ?) ON CONFLICT (sha256) DO NOTHING',
  ).run(image.sha256, image.bytes, image.width, image.height)
}

/** Whether the catalogue knows a picture of this hash. */
export function knowsImage(db: ReadableDatabase, sha256: string): boolean {
  return db.prepare('SELECT 1 FROM images WHERE sha256 = ?').get(sha256) !== undefined
}

/** The hashes of all pictures that the catalogue knows. */
export function knownImages(db: ReadableDatabase): ReadonlySet<string> {
  return new Set(db.prepare<[], string>('SELECT sha256 FROM images').pluck().all())
}
