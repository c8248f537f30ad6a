/**
 * What the disk and SQLite say when something is wrong, in words that say what to do. The only place in the library
 * where a foreign error becomes one of ours.
 */

import { statfsSync } from 'node:fs'

import { StudioError } from '../../shared/errors.ts'
import { listBackups } from './backup-files.ts'
import type { LibraryLayout } from './layout.ts'

const full = new Set(['ENOSPC', 'EDQUOT', 'SQLITE_FULL'])
const unwritable = new Set([
  ...['EACCES', 'EPERM', 'EROFS', 'EIO', 'ENOENT'],
  // A file where a folder should be, or a path that the system cannot take.
  ...['ENOTDIR', 'EEXIST', 'EISDIR', 'ELOOP', 'ENAMETOOLONG'],
])
const sqliteUnwritable = ['SQLITE_READONLY', 'SQLITE_CANTOPEN', 'SQLITE_PERM', 'SQLITE_IOERR']
const sqliteDamaged = ['SQLITE_CORRUPT', 'SQLITE_NOTADB']

/** Runs `work`; what it throws leaves as one of the library's errors where it is a fault of disk or file. */
export function guarded<Result>(layout: LibraryLayout, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    throw explain(layout, error)
  }
}

/**
 * The error that a person can act on, or the same error when it is none of the disk's.
 *
 * @returns `library_full`, `library_unwritable`, `library_damaged`, `library_locked`, or what was given
 */
export function explain(layout: LibraryLayout, thrown: unknown): Error {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  if (error instanceof StudioError) return error
  const code = codeOf(error)
  if (code === null) return error
  const options = { cause: error, detail: `${code}: ${error.message}` }
  if (full.has(code)) {
    return new StudioError(
      'library_full',
      `Expected room for another image in the library ${layout.folder}, found the disk full (${freeSpace(layout)}). ` +
        'Everything finished before this is kept. Free some space, or choose another folder with --library, then start the run again.',
      options,
    )
  }
  if (unwritable.has(code) || sqliteUnwritable.some((start) => code.startsWith(start))) {
    return new StudioError(
      'library_unwritable',
      `Expected a library folder that can be written, found that ${layout.folder} cannot (${code}). ` +
        'Check that the drive is connected, that it is not read-only and that the folder is yours, or choose another folder with --library.',
      options,
    )
  }
  if (sqliteDamaged.some((start) => code.startsWith(start))) {
    return damaged(layout, `a catalogue that SQLite cannot read (${code})`, options)
  }
  if (code.startsWith('SQLITE_BUSY')) {
    return new StudioError(
      'library_locked',
      `Expected the library ${layout.folder} to be free, found its catalogue in use by another program. ` +
        'Close the program that has catalogue.db open, or choose another folder with --library.',
      options,
    )
  }
  return error
}

/** A `library_damaged` error that says what is safe, where the backups are and which command repairs. */
export function damaged(
  layout: LibraryLayout,
  found: string,
  options: { detail?: string; cause?: unknown } = {},
): StudioError {
  const newest = listBackups(layout).at(-1)
  return new StudioError(
    'library_damaged',
    `Expected the catalogue of the library ${layout.folder}, found ${found}. ` +
      'Nothing was changed, and the images are untouched: each carries its own recipe. ' +
      (newest === undefined
        ? `There is no backup in ${layout.backups}. `
        : `The newest backup is ${newest.file}. `) +
      `To rebuild the catalogue from backup and images: npm start -- rebuild --library "${layout.folder}". ` +
      'The damaged files are kept.',
    options,
  )
}

function codeOf(error: Error): string | null {
  if ('code' in error && typeof error.code === 'string') return error.code
  // better-sqlite3 checks the parent folder by itself and throws a TypeError without a code.
  return error.message.includes('directory does not exist') ? 'ENOENT' : null
}

function freeSpace(layout: LibraryLayout): string {
  try {
    const { bavail, bsize } = statfsSync(layout.folder)
    return `${(bavail * bsize * 1e-6).toFixed(1)} MB free`
  } catch {
    return 'free space unknown'
  }
}
