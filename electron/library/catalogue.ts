/** Opening one catalogue file: looked at before it is touched, checked before it is trusted, migrated after a copy. */

import { closeSync, openSync, readSync, renameSync, rmSync, statSync } from 'node:fs'

import { StudioError } from '../../shared/errors.ts'
import { applicationId, connect, makeDurable, quickCheck, type WritableDatabase } from './connection.ts'
import { damaged } from './faults.ts'
import type { LibraryLayout } from './layout.ts'
import { migrations } from './migrations/index.ts'
import { migrate, newestVersion } from './migrations/migrate.ts'

/** The first bytes of every SQLite file, and where its two integers of ours stand (sqlite.org/fileformat2.html). */
const magic = 'SQLite format 3\0'
const headerBytes = 100
const userVersionOffset = 60
const applicationIdOffset = 68

/**
 * Creates a catalogue with the newest tables. It appears under its name only when it is complete: a kill during a
 * first start leaves a draft, which the next first start replaces.
 */
export function createCatalogue(file: string): void {
  const draft = `${file}.draft`
  for (const leftover of [draft, `${draft}-journal`]) rmSync(leftover, { force: true })
  const db = connect(draft)
  try {
    migrate(db, migrations, () => undefined)
  } finally {
    db.close()
  }
  renameSync(draft, file)
}

/**
 * Opens an existing catalogue.
 *
 * @param beforeMigrating called before an older catalogue is brought up to date; what it throws stops the opening
 * @throws `library_damaged`, `library_newer`
 */
export function openCatalogue(
  layout: LibraryLayout,
  file: string,
  beforeMigrating: (db: WritableDatabase) => void,
): WritableDatabase {
  examineHeader(layout, file)
  const db = connect(file)
  try {
    // Again, as SQLite sees it: the header may be older than a -wal beside it.
    refuseForeign(layout, db.pragma('application_id', { simple: true }) as number)
    refuseNewer(layout, db.pragma('user_version', { simple: true }) as number)
    quickCheck(db)
    // Only what was checked is written to: these settings are the first that may write.
    makeDurable(db)
    migrate(db, migrations, () => beforeMigrating(db))
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/**
 * Looks at the head of the file without SQLite, which would tidy up a -wal before it says what it found. Only for a
 * file that no connection of this process has open: see lock.ts.
 */
function examineHeader(layout: LibraryLayout, file: string): void {
  const size = statSync(file).size
  if (size === 0) throw damaged(layout, 'an empty file in its place')
  const header = Buffer.alloc(headerBytes)
  const descriptor = openSync(file, 'r')
  try {
    readSync(descriptor, header, 0, headerBytes, 0)
  } finally {
    closeSync(descriptor)
  }
  if (header.toString('latin1', 0, magic.length) !== magic) {
    throw damaged(layout, 'a file that is no SQLite database in its place')
  }
  refuseForeign(layout, header.readUInt32BE(applicationIdOffset))
  refuseNewer(layout, header.readUInt32BE(userVersionOffset))
}

function refuseForeign(layout: LibraryLayout, found: number): void {
  if (found !== applicationId) throw damaged(layout, "another program's database in its place")
}

function refuseNewer(layout: LibraryLayout, found: number): void {
  const newest = newestVersion(migrations)
  if (found <= newest) return
  throw new StudioError(
    'library_newer',
    `Expected a library of version ${newest} or older, found version ${found} in ${layout.folder}. ` +
      `Nothing was changed. Use a Goldpan that knows library version ${found}, or choose another folder with --library.`,
  )
}
