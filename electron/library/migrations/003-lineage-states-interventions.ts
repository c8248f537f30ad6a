import type { WritableDatabase } from '../connection.ts'
import type { Migration } from './migrate.ts'

/**
 * Where a candidate comes from and what it cost; the state in which others go on from it; a person's hand in a search;
 * candidates that failed.
 *
 * SQLite cannot change a CHECK, so runs and candidates are written anew, and scores with them because it refers to
 * candidates. The old tables step aside under other names first: so the new ones read like any other, and every
 * reference is checked while the rows are copied.
 *
 * Specifications stay as they are: what is new in them has defaults that mean what was done before. Of the candidates so
 * far each was drawn in one round from nothing to its image, and scored by every verifier of its guide.
 */
export const lineageStatesInterventions: Migration = {
  version: 3,
  slug: 'lineage-states-interventions',
  apply(db: WritableDatabase): void {
    db.exec(`
      ALTER TABLE runs RENAME TO old_runs;
      ALTER TABLE candidates RENAME TO old_candidates;
      ALTER TABLE scores RENAME TO old_scores;

      CREATE TABLE runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        created_at TEXT NOT NULL,
        spec TEXT NOT NULL CHECK (json_valid(spec)),
        unknown_words TEXT NOT NULL CHECK (json_valid(unknown_words)),
        status TEXT NOT NULL
          CHECK (status IN ('queued', 'running', 'paused', 'done', 'cancelled', 'interrupted', 'failed')),
        error TEXT CHECK (json_valid(error)),
        device TEXT,
        CHECK ((status = 'failed') = (error IS NOT NULL))
      ) STRICT;

      -- A parent is the seq of a candidate of the search in the same run, always an earlier one: no line can be a
      -- circle. No foreign key, because a picture may come back without its parent's. seconds is null for a row that
      -- was rebuilt from its picture, gflop for one of an earlier version: nobody knows them any more.
      CREATE TABLE candidates (
        id INTEGER PRIMARY KEY,
        run_id INTEGER NOT NULL REFERENCES runs (id),
        arm TEXT NOT NULL CHECK (arm IN ('search', 'baseline', 'final')),
        seq INTEGER NOT NULL CHECK (seq >= 0),
        round INTEGER NOT NULL CHECK (round >= 0),
        parent INTEGER CHECK (parent >= 0),
        level REAL NOT NULL CHECK (level >= 0 AND level < 1e300),
        steps INTEGER NOT NULL CHECK (steps > 0),
        recipe TEXT NOT NULL CHECK (json_valid(recipe)),
        noise_sha256 TEXT NOT NULL CHECK (length(noise_sha256) = 64),
        nfe INTEGER NOT NULL CHECK (nfe >= 0),
        forward_passes INTEGER NOT NULL CHECK (forward_passes >= 0),
        verifier_calls INTEGER NOT NULL CHECK (verifier_calls >= 0),
        gflop REAL CHECK (gflop >= 0 AND gflop < 1e300),
        seconds REAL CHECK (seconds >= 0),
        image_sha256 TEXT NOT NULL REFERENCES images (sha256),
        UNIQUE (run_id, arm, seq),
        CHECK (CASE arm WHEN 'search' THEN parent IS NULL OR parent < seq
                        WHEN 'final' THEN parent IS seq
                        ELSE parent IS NULL END)
      ) STRICT;

      -- A score that is missing is a row that is missing; the check refuses infinities (NaN is stored as null).
      CREATE TABLE scores (
        candidate_id INTEGER NOT NULL REFERENCES candidates (id),
        verifier TEXT NOT NULL,
        score REAL NOT NULL CHECK (abs(score) < 1e300),
        PRIMARY KEY (candidate_id, verifier)
      ) STRICT, WITHOUT ROWID;

      INSERT INTO runs SELECT id, created_at, spec, unknown_words, status, error, device FROM old_runs;
      INSERT INTO candidates
        SELECT old.id, old.run_id, old.arm, old.seq, 0, NULL, 0, old.steps, old.recipe, old.noise_sha256, old.nfe,
               old.forward_passes, ifnull(json_array_length(runs.spec, '$.guide'), 0), NULL, old.seconds,
               old.image_sha256
          FROM old_candidates AS old JOIN runs ON runs.id = old.run_id;
      INSERT INTO scores SELECT candidate_id, verifier, score FROM old_scores;

      DROP TABLE old_scores;
      DROP TABLE old_candidates;
      DROP TABLE old_runs;

      CREATE INDEX candidates_by_image ON candidates (image_sha256);

      -- The end of a candidate that others go on from. data: the latents, then each array of the sampler's history,
      -- all of one length, little-endian float64. sha256: of step and history as text and of data, see states.ts.
      CREATE TABLE states (
        candidate_id INTEGER PRIMARY KEY REFERENCES candidates (id),
        step INTEGER NOT NULL CHECK (step >= 0),
        history INTEGER NOT NULL CHECK (history >= 0),
        data BLOB NOT NULL,
        sha256 TEXT NOT NULL CHECK (length(sha256) = 64)
      ) STRICT;

      CREATE TABLE interventions (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        run_id INTEGER NOT NULL REFERENCES runs (id),
        round INTEGER NOT NULL CHECK (round >= 0),
        until INTEGER CHECK (until >= round),
        kind TEXT NOT NULL CHECK (kind IN ('pin', 'veto', 'override', 'branch')),
        seq INTEGER NOT NULL CHECK (seq >= 0),
        cosine REAL CHECK (abs(cosine) <= 1),
        count INTEGER CHECK (count > 0),
        first_seq INTEGER CHECK (first_seq > seq),
        CHECK ((kind = 'branch') = (cosine IS NOT NULL)),
        CHECK ((kind = 'branch') = (count IS NOT NULL)),
        CHECK ((kind = 'branch') = (first_seq IS NOT NULL))
      ) STRICT;
      CREATE INDEX interventions_by_run ON interventions (run_id);

      -- Candidates that nothing can be made of; never one that is in candidates.
      CREATE TABLE failures (
        run_id INTEGER NOT NULL REFERENCES runs (id),
        arm TEXT NOT NULL CHECK (arm IN ('search', 'baseline', 'final')),
        seq INTEGER NOT NULL CHECK (seq >= 0),
        error TEXT NOT NULL CHECK (json_valid(error)),
        PRIMARY KEY (run_id, arm, seq)
      ) STRICT, WITHOUT ROWID;
    `)
  },
}
