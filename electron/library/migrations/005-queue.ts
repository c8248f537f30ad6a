import type { WritableDatabase } from '../connection.ts'
import type { Migration } from './migrate.ts'

/**
 * Runs that wait have an order of their own, made by hand, which outlives the program. Before this version they were
 * worked off by number.
 */
export const queue: Migration = {
  version: 5,
  slug: 'queue',
  apply(db: WritableDatabase): void {
    db.exec(`
      -- Runs of the queue are worked off by ascending place. One that has left it keeps the place that it had.
      ALTER TABLE runs ADD COLUMN queue_place INTEGER NOT NULL DEFAULT 0;
      UPDATE runs SET queue_place = id;
    `)
  },
}
