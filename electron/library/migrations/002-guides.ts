import type { WritableDatabase } from '../connection.ts'
import type { Migration } from './migrate.ts'

/**
 * A run's specification names the verifiers of its guide and those that are held out, where it named one verifier. A
 * new version of the catalogue, so that a program that knows the earlier form only does not take these runs for damage.
 */
export const guides: Migration = {
  version: 2,
  slug: 'guides',
  apply(db: WritableDatabase): void {
    db.exec(`
      UPDATE runs
         SET spec = json_remove(
               json_set(spec, '$.guide', json_array(spec ->> '$.verifier'), '$.heldOut', json_array()),
               '$.verifier')
       WHERE spec ->> '$.verifier' IS NOT NULL;
    `)
  },
}
