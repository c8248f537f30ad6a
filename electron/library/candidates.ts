/** The candidates table: one row a finished image. */

import type { Arm, Candidate } from '../../shared/domain.ts'
import { readColumn, recipeSchema } from './columns.ts'
import { inTransaction, type ReadableDatabase, type WritableDatabase } from './connection.ts'
import { insertImage, type ImageRow } from './images.ts'
import { insertScores, scoresOfRun } from './scores.ts'

type CandidateRow = {
  readonly id: number
  readonly run_id: number
  readonly arm: Arm
  readonly seq: number
  readonly steps: number
  readonly recipe: string
  readonly noise_sha256: string
  readonly nfe: number
  readonly forward_passes: number
  readonly seconds: number | null
  readonly image_sha256: string
}

/** A candidate for the catalogue; `seconds` is null where nobody knows any more how long it took. */
export type CandidateToInsert = Omit<Candidate, 'seconds'> & { readonly seconds: number | null }

/** Commits a candidate with its scores and its picture's row: all of it or nothing. */
export function insertCandidate(db: WritableDatabase, candidate: CandidateToInsert, image: ImageRow): void {
  inTransaction(db, () => {
    insertImage(db, image)
    const { lastInsertRowid } = db
      .prepare(
        `INSERT INTO candidates
           (run_id, arm, seq, steps, recipe, noise_sha256, nfe, forward_passes, seconds, image_sha256)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        candidate.runId,
        candidate.arm,
        candidate.seq,
        candidate.steps,
        JSON.stringify(candidate.recipe),
        candidate.noiseSha256,
        candidate.nfe,
        candidate.forwardPasses,
        candidate.seconds,
        candidate.imageSha256,
      )
    insertScores(db, Number(lastInsertRowid), candidate.scores)
  })
}

/** The finished images of one arm of a run, by sequence. */
export function candidatesOfRun(
  db: ReadableDatabase,
  runId: number,
): Readonly<Record<Arm, readonly Candidate[]>> {
  const rows = db
    .prepare<[number], CandidateRow>('SELECT * FROM candidates WHERE run_id = ? ORDER BY arm, seq')
    .all(runId)
  const scores = scoresOfRun(db, runId)
  const candidates = rows.map((row) => toCandidate(row, scores.get(row.id) ?? {}))
  return {
    search: candidates.filter(({ arm }) => arm === 'search'),
    baseline: candidates.filter(({ arm }) => arm === 'baseline'),
  }
}

function toCandidate(row: CandidateRow, scores: Candidate['scores']): Candidate {
  return {
    runId: row.run_id,
    arm: row.arm,
    seq: row.seq,
    steps: row.steps,
    recipe: readColumn(recipeSchema, row.recipe, `recipe of run ${row.run_id}, ${row.arm} ${row.seq}`),
    noiseSha256: row.noise_sha256,
    nfe: row.nfe,
    forwardPasses: row.forward_passes,
    seconds: row.seconds ?? 0,
    imageSha256: row.image_sha256,
    scores,
  }
}
