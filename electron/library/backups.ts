/**
 * Copies of the catalogue, made by SQLite itself: the bare file of a live WAL database is worth nothing without its
 * -wal. VACUUM INTO because closing is synchronous, and because the copy is synced like the original.
 */

import Database from 'better-sqlite3'
import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'

import type { BackupFacts } from '../../shared/domain.ts'
import { listBackups, nextBackupFile } from './backup-files.ts'
import { quickCheck, type ReadableDatabase } from './connection.ts'
import type { LibraryLayout } from './layout.ts'

/** How many copies stay; the oldest go first. */
export const backupsKept = 10

/**
 * Writes a checked copy of the catalogue into backups/ and drops the oldest beyond ten.
 *
 * @returns the file of the copy
 * @throws what SQLite or the disk says; the half copy is removed
 */
export function backUp(db: ReadableDatabase, layout: LibraryLayout): string {
  // Not recursive: where the library's folder is gone, an empty mount point must stay empty.
  if (!existsSync(layout.backups)) mkdirSync(layout.backups)
  const file = nextBackupFile(layout, db.pragma('user_version', { simple: true }) as number)
  // One fixed name: what a kill leaves half done is replaced by the next copy.
  const unfinished = path.join(layout.backups, 'unfinished.db')
  for (const leftover of [unfinished, `${unfinished}-journal`]) rmSync(leftover, { force: true })
  try {
    db.prepare('VACUUM INTO ?').run(unfinished)
    checkCopy(unfinished)
    renameSync(unfinished, file)
  } catch (error) {
    rmSync(unfinished, { force: true })
    throw error
  }
  for (const old of listBackups(layout).slice(0, -backupsKept)) rmSync(old.file, { force: true })
  return file
}

/** What there is, without opening any of it. */
export function backupFacts(layout: LibraryLayout): BackupFacts {
  const files = listBackups(layout)
  const newest = files.at(-1)
  const written = newest === undefined ? undefined : statSync(newest.file, { throwIfNoEntry: false })
  return { folder: layout.backups, count: files.length, newest: written?.mtime.toISOString() ?? null }
}

function checkCopy(file: string): void {
  const copy = new Database(file, { readonly: true, fileMustExist: true })
  try {
    quickCheck(copy as unknown as ReadableDatabase)
  } finally {
    copy.close()
  }
}
