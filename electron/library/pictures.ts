/** Pictures with everything that is shown of them: for the visible part of the wall, the loupe, the court. */

import type { Arm, Scores } from '../../shared/domain.ts'
import type { Flag, Picture, PictureId, PictureOrigin, Rating } from '../../shared/gallery.ts'
import { storedSpecSchema, type RunSpec } from '../../shared/run-spec.ts'
import type { VerifierId } from '../../shared/vocabulary.ts'
import { readColumn, verifierSchema } from './columns.ts'
import type { ReadableDatabase } from './connection.ts'

type PictureRow = {
  readonly id: number
  readonly flag: Flag
  readonly rating: Rating
  readonly image_sha256: string
  readonly width: number
  readonly height: number
  /** Of a candidate; null for an image from outside. */
  readonly run_id: number | null
  readonly arm: Arm
  readonly seq: number
  readonly round: number
  readonly parent: number | null
  readonly level: number
  readonly steps: number
  readonly nfe: number
  readonly seconds: number | null
  readonly made_at: string
  readonly spec: string
  /** Of an image from outside; null for a candidate. */
  readonly name: string
  readonly prompt: string
}

/** Pictures in the order asked; what does not exist is left out. */
export function readPictures(db: ReadableDatabase, ids: readonly PictureId[]): readonly Picture[] {
  const rows = db
    .prepare<[string], PictureRow>(
      `SELECT pictures.id, pictures.flag, pictures.rating,
              images.sha256 AS image_sha256, images.width, images.height,
              candidates.run_id, candidates.arm, candidates.seq, candidates.round, candidates.parent, candidates.level,
              candidates.steps, candidates.nfe, candidates.seconds,
              ifnull(runs.created_at, outside_images.added_at) AS made_at, runs.spec,
              outside_images.name, outside_images.prompt
         FROM json_each(?) AS asked
         JOIN pictures ON pictures.id = asked.value
         LEFT JOIN candidates ON candidates.id = pictures.id
         LEFT JOIN runs ON runs.id = candidates.run_id
         LEFT JOIN outside_images ON outside_images.picture_id = pictures.id AND outside_images.removed = 0
         JOIN images ON images.sha256 = ifnull(candidates.image_sha256, outside_images.image_sha256)
        ORDER BY asked.key`,
    )
    .all(JSON.stringify(ids))
  const specs = new Map<number, RunSpec>()
  for (const { run_id, spec } of rows) {
    if (run_id === null || specs.has(run_id)) continue
    specs.set(run_id, readColumn(storedSpecSchema, spec, `specification of run ${run_id}`))
  }
  const baselines = baselinesOf(db, [...specs.keys()])
  const scores = scoresOfPictures(db, [...ids, ...baselines.values()])
  const boards = boardsOf(db, ids)
  return rows.map((row) => {
    const { id, flag, rating, image_sha256: imageSha256, width, height, made_at: madeAt } = row
    const spec = specs.get(row.run_id ?? 0)
    const own = scores.get(id) ?? {}
    return {
      ...{ id, flag, rating, imageSha256, width, height, madeAt },
      prompt: spec?.prompt ?? row.prompt,
      boards: boards.get(id) ?? [],
      scores: own,
      origin:
        row.run_id === null || spec === undefined
          ? { kind: 'outside', name: row.name }
          : ofCandidate(
              row,
              row.run_id,
              spec,
              deltasOf(row.arm, own, scores.get(baselines.get(row.run_id) ?? 0)),
            ),
    }
  })
}

/** The pictures of a run, by arm and sequence. */
export function picturesOfRun(db: ReadableDatabase, runId: number): readonly Picture[] {
  const ids = db
    .prepare<[number], number>('SELECT id FROM candidates WHERE run_id = ? ORDER BY arm, seq')
    .pluck()
    .all(runId)
  return readPictures(db, ids)
}

function ofCandidate(row: PictureRow, runId: number, spec: RunSpec, deltas: Scores): PictureOrigin {
  const { arm, seq, round, parent, level, steps, nfe, seconds } = row
  const { pack, algorithm, guide, heldOut } = spec
  return {
    kind: 'candidate',
    ...{ runId, arm, seq, round, parent, level, steps, nfe, seconds: seconds ?? 0 },
    ...{ pack, algorithm, guide, heldOut, deltas },
  }
}

/** Scores minus those of the run's baseline with the most steps. */
function deltasOf(arm: Arm, own: Scores, ofBaseline: Scores | undefined): Scores {
  if (arm === 'baseline' || ofBaseline === undefined) return {}
  return Object.fromEntries(
    (Object.entries(own) as [VerifierId, number][]).flatMap(([verifier, score]) => {
      const other = ofBaseline[verifier]
      return other === undefined ? [] : [[verifier, score - other]]
    }),
  )
}

/** The picture of each run's baseline with the most steps, by run; those that have one. */
function baselinesOf(db: ReadableDatabase, runIds: readonly number[]): ReadonlyMap<number, PictureId> {
  const newest = db
    .prepare<[number], number>(
      `SELECT id FROM candidates WHERE run_id = ? AND arm = 'baseline' ORDER BY steps DESC, id LIMIT 1`,
    )
    .pluck()
  return new Map(
    runIds.flatMap((runId) => {
      const id = newest.get(runId)
      return id === undefined ? [] : [[runId, id] as const]
    }),
  )
}

/** Every score that there is of pictures, by picture: what the run has recorded goes before a verdict. */
function scoresOfPictures(db: ReadableDatabase, ids: readonly PictureId[]): ReadonlyMap<PictureId, Scores> {
  type Row = { readonly picture: number; readonly verifier: string; readonly score: number }
  const rows = db
    .prepare<[string, string], Row>(
      `SELECT picture_id AS picture, verifier, score
         FROM json_each(?) AS asked JOIN verdicts ON picture_id = asked.value AND score IS NOT NULL
       UNION ALL
       SELECT candidate_id, verifier, score
         FROM json_each(?) AS asked JOIN scores ON candidate_id = asked.value`,
    )
    .all(JSON.stringify(ids), JSON.stringify(ids))
  const found = new Map<PictureId, { [Id in VerifierId]?: number }>()
  for (const { picture, verifier, score } of rows) {
    const id = readColumn(verifierSchema, JSON.stringify(verifier), `verifier of picture ${picture}`)
    const scores = found.get(picture) ?? {}
    scores[id] = score
    found.set(picture, scores)
  }
  return found
}

/** The boards that pictures are on, by picture. */
function boardsOf(
  db: ReadableDatabase,
  ids: readonly PictureId[],
): ReadonlyMap<PictureId, readonly number[]> {
  type Row = { readonly picture_id: number; readonly board_id: number }
  const rows = db
    .prepare<[string], Row>(
      `SELECT DISTINCT board_pictures.picture_id, board_id
         FROM json_each(?) AS asked
         JOIN board_pictures ON board_pictures.picture_id = asked.value
         JOIN boards ON boards.id = board_id AND removed = 0
        ORDER BY board_id`,
    )
    .all(JSON.stringify(ids))
  const found = new Map<PictureId, number[]>()
  for (const { picture_id, board_id } of rows)
    found.set(picture_id, [...(found.get(picture_id) ?? []), board_id])
  return found
}
