/** The runs table, and what a run adds up to. */

import { assertNever } from '../../shared/assert-never.ts'
import type {
  Candidate,
  Intervention,
  Ledger,
  RunDetail,
  RunStatus,
  RunSummary,
} from '../../shared/domain.ts'
import { StudioError } from '../../shared/errors.ts'
import type { SearchScores } from '../../shared/hacking-alarm.ts'
import { planOf } from '../../shared/plan.ts'
import { scoreBy } from '../../shared/ranking.ts'
import { storedSpecSchema, type RunSpec } from '../../shared/run-spec.ts'
import { winnerOf } from '../../shared/steering.ts'
import { candidatesOfRun, pictureIdsOfRun } from './candidates.ts'
import { errorSchema, readColumn, wordsSchema } from './columns.ts'
import { inTransaction, type ReadableDatabase, type WritableDatabase } from './connection.ts'
import { failuresOfRun } from './failures.ts'
import { interventionsOfRun } from './interventions.ts'
import { finalistsOfRun } from './scores.ts'

type SummaryRow = {
  readonly id: number
  readonly created_at: string
  readonly spec: string
  readonly unknown_words: string
  readonly status: RunStatus['kind']
  readonly error: string | null
  readonly device: string | null
  readonly queue_place: number
  readonly finished: number
  readonly failed: number
  /** 1 where a person had a hand in the search. */
  readonly steered: number
  readonly best_seq: number | null
  readonly best_score: number | null
  readonly best_image: string | null
}

/** Writes a run at the end of the queue and returns its id. Ids are never used twice. */
export function insertRun(
  db: WritableDatabase,
  spec: RunSpec,
  unknownWords: readonly string[],
  createdAt: Date,
): number {
  const { lastInsertRowid } = inTransaction(db, () =>
    db
      .prepare(
        `INSERT INTO runs (created_at, spec, unknown_words, status, queue_place)
         SELECT ?, ?, ?, 'queued', ifnull(max(queue_place), 0) + 1 FROM runs`,
      )
      .run(createdAt.toISOString(), JSON.stringify(spec), JSON.stringify(unknownWords)),
  )
  return Number(lastInsertRowid)
}

/**
 * Says where a run stands. One that is queued comes behind those that wait or work; if it was behind them already it
 * keeps its place, so that runs which go on after a crash are in their order whenever the next one comes. Throws
 * `unknown_run`.
 */
export function updateStatus(db: WritableDatabase, runId: number, status: RunStatus): void {
  const error = status.kind === 'failed' ? JSON.stringify(status.error) : null
  const behind = `max(queue_place, (SELECT ifnull(max(queue_place), 0) + 1 FROM runs WHERE status IN ('queued', 'running')))`
  const place = status.kind === 'queued' ? behind : 'queue_place'
  const update = db.prepare(`UPDATE runs SET status = ?, error = ?, queue_place = ${place} WHERE id = ?`)
  const { changes } = inTransaction(db, () => update.run(status.kind, error, runId))
  if (changes === 0) throw unknownRun(runId)
}

/** Has runs of the queue share out the places that they have among them, in the order given. Throws `unknown_run`. */
export function arrangeQueue(db: WritableDatabase, order: readonly number[]): void {
  const placeOf = db.prepare<[number], number>('SELECT queue_place FROM runs WHERE id = ?').pluck()
  const update = db.prepare('UPDATE runs SET queue_place = ? WHERE id = ?')
  inTransaction(db, () => {
    const places = order.map((runId) => {
      const place = placeOf.get(runId)
      if (place === undefined) throw unknownRun(runId)
      return place
    })
    places.sort((a, b) => a - b)
    for (const [index, runId] of order.entries()) update.run(places[index], runId)
  })
}

/** Records what the run's images were made on. Throws `unknown_run`. */
export function updateDevice(db: WritableDatabase, runId: number, device: string): void {
  const update = db.prepare('UPDATE runs SET device = ? WHERE id = ?')
  const { changes } = inTransaction(db, () => update.run(device, runId))
  if (changes === 0) throw unknownRun(runId)
}

/**
 * Runs that a program left behind when it ended: they stand at k of n. Only for the moment of opening, when nobody
 * else can be working on them. A run that was paused stays so: somebody meant it to.
 */
export function interruptLeftovers(db: WritableDatabase): void {
  inTransaction(db, () =>
    db.prepare(`UPDATE runs SET status = 'interrupted' WHERE status IN ('queued', 'running')`).run(),
  )
}

/** Throws `unknown_run` when there is no such run. */
export function requireRun(db: ReadableDatabase, runId: number): void {
  if (db.prepare('SELECT 1 FROM runs WHERE id = ?').get(runId) === undefined) throw unknownRun(runId)
}

/**
 * All runs, newest first.
 *
 * @param known summaries that still hold; those that are read are added to them
 */
export function listRuns(db: ReadableDatabase, known = new Map<number, RunSummary>()): readonly RunSummary[] {
  const ids = db.prepare<[], number>('SELECT id FROM runs ORDER BY id DESC').pluck().all()
  const rows = db
    .prepare<[string], SummaryRow>(`${selectSummary} WHERE runs.id IN (SELECT value FROM json_each(?))`)
    .all(JSON.stringify(ids.filter((id) => !known.has(id))))
  for (const row of rows) known.set(row.id, toSummary(db, row))
  return ids.flatMap((id) => known.get(id) ?? [])
}

/** One run with everything that has finished. Throws `unknown_run`. */
export function readRun(db: ReadableDatabase, runId: number): RunDetail {
  const row = db.prepare<[number], SummaryRow>(`${selectSummary} WHERE runs.id = ?`).get(runId)
  if (row === undefined) throw unknownRun(runId)
  const summary = toSummary(db, row)
  const { search, baseline, final } = candidatesOfRun(db, runId)
  const interventions = interventionsOfRun(db, runId)
  return {
    ...summary,
    ledger: ledgerOf([...search, ...final]),
    baselines: baseline.toSorted((a, b) => a.steps - b.steps || a.seq - b.seq),
    candidates: search,
    finals: final,
    failures: failuresOfRun(db, runId),
    interventions,
    winner: winnerOf(search, summary.spec.guide, interventions)?.seq ?? null,
    device: row.device,
    unknownWords: readColumn(wordsSchema, row.unknown_words, `list of unknown words of run ${runId}`),
    pictures: pictureIdsOfRun(db, runId),
  }
}

/** A search as far as its scores tell: a fraction of what the whole run takes. Throws `unknown_run`. */
export function readSearchScores(db: ReadableDatabase, runId: number): SearchScores {
  const json = db.prepare<[number], string>('SELECT spec FROM runs WHERE id = ?').pluck().get(runId)
  if (json === undefined) throw unknownRun(runId)
  const spec = readColumn(storedSpecSchema, json, `specification of run ${runId}`)
  const candidates = finalistsOfRun(db, runId, [...spec.guide, ...spec.heldOut])
  return { spec, candidates, interventions: interventionsOfRun(db, runId) }
}

/**
 * A run with its count and, where one verifier alone decides, its best: the highest score by it among the images of the
 * search, the first of equals. The best is looked up by run, along the (run_id, arm, seq) index, so the list costs one
 * pass over the candidates. Where ranks or a person's hand decide, all candidates take part: see `bestOf`.
 */
const selectSummary = `
  SELECT runs.id, runs.created_at, runs.spec, runs.unknown_words, runs.status, runs.error, runs.device, runs.queue_place,
         (SELECT count(*) FROM candidates WHERE candidates.run_id = runs.id) AS finished,
         (SELECT count(*) FROM failures WHERE failures.run_id = runs.id) AS failed,
         EXISTS (SELECT 1 FROM interventions WHERE interventions.run_id = runs.id) AS steered,
         best.seq AS best_seq, best_score.score AS best_score, best.image_sha256 AS best_image
    FROM runs
    LEFT JOIN candidates AS best ON best.id = (
      SELECT candidates.id
        FROM candidates
        JOIN scores ON scores.candidate_id = candidates.id AND scores.verifier = runs.spec ->> '$.guide[0]'
       WHERE candidates.run_id = runs.id AND candidates.arm = 'search' AND candidates.level = 0
         AND json_array_length(runs.spec, '$.guide') = 1
       ORDER BY scores.score DESC, candidates.seq
       LIMIT 1)
    LEFT JOIN scores AS best_score
      ON best_score.candidate_id = best.id AND best_score.verifier = runs.spec ->> '$.guide[0]'`

function toSummary(db: ReadableDatabase, row: SummaryRow): RunSummary {
  const spec = readColumn(storedSpecSchema, row.spec, `specification of run ${row.id}`)
  const interventions = row.steered === 1 ? interventionsOfRun(db, row.id) : []
  return {
    id: row.id,
    createdAt: row.created_at,
    spec,
    status: toStatus(row),
    finished: row.finished,
    planned: Math.max(row.finished + row.failed, plannedImages(spec, interventions)),
    failed: row.failed,
    queuePlace: row.queue_place,
    best: bestOf(db, row, spec, interventions),
  }
}

/**
 * Images that a run is to have: of its specification and of the branches in force. A run can finish with more, where a
 * branch was undone too late or another candidate wins after the final image was made.
 */
function plannedImages(spec: RunSpec, interventions: readonly Intervention[]): number {
  return interventions.reduce(
    (sum, one) => (one.kind === 'branch' && one.until === null ? sum + one.count : sum),
    planOf(spec).images,
  )
}

function bestOf(
  db: ReadableDatabase,
  row: SummaryRow,
  { guide }: RunSpec,
  interventions: readonly Intervention[],
): RunSummary['best'] {
  const [only, ...others] = guide
  if (only !== undefined && others.length === 0 && interventions.length === 0) {
    return row.best_seq === null || row.best_score === null || row.best_image === null
      ? null
      : { seq: row.best_seq, score: row.best_score, imageSha256: row.best_image }
  }
  const best = winnerOf(finalistsOfRun(db, row.id, guide), guide, interventions)
  if (best === null) return null
  const score = only === undefined || others.length > 0 ? null : scoreBy(best, only)
  return { seq: best.seq, score, imageSha256: best.imageSha256 }
}

function toStatus(row: SummaryRow): RunStatus {
  switch (row.status) {
    case 'queued':
    case 'running':
    case 'paused':
    case 'done':
    case 'cancelled':
    case 'interrupted':
      return { kind: row.status }
    case 'failed':
      return { kind: 'failed', error: readColumn(errorSchema, row.error ?? '', `error of run ${row.id}`) }
    default:
      return assertNever(row.status, 'status in the catalogue')
  }
}

type Costs = Pick<Candidate, keyof Ledger>

/** What candidates have cost together, summed in their order. */
export function ledgerOf(candidates: readonly Costs[]): Ledger {
  const sum = (of: (candidate: Costs) => number): number =>
    candidates.reduce((total, candidate) => total + of(candidate), 0)
  return {
    nfe: sum(({ nfe }) => nfe),
    forwardPasses: sum(({ forwardPasses }) => forwardPasses),
    verifierCalls: sum(({ verifierCalls }) => verifierCalls),
    seconds: sum(({ seconds }) => seconds),
    gflop: sum(({ gflop }) => gflop),
  }
}

function unknownRun(runId: number): StudioError {
  return new StudioError(
    'unknown_run',
    `Expected the number of a run in this library, found ${runId}. \`runs\` lists them.`,
  )
}
