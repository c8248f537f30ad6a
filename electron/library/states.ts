/** The states table: where others go on from a candidate, bit for bit. A copy that is damaged is as good as none. */

import { createHash } from 'node:crypto'
import { endianness } from 'node:os'

import type { SamplerState } from '../core/runs/adapters.ts'
import type { ReadableDatabase, WritableDatabase } from './connection.ts'

type StateRow = {
  readonly step: number
  readonly history: number
  readonly data: Buffer
  readonly sha256: string
}

/** Keeps the state of a candidate, in the place of one that it may have. Throws RangeError for arrays of several lengths. */
export function putState(db: WritableDatabase, candidateId: number, state: SamplerState): void {
  const row = toRow(state)
  db.prepare(
    `INSERT INTO states (candidate_id, step, history, data, sha256) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (candidate_id) DO UPDATE
       SET step = excluded.step, history = excluded.history, data = excluded.data, sha256 = excluded.sha256`,
  ).run(candidateId, row.step, row.history, row.data, row.sha256)
}

/** The state of a candidate of the search; null without one, and where its bytes are not those that were kept. */
export function readState(db: ReadableDatabase, runId: number, seq: number): SamplerState | null {
  const row = db
    .prepare<[number, number], StateRow>(
      `SELECT step, history, data, states.sha256
         FROM states JOIN candidates ON candidates.id = states.candidate_id
        WHERE run_id = ? AND arm = 'search' AND seq = ?`,
    )
    .get(runId, seq)
  if (row === undefined || row.sha256 !== hashOf(row)) return null
  const [x, ...history] = arraysOf(row)
  return x === undefined ? null : { step: row.step, x, history }
}

function toRow({ step, x, history }: SamplerState): StateRow {
  if (history.some(({ length }) => length !== x.length)) {
    throw new RangeError(
      `Expected a history of arrays as long as the latents (${x.length}), found ${history.map(({ length }) => length).join(', ')}`,
    )
  }
  const bytes = [x, ...history].map(({ buffer, byteOffset, byteLength }) =>
    Buffer.from(buffer, byteOffset, byteLength),
  )
  const row = { step, history: history.length, data: littleEndian(Buffer.concat(bytes)) }
  return { ...row, sha256: hashOf(row) }
}

/** The latents, then the history; copies, because a blob begins at any offset and floats do not. */
function arraysOf({ data, history }: StateRow): readonly Float64Array[] {
  const numbers = new Float64Array(Uint8Array.from(littleEndian(data)).buffer)
  const length = numbers.length / (1 + history)
  return Array.from({ length: 1 + history }, (_, i) => numbers.slice(i * length, (i + 1) * length))
}

/** To this machine's order of bytes and back; swaps in place where they differ. */
function littleEndian(bytes: Buffer): Buffer {
  return endianness() === 'LE' ? bytes : bytes.swap64()
}

function hashOf({ step, history, data }: Omit<StateRow, 'sha256'>): string {
  return createHash('sha256').update(`${step} ${history} `).update(data).digest('hex')
}
