/**
 * One process to a library. The lock is the operating system's, taken through SQLite on an empty file: it goes with
 * its process whatever way that ends, so nothing stale can be left.
 *
 * Nobody may open the lock file (or the catalogue) by other means in this process: POSIX drops all of a process's
 * locks on a file as soon as any descriptor of that file is closed. SQLite knows; plain reads do not.
 */

import Database from 'better-sqlite3'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { z } from 'zod'

import type { Environment } from '../../shared/domain.ts'
import { StudioError } from '../../shared/errors.ts'
import type { LibraryLayout } from './layout.ts'

export type Host = Environment['host']

export type LibraryLock = {
  /** Lets the next process in. */
  release(): void
}

/** Long enough for a program that is just ending, short enough to wait for at a start. */
const patienceMs = 500

const holderSchema = z.object({ pid: z.number().int(), host: z.enum(['desktop', 'browser', 'cli']) })

/**
 * Takes the library for this process.
 *
 * @throws `library_locked` when another process, or this one, has it open
 */
export function acquireLock(layout: LibraryLayout, host: Host): LibraryLock {
  const lock = new Database(layout.lock, { timeout: patienceMs })
  try {
    // A journal in memory: taking the lock writes nothing, the file stays empty.
    lock.pragma('journal_mode = MEMORY')
    lock.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    throw error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')
      ? refusal(layout, error)
      : error
  }
  leaveNote(layout, host)
  return {
    release() {
      rmSync(layout.holder, { force: true })
      lock.close()
    },
  }
}

/** The lock holds without it; on a full disk, where it cannot be written, a library must still open to be looked at. */
function leaveNote(layout: LibraryLayout, host: Host): void {
  try {
    writeFileSync(layout.holder, `${JSON.stringify({ pid: process.pid, host })}\n`)
  } catch {
    // The next process is refused with a vaguer text.
  }
}

function refusal(layout: LibraryLayout, cause: unknown): StudioError {
  return new StudioError(
    'library_locked',
    `Expected the library ${layout.folder} to be free, found it open in ${holderOf(layout)}. ` +
      'Close the other one, or choose another folder with --library.',
    { cause },
  )
}

function holderOf(layout: LibraryLayout): string {
  try {
    const { pid, host } = holderSchema.parse(JSON.parse(readFileSync(layout.holder, 'utf8')))
    return `another Goldpan (${host}, process ${pid})`
  } catch {
    // Not written yet, or there was no room for it.
    return 'another Goldpan'
  }
}
