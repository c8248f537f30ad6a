import type { WritableDatabase } from '../connection.ts'
import type { Migration } from './migrate.ts'

/**
 * What a person does with pictures, and what is found out about them after their run: marks, boards, blind votes,
 * images from outside, verdicts and features that were asked for later; and what is set for the studio as a whole.
 *
 * `scores` stays what a run has recorded: dossiers and replays compare it. A verdict stands beside it.
 */
export const pictures: Migration = {
  version: 4,
  slug: 'pictures',
  apply(db: WritableDatabase): void {
    db.exec(`
      -- One row a picture, and what marks, boards and votes hang on. A candidate's picture has the number of its row, an
      -- image from outside a negative one: a number means one picture for ever.
      CREATE TABLE pictures (
        id INTEGER PRIMARY KEY,
        candidate_id INTEGER REFERENCES candidates (id),
        flag TEXT CHECK (flag IN ('pick', 'reject')),
        rating INTEGER NOT NULL DEFAULT 0 CHECK (rating BETWEEN 0 AND 5),
        CHECK (CASE WHEN id > 0 THEN candidate_id IS id ELSE id < 0 AND candidate_id IS NULL END)
      ) STRICT;
      INSERT INTO pictures (id, candidate_id) SELECT id, id FROM candidates;

      -- An image has one picture, however often its file is brought.
      CREATE TABLE outside_images (
        picture_id INTEGER PRIMARY KEY REFERENCES pictures (id) CHECK (picture_id < 0),
        image_sha256 TEXT NOT NULL UNIQUE REFERENCES images (sha256),
        name TEXT NOT NULL,
        prompt TEXT NOT NULL,
        added_at TEXT NOT NULL
      ) STRICT;

      -- A board that was removed keeps its pictures, so that it can come back.
      CREATE TABLE boards (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL CHECK (name <> ''),
        removed INTEGER NOT NULL DEFAULT 0 CHECK (removed IN (0, 1))
      ) STRICT;

      -- By id in the order in which they were put there.
      CREATE TABLE board_pictures (
        id INTEGER PRIMARY KEY,
        board_id INTEGER NOT NULL REFERENCES boards (id),
        picture_id INTEGER NOT NULL REFERENCES pictures (id),
        UNIQUE (board_id, picture_id)
      ) STRICT;
      CREATE INDEX board_pictures_by_picture ON board_pictures (picture_id);

      CREATE TABLE votes (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        voted_at TEXT NOT NULL,
        winner INTEGER NOT NULL REFERENCES pictures (id),
        loser INTEGER NOT NULL REFERENCES pictures (id),
        withdrawn INTEGER NOT NULL DEFAULT 0 CHECK (withdrawn IN (0, 1)),
        CHECK (winner <> loser)
      ) STRICT;

      -- Scores that were asked for after the run. score is null where the verifier had nothing to say; judged_by is the
      -- SHA-256 of its pack, or the name of the grader's model.
      CREATE TABLE verdicts (
        picture_id INTEGER NOT NULL REFERENCES pictures (id),
        verifier TEXT NOT NULL,
        score REAL CHECK (abs(score) < 1e300),
        judged_by TEXT NOT NULL,
        PRIMARY KEY (picture_id, verifier)
      ) STRICT, WITHOUT ROWID;

      -- What a pack's image tower makes of an image, little-endian float32. Can be made again.
      CREATE TABLE features (
        id INTEGER PRIMARY KEY,
        image_sha256 TEXT NOT NULL REFERENCES images (sha256),
        pack_sha256 TEXT NOT NULL CHECK (length(pack_sha256) = 64),
        vector BLOB NOT NULL CHECK (length(vector) > 0 AND length(vector) % 4 = 0),
        UNIQUE (image_sha256, pack_sha256)
      ) STRICT;

      CREATE TABLE preferences (
        key TEXT PRIMARY KEY,
        value TEXT NOT NULL CHECK (json_valid(value))
      ) STRICT, WITHOUT ROWID;
    `)
  },
}
