import type { WritableDatabase } from '../connection.ts'
import type { Migration } from './migrate.ts'

/**
 * Images from outside can be removed. One that is, is nowhere to be seen, and comes back whole until the library is
 * closed. Then the rest of its rows and its file go; its number stays in `pictures`, so that none is used twice.
 */
export const removedPictures: Migration = {
  version: 6,
  slug: 'removed-pictures',
  apply(db: WritableDatabase): void {
    db.exec(`
      ALTER TABLE outside_images ADD COLUMN removed INTEGER NOT NULL DEFAULT 0 CHECK (removed IN (0, 1));
    `)
  },
}
