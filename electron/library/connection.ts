/**
 * The connection to a catalogue and its settings. Reading and writing connections are distinct types, so that a
 * function that promises to read cannot call one that writes.
 */

import Database from 'better-sqlite3'

declare const readable: unique symbol
declare const writable: unique symbol

/** A catalogue that may be read. */
export type ReadableDatabase = Database.Database & { readonly [readable]: true }
/** A catalogue that may be written; it can be read as well. */
export type WritableDatabase = ReadableDatabase & { readonly [writable]: true }

/** "Gold" in ASCII: tells our catalogues from other programs' SQLite files. */
export const applicationId = 0x476f6c64

/** How long SQLite waits for a foreign program (a backup tool, a database browser) to let go of the file. */
const busyTimeoutMs = 1000

/**
 * Opens or creates a SQLite file without writing to it yet.
 *
 * EXCLUSIVE keeps the file ours from the first read to the close, and needs no -shm file, so a damaged one cannot
 * hurt. The schema of a file that came from elsewhere is not trusted, and cells are checked when a page is loaded.
 */
export function connect(file: string): WritableDatabase {
  const db = new Database(file, { timeout: busyTimeoutMs })
  db.pragma('locking_mode = EXCLUSIVE')
  db.pragma('trusted_schema = OFF')
  db.pragma('cell_size_check = ON')
  db.pragma('foreign_keys = ON')
  return db as unknown as WritableDatabase
}

/**
 * Turns on what makes a commit survive a power cut. WAL alone would run with synchronous=NORMAL, where the last
 * acknowledged rows can be lost; fullfsync reaches the disk itself on macOS and is ignored elsewhere.
 */
export function makeDurable(db: WritableDatabase): void {
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.pragma('fullfsync = ON')
  db.pragma('checkpoint_fullfsync = ON')
}

/** Runs `work` in one transaction that takes the write lock at its start; everything or nothing of it stays. */
export function inTransaction<Result>(db: WritableDatabase, work: () => Result): Result {
  return db.transaction(work).immediate()
}

/** Throws what SQLite finds wrong with the file's structure. Bit rot inside a value is not seen by this. */
export function quickCheck(db: ReadableDatabase): void {
  const finding = db.pragma('quick_check(1)', { simple: true })
  if (finding === 'ok') return
  throw Object.assign(new Error(`quick_check: ${String(finding)}`), { code: 'SQLITE_CORRUPT' })
}
