/** The copies in backups/: their names and their order. The order is a counter's, because clocks go backwards. */

import { readdirSync } from 'node:fs'
import path from 'node:path'

import type { LibraryLayout } from './layout.ts'

export type BackupFile = { readonly number: number; readonly file: string }

const namePattern = /^catalogue-(\d{6,12})-v\d+-[0-9TZ]+\.db$/

/** All backups of a library, oldest first; none when there is no such folder. */
export function listBackups(layout: LibraryLayout): readonly BackupFile[] {
  return namesIn(layout.backups)
    .flatMap((name) => {
      const digits = namePattern.exec(name)?.[1]
      return digits === undefined ? [] : [{ number: Number(digits), file: path.join(layout.backups, name) }]
    })
    .sort((a, b) => a.number - b.number)
}

/** Where the next backup goes, of a catalogue at this schema version. */
export function nextBackupFile(layout: LibraryLayout, schemaVersion: number): string {
  const number = (listBackups(layout).at(-1)?.number ?? 0) + 1
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')
  return path.join(
    layout.backups,
    `catalogue-${String(number).padStart(6, '0')}-v${schemaVersion}-${time}.db`,
  )
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
