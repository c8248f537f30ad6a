/** The scores table: one row a verdict. A verifier that failed has no row. */

import type { Scores } from '../../shared/domain.ts'
import { readColumn, verifierSchema } from './columns.ts'
import type { ReadableDatabase, WritableDatabase } from './connection.ts'

type ScoreRow = { readonly candidate_id: number; readonly verifier: string; readonly score: number }

/** Leaves out what is not a finite number: such a verdict is a missing one, and must never win a comparison. */
export function finiteScores(scores: Scores): Scores {
  return Object.fromEntries(Object.entries(scores).filter(([, score]) => Number.isFinite(score)))
}

/** Adds the scores of a new candidate. */
export function insertScores(db: WritableDatabase, candidateId: number, scores: Scores): void {
  const insert = db.prepare('INSERT INTO scores (candidate_id, verifier, score) VALUES (?, ?, ?)')
  for (const [verifier, score] of Object.entries(scores)) insert.run(candidateId, verifier, score)
}

/** The scores of all candidates of a run, by the candidate's row id. */
export function scoresOfRun(db: ReadableDatabase, runId: number): ReadonlyMap<number, Scores> {
  const rows = db
    .prepare<[number], ScoreRow>(
      `SELECT scores.candidate_id, scores.verifier, scores.score
         FROM scores JOIN candidates ON candidates.id = scores.candidate_id
        WHERE candidates.run_id = ?
        ORDER BY scores.candidate_id, scores.verifier`,
    )
    .all(runId)
  const scores = new Map<number, Scores>()
  for (const row of rows) {
    const verifier = readColumn(verifierSchema, JSON.stringify(row.verifier), `verifier of run ${runId}`)
    scores.set(row.candidate_id, { ...scores.get(row.candidate_id), [verifier]: row.score })
  }
  return scores
}
