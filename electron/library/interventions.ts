/** The interventions table: a person's hand in a search. Nothing is taken out: an undone one says until when it held. */

import { assertNever } from '../../shared/assert-never.ts'
import type { Intervention, InterventionRequest } from '../../shared/domain.ts'
import { StudioError } from '../../shared/errors.ts'
import { inTransaction, type ReadableDatabase, type WritableDatabase } from './connection.ts'

type InterventionRow = {
  readonly id: number
  readonly round: number
  readonly until: number | null
  readonly kind: InterventionRequest['kind']
  readonly seq: number
  readonly cosine: number | null
  readonly count: number | null
  readonly first_seq: number | null
}

/** Keeps what a person asked for, in force from a round on. */
export function insertIntervention(
  db: WritableDatabase,
  runId: number,
  request: InterventionRequest,
  round: number,
): Intervention {
  const insert = db.prepare<unknown[], InterventionRow>(
    `INSERT INTO interventions (run_id, round, kind, seq, cosine, count, first_seq)
     VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING *`,
  )
  const { kind, seq } = request
  const branch = kind === 'branch' ? [request.cosine, request.count, request.firstSeq] : [null, null, null]
  const row = inTransaction(db, () => insert.get(runId, round, kind, seq, ...branch))
  if (row === undefined) throw new Error('SQLite answered an INSERT ... RETURNING without a row')
  return toIntervention(row)
}

/** Ends the newest intervention in force at a round, at its own where that is later; null where none is in force. */
export function endNewestIntervention(
  db: WritableDatabase,
  runId: number,
  round: number,
): Intervention | null {
  const end = db.prepare<[number, number], InterventionRow>(
    `UPDATE interventions SET until = max(round, ?)
      WHERE id = (SELECT max(id) FROM interventions WHERE run_id = ? AND until IS NULL)
      RETURNING *`,
  )
  const row = inTransaction(db, () => end.get(round, runId))
  return row === undefined ? null : toIntervention(row)
}

/** All interventions of a run, in the order in which they were made. */
export function interventionsOfRun(db: ReadableDatabase, runId: number): readonly Intervention[] {
  return db
    .prepare<[number], InterventionRow>('SELECT * FROM interventions WHERE run_id = ? ORDER BY id')
    .all(runId)
    .map(toIntervention)
}

function toIntervention({ id, round, until, kind, seq, ...branch }: InterventionRow): Intervention {
  switch (kind) {
    case 'pin':
    case 'veto':
    case 'override':
      return { id, round, until, kind, seq }
    case 'branch': {
      const { cosine, count, first_seq: firstSeq } = branch
      if (cosine === null || count === null || firstSeq === null) {
        throw new StudioError(
          'library_damaged',
          `Expected intervention ${id} to say what it branches into, found nothing. ` +
            'Nothing was changed. Close Goldpan and run `npm start -- rebuild`: images and backups are kept.',
        )
      }
      return { id, round, until, kind, seq, cosine, count, firstSeq }
    }
    default:
      return assertNever(kind, 'kind of an intervention in the catalogue')
  }
}
