/** The checks that must hold after every fault. The library must be closed: this opens its files by itself. */

import assert from 'node:assert/strict'
import Database from 'better-sqlite3'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

import { sha256Of } from '../image-files.ts'
import { imagePath, layoutOf } from '../layout.ts'

/** What a sound library holds: the hash of each row's picture, and the picture files that no row names. */
export type SoundLibrary = { readonly rows: ReadonlySet<string>; readonly orphans: readonly string[] }

/** Fails unless SQLite finds no fault and every row has its file, whole; nothing may lie under a foreign name. */
export function expectSound(folder: string): SoundLibrary {
  const layout = layoutOf(folder)
  const db = new Database(layout.catalogue, { fileMustExist: true })
  try {
    assert.equal(db.pragma('integrity_check', { simple: true }), 'ok')
    assert.deepEqual(db.pragma('foreign_key_check'), [])
    const rows = db
      .prepare<[], string>(
        'SELECT image_sha256 FROM candidates UNION SELECT image_sha256 FROM outside_images',
      )
      .pluck()
      .all()
    for (const sha256 of rows) assert.equal(sha256Of(readFileSync(imagePath(layout, sha256))), sha256)
    const files = readdirSync(layout.images, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .filter((file) => !file.startsWith(layout.imagesTmp))
    for (const file of files) {
      assert.equal(
        `${sha256Of(readFileSync(file))}.png`,
        path.basename(file),
        'a half file under a final name',
      )
    }
    const known = new Set(rows)
    return { rows: known, orphans: files.filter((file) => !known.has(path.basename(file, '.png'))) }
  } finally {
    db.close()
  }
}
