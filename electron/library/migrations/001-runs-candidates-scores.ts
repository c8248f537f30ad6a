import type { WritableDatabase } from '../connection.ts'
import type { Migration } from './migrate.ts'

/** The first tables: what was asked for, what came out of it, how it was judged, which pictures there are. */
export const runsCandidatesScores: Migration = {
  version: 1,
  slug: 'runs-candidates-scores',
  apply(db: WritableDatabase): void {
    db.exec(`
      CREATE TABLE runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        created_at TEXT NOT NULL,
        spec TEXT NOT NULL CHECK (json_valid(spec)),
        unknown_words TEXT NOT NULL CHECK (json_valid(unknown_words)),
        status TEXT NOT NULL
          CHECK (status IN ('queued', 'running', 'done', 'cancelled', 'interrupted', 'failed')),
        error TEXT CHECK (json_valid(error)),
        device TEXT,
        CHECK ((status = 'failed') = (error IS NOT NULL))
      ) STRICT;

      CREATE TABLE images (
        sha256 TEXT PRIMARY KEY NOT NULL CHECK (length(sha256) = 64),
        bytes INTEGER NOT NULL CHECK (bytes > 0),
        width INTEGER NOT NULL CHECK (width > 0),
        height INTEGER NOT NULL CHECK (height > 0)
      ) STRICT, WITHOUT ROWID;

      -- seconds is null for a row that was rebuilt from its picture: pictures tell nothing of time.
      CREATE TABLE candidates (
        id INTEGER PRIMARY KEY,
        run_id INTEGER NOT NULL REFERENCES runs (id),
        arm TEXT NOT NULL CHECK (arm IN ('search', 'baseline')),
        seq INTEGER NOT NULL CHECK (seq >= 0),
        steps INTEGER NOT NULL CHECK (steps > 0),
        recipe TEXT NOT NULL CHECK (json_valid(recipe)),
        noise_sha256 TEXT NOT NULL CHECK (length(noise_sha256) = 64),
        nfe INTEGER NOT NULL CHECK (nfe >= 0),
        forward_passes INTEGER NOT NULL CHECK (forward_passes >= 0),
        seconds REAL CHECK (seconds >= 0),
        image_sha256 TEXT NOT NULL REFERENCES images (sha256),
        UNIQUE (run_id, arm, seq)
      ) STRICT;

      -- A score that is missing is a row that is missing; the check refuses infinities (NaN is stored as null).
      CREATE TABLE scores (
        candidate_id INTEGER NOT NULL REFERENCES candidates (id),
        verifier TEXT NOT NULL,
        score REAL NOT NULL CHECK (abs(score) < 1e300),
        PRIMARY KEY (candidate_id, verifier)
      ) STRICT, WITHOUT ROWID;
    `)
  },
}
