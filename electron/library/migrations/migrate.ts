/** Brings a catalogue to the newest version: one migration a file, one transaction a version, in order. */

import { applicationId, inTransaction, type WritableDatabase } from '../connection.ts'

export type Migration = {
  /** The catalogue's user_version once this has run: 1, 2, 3, ... */
  readonly version: number
  readonly slug: string
  apply(db: WritableDatabase): void
}

/** The schema version of an open catalogue; 0 for a new one. */
export function schemaVersion(db: WritableDatabase): number {
  return db.pragma('user_version', { simple: true }) as number
}

/** The version that a list of migrations leads to. Throws when the list has a gap or is out of order. */
export function newestVersion(migrations: readonly Migration[]): number {
  migrations.forEach(({ version, slug }, index) => {
    if (version !== index + 1) {
      throw new Error(`Migration ${version}-${slug}: expected version ${index + 1} at this place of the list`)
    }
  })
  return migrations.length
}

/**
 * Runs the migrations that a catalogue lacks. Tables and version change in the same transaction: after a failure or
 * a kill the catalogue stands at the last version that was completed.
 *
 * @param beforeExisting called once before a catalogue that already has a version is changed; what it throws stops all
 */
export function migrate(
  db: WritableDatabase,
  migrations: readonly Migration[],
  beforeExisting: () => void,
): void {
  const newest = newestVersion(migrations)
  const found = schemaVersion(db)
  if (found >= newest) return
  if (found > 0) beforeExisting()
  for (const migration of migrations.slice(found)) {
    inTransaction(db, () => {
      migration.apply(db)
      db.pragma(`application_id = ${applicationId}`)
      db.pragma(`user_version = ${migration.version}`)
    })
  }
}
