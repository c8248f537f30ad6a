/** The verdicts table: what verifiers said of pictures after their runs. `scores` is apart, and goes first. */

import type { PictureId } from '../../shared/gallery.ts'
import type { VerifierId } from '../../shared/vocabulary.ts'
import type { Verdict } from '../core/runs/picture-catalogue.ts'
import { readColumn, verifierSchema } from './columns.ts'
import type { ReadableDatabase, WritableDatabase } from './connection.ts'

type VerdictRow = {
  readonly picture_id: number
  readonly verifier: string
  readonly score: number | null
  readonly judged_by: string
}

/** Of those pictures, in no order. */
export function verdictsOf(db: ReadableDatabase, pictures: readonly PictureId[]): readonly Verdict[] {
  return db
    .prepare<[string], VerdictRow>(
      'SELECT verdicts.* FROM json_each(?) AS asked JOIN verdicts ON verdicts.picture_id = asked.value',
    )
    .all(JSON.stringify(pictures))
    .map((row) => ({
      picture: row.picture_id,
      verifier: readColumn(
        verifierSchema,
        JSON.stringify(row.verifier),
        `verifier of picture ${row.picture_id}`,
      ),
      score: row.score,
      judgedBy: row.judged_by,
    }))
}

/** Keeps verdicts, in the place of earlier ones. A score that is not finite is kept as none. */
export function putVerdicts(db: WritableDatabase, verdicts: readonly Verdict[]): void {
  const put = db.prepare(
    `INSERT INTO verdicts (picture_id, verifier, score, judged_by) VALUES (?, ?, ?, ?)
     ON CONFLICT (picture_id, verifier) DO UPDATE SET score = excluded.score, judged_by = excluded.judged_by`,
  )
  for (const { picture, verifier, score, judgedBy } of verdicts) {
    put.run(picture, verifier, score !== null && Number.isFinite(score) ? score : null, judgedBy)
  }
}

/** Forgets what a verifier said, unless this is who judged. */
export function forgetVerdicts(db: WritableDatabase, verifier: VerifierId, but: string): void {
  db.prepare('DELETE FROM verdicts WHERE verifier = ? AND judged_by <> ?').run(verifier, but)
}

/** Forgets everything that was said of a picture. */
export function forgetVerdictsOf(db: WritableDatabase, picture: PictureId): void {
  db.prepare('DELETE FROM verdicts WHERE picture_id = ?').run(picture)
}
