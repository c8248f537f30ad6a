/** The scores table: one row a verdict. A verifier that failed has no row. */

import type { Scores } from '../../shared/domain.ts'
import type { Finalist } from '../../shared/steering.ts'
import type { VerifierId } from '../../shared/vocabulary.ts'
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
    scores.set(row.candidate_id, { ...scores.get(row.candidate_id), ...toScore(row) })
  }
  return scores
}

/** The scores of one candidate, by its row id. */
export function scoresOf(db: ReadableDatabase, candidateId: number): Scores {
  const rows = db
    .prepare<[number], ScoreRow>('SELECT * FROM scores WHERE candidate_id = ? ORDER BY verifier')
    .all(candidateId)
  return Object.assign({}, ...rows.map(toScore)) as Scores
}

function toScore({ candidate_id, verifier, score }: ScoreRow): Scores {
  const id = readColumn(verifierSchema, JSON.stringify(verifier), `verifier of candidate ${candidate_id}`)
  return { [id]: score }
}

/** A candidate of the search with as much of it as the choice of the winner needs. */
type StoredFinalist = Finalist & { readonly imageSha256: string; readonly nfe: number }

type FinalistRow = readonly [
  seq: number,
  round: number,
  level: number,
  imageSha256: string,
  nfe: number,
  verifier: VerifierId | null,
  score: number | null,
]

/**
 * What the choice of a run's winner is between: far less than whole candidates, because the list of runs asks for it.
 *
 * @param verifiers whose scores are read
 */
export function finalistsOfRun(
  db: ReadableDatabase,
  runId: number,
  verifiers: readonly VerifierId[],
): readonly StoredFinalist[] {
  const rows = db
    .prepare<[string, number], FinalistRow>(
      `SELECT candidates.seq, candidates.round, candidates.level, candidates.image_sha256, candidates.nfe,
              scores.verifier, scores.score
         FROM candidates
         LEFT JOIN scores ON scores.candidate_id = candidates.id
              AND scores.verifier IN (SELECT value FROM json_each(?))
        WHERE candidates.run_id = ? AND candidates.arm = 'search'`,
    )
    .raw()
    .all(JSON.stringify(verifiers), runId)
  const found = new Map<number, StoredFinalist & { readonly scores: { [Id in VerifierId]?: number } }>()
  for (const [seq, round, level, imageSha256, nfe, verifier, score] of rows) {
    const finalist = found.get(seq) ?? { seq, round, level, imageSha256, nfe, scores: {} }
    if (verifier !== null && score !== null) finalist.scores[verifier] = score
    found.set(seq, finalist)
  }
  return [...found.values()]
}
