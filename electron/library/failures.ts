/** The failures table: candidates of which nothing can be made, each with the reason. */

import type { Arm, CandidateFailure, CandidateReference } from '../../shared/domain.ts'
import type { ErrorData } from '../../shared/errors.ts'
import { errorSchema, readColumn } from './columns.ts'
import { inTransaction, type ReadableDatabase, type WritableDatabase } from './connection.ts'

type FailureRow = { readonly arm: Arm; readonly seq: number; readonly error: string }

/** Keeps that a candidate failed. One that is kept already stays as it is: a killed run can fail it again. */
export function insertFailure(
  db: WritableDatabase,
  { runId, arm, seq }: CandidateReference,
  error: ErrorData,
): void {
  const insert = db.prepare(
    'INSERT INTO failures (run_id, arm, seq, error) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
  )
  inTransaction(db, () => insert.run(runId, arm, seq, JSON.stringify(error)))
}

/** The candidates of a run that failed, by arm and sequence. */
export function failuresOfRun(db: ReadableDatabase, runId: number): readonly CandidateFailure[] {
  return db
    .prepare<[number], FailureRow>('SELECT arm, seq, error FROM failures WHERE run_id = ? ORDER BY arm, seq')
    .all(runId)
    .map(({ arm, seq, error }) => ({
      ...{ runId, arm, seq },
      error: readColumn(errorSchema, error, `error of run ${runId}, ${arm} ${seq}`),
    }))
}
