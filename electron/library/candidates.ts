/** The candidates table: one row a finished image. */

import type { Arm, Candidate, CandidateReference, NoiseRecipe, RunDetail } from '../../shared/domain.ts'
import { StudioError } from '../../shared/errors.ts'
import type { SamplerState } from '../core/runs/adapters.ts'
import { operationsSchema, readColumn, recipeSchema } from './columns.ts'
import { inTransaction, type ReadableDatabase, type WritableDatabase } from './connection.ts'
import { insertImage, type ImageRow } from './images.ts'
import { insertScores, scoresOf, scoresOfRun } from './scores.ts'
import { putState, readState } from './states.ts'

type CandidateRow = {
  readonly id: number
  readonly run_id: number
  readonly arm: Arm
  readonly seq: number
  readonly round: number
  readonly parent: number | null
  readonly level: number
  readonly steps: number
  readonly recipe: string
  readonly noise_sha256: string
  readonly nfe: number
  readonly forward_passes: number
  readonly verifier_calls: number
  readonly gflop: number | null
  readonly seconds: number | null
  readonly image_sha256: string
}

/** A candidate for the catalogue; `seconds` and `gflop` are null where nobody knows any more what it took. */
export type CandidateToInsert = Omit<Candidate, 'seconds' | 'gflop'> & {
  readonly seconds: number | null
  readonly gflop: number | null
}

/** Commits a candidate with its scores, its picture's row and where others go on from it: all of it or nothing. */
export function insertCandidate(
  db: WritableDatabase,
  candidate: CandidateToInsert,
  image: ImageRow,
  state: SamplerState | null,
): void {
  inTransaction(db, () => {
    insertImage(db, image)
    const { lastInsertRowid } = db
      .prepare(
        `INSERT INTO candidates
           (run_id, arm, seq, round, parent, level, steps, recipe, noise_sha256, nfe, forward_passes, verifier_calls,
            gflop, seconds, image_sha256)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        candidate.runId,
        candidate.arm,
        candidate.seq,
        candidate.round,
        candidate.parent,
        candidate.level,
        candidate.steps,
        JSON.stringify(candidate.recipe),
        candidate.noiseSha256,
        candidate.nfe,
        candidate.forwardPasses,
        candidate.verifierCalls,
        candidate.gflop,
        candidate.seconds,
        candidate.imageSha256,
      )
    const id = Number(lastInsertRowid)
    db.prepare('INSERT INTO pictures (id, candidate_id) VALUES (?, ?)').run(id, id)
    insertScores(db, id, candidate.scores)
    if (state !== null) putState(db, id, state)
  })
}

/** Keeps where others go on from a candidate of the search that lacks it, or has a damaged one. */
export function completeState(
  db: WritableDatabase,
  { runId, seq }: Pick<Candidate, 'runId' | 'seq'>,
  state: SamplerState,
): void {
  inTransaction(db, () => {
    const row = findRow(db, { runId, arm: 'search', seq })
    if (row !== undefined && readState(db, runId, seq) === null) putState(db, row.id, state)
  })
}

/** The candidate at a place of a run, or null while there is none. */
export function findCandidate(db: ReadableDatabase, reference: CandidateReference): Candidate | null {
  const row = findRow(db, reference)
  return row === undefined ? null : toCandidate(row, scoresOf(db, row.id))
}

/** The candidate at a place of a run; throws `not_found` without one. */
export function readCandidate(db: ReadableDatabase, reference: CandidateReference): Candidate {
  const candidate = findCandidate(db, reference)
  if (candidate !== null) return candidate
  const { runId, arm, seq } = reference
  throw new StudioError(
    'not_found',
    `Expected a finished candidate, found none at ${arm} ${seq} of run ${runId}. \`show ${runId}\` lists those that it has.`,
  )
}

/** A candidate and what it comes from, the root first. Throws `not_found`. */
export function lineageOf(db: ReadableDatabase, reference: CandidateReference): readonly Candidate[] {
  const { runId, arm, seq } = readCandidate(db, reference)
  // Every parent has a lower seq: the walk ends.
  const rows = db
    .prepare<[number, Arm, number], CandidateRow>(
      `WITH RECURSIVE line (depth, id, run_id, parent) AS (
         SELECT 0, id, run_id, parent FROM candidates WHERE run_id = ? AND arm = ? AND seq = ?
         UNION ALL
         SELECT line.depth + 1, candidates.id, candidates.run_id, candidates.parent
           FROM line
           JOIN candidates ON candidates.run_id = line.run_id
                AND candidates.arm = 'search' AND candidates.seq = line.parent)
       SELECT candidates.* FROM line JOIN candidates ON candidates.id = line.id ORDER BY line.depth DESC`,
    )
    .all(runId, arm, seq)
  return rows.map((row) => toCandidate(row, scoresOf(db, row.id)))
}

/**
 * Which candidates have an image whose hash begins with these digits, in the order of runs.
 *
 * @throws `bad_input` for anything but 6 to 64 hexadecimal digits
 */
export function candidatesWithImage(db: ReadableDatabase, digits: string): readonly CandidateReference[] {
  const prefix = digits.toLowerCase()
  if (!/^[0-9a-f]{6,64}$/.test(prefix)) {
    throw new StudioError(
      'bad_input',
      `Expected the hash of an image or at least its first 6 hexadecimal digits, found ${JSON.stringify(digits.slice(0, 80))}.`,
    )
  }
  return db
    .prepare<[string, string], CandidateReference>(
      // 'g' comes after every hexadecimal digit. A range, because LIKE would not use the index.
      `SELECT run_id AS runId, arm, seq FROM candidates
        WHERE image_sha256 >= ? AND image_sha256 < ? || 'g'
        ORDER BY run_id, arm, seq`,
    )
    .all(prefix, prefix)
}

function findRow(db: ReadableDatabase, { runId, arm, seq }: CandidateReference): CandidateRow | undefined {
  return db
    .prepare<[number, Arm, number], CandidateRow>(
      'SELECT * FROM candidates WHERE run_id = ? AND arm = ? AND seq = ?',
    )
    .get(runId, arm, seq)
}

/** The finished images of a run by their arms, each by sequence. */
export function candidatesOfRun(
  db: ReadableDatabase,
  runId: number,
): Readonly<Record<Arm, readonly Candidate[]>> {
  const rows = db
    .prepare<[number], CandidateRow>('SELECT * FROM candidates WHERE run_id = ? ORDER BY arm, seq')
    .all(runId)
  const scores = scoresOfRun(db, runId)
  const readRecipe = recipeReader()
  const candidates = rows.map((row) => toCandidate(row, scores.get(row.id) ?? {}, readRecipe(row)))
  return {
    search: candidates.filter(({ arm }) => arm === 'search'),
    baseline: candidates.filter(({ arm }) => arm === 'baseline'),
    final: candidates.filter(({ arm }) => arm === 'final'),
  }
}

/** The pictures of a run's images, by arm and sequence. */
export function pictureIdsOfRun(db: ReadableDatabase, runId: number): RunDetail['pictures'] {
  const rows = db
    .prepare<[number], Pick<CandidateRow, 'id' | 'arm' | 'seq'>>(
      'SELECT id, arm, seq FROM candidates WHERE run_id = ?',
    )
    .all(runId)
  const pictures = { search: {}, baseline: {}, final: {} } satisfies RunDetail['pictures']
  for (const { id, arm, seq } of rows) (pictures[arm] as Record<number, number>)[seq] = id
  return pictures
}

/**
 * Reads the recipes of one run, in the order of sequence within each arm. What a recipe has in common with its parent's is
 * the parent's own objects, read once: after a thousand rounds a pivot's recipe has a thousand operations, and each of
 * its neighbours repeats them.
 */
function recipeReader(): (row: CandidateRow) => NoiseRecipe {
  const known = new Map<number, { readonly text: string; readonly recipe: NoiseRecipe }>()
  return (row) => {
    const parent = row.parent === null ? undefined : known.get(row.parent)
    const recipe = (parent === undefined ? null : continued(parent, row.recipe)) ?? recipeOf(row)
    if (row.arm === 'search') known.set(row.seq, { text: row.recipe, recipe })
    return recipe
  }
}

/** The recipe of a text that goes on where the parent's ends; null for any other, and for what must be told as damaged. */
function continued(
  parent: { readonly text: string; readonly recipe: NoiseRecipe },
  text: string,
): NoiseRecipe | null {
  const end = ']}'
  // Only operations are an array: a text that ends so ends with them.
  if (parent.recipe.operations.length === 0 || !parent.text.endsWith(end) || !text.endsWith(end)) return null
  const head = `${parent.text.slice(0, -end.length)},`
  if (!text.startsWith(head)) return null
  try {
    const own = operationsSchema.parse(JSON.parse(`[${text.slice(head.length, -end.length)}]`))
    return { ...parent.recipe, operations: [...parent.recipe.operations, ...own] }
  } catch {
    return null
  }
}

function recipeOf(row: CandidateRow): NoiseRecipe {
  return readColumn(recipeSchema, row.recipe, `recipe of run ${row.run_id}, ${row.arm} ${row.seq}`)
}

function toCandidate(row: CandidateRow, scores: Candidate['scores'], recipe = recipeOf(row)): Candidate {
  return {
    runId: row.run_id,
    arm: row.arm,
    seq: row.seq,
    round: row.round,
    parent: row.parent,
    level: row.level,
    steps: row.steps,
    recipe,
    noiseSha256: row.noise_sha256,
    nfe: row.nfe,
    forwardPasses: row.forward_passes,
    verifierCalls: row.verifier_calls,
    gflop: row.gflop ?? 0,
    seconds: row.seconds ?? 0,
    imageSha256: row.image_sha256,
    scores,
  }
}
