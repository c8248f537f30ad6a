/**
 * The wall's columns in memory: what pictures are filtered and sorted by, one typed array each, kept beside the
 * catalogue. A question over 100,000 pictures is a pass over them; what SQL takes is in the README.
 *
 * Rows are added and never removed (where an image from outside is, the columns are read anew), and only this process
 * writes: new ones are read before each question, by their numbers; what changes about old ones is told (`marksChanged`
 * and the others). Scores of a verifier are read when they are asked for first.
 */

import type { Arm } from '../../shared/domain.ts'
import type { Flag, Mark, PictureId, WallFacets } from '../../shared/gallery.ts'
import type { AlgorithmId, VerifierId } from '../../shared/vocabulary.ts'
import type { Verdict } from '../core/runs/picture-catalogue.ts'
import type { ReadableDatabase } from './connection.ts'

/** Where a picture comes from, with what all pictures from there share. */
export type Source = {
  readonly kind: 'candidate' | 'outside'
  /** Null for an image from outside. */
  readonly run: number | null
  readonly pack: string | null
  readonly algorithm: AlgorithmId | null
  /** Milliseconds since 1970. */
  readonly madeAt: number
  /** Prompt, and name of the file, as they are searched. */
  readonly text: string
  /** Row of the run's baseline with the most steps; -1 without one. */
  baseline: number
  baselineSteps: number
}

/** Places in these lists are the codes in the columns. */
export const flags: readonly Flag[] = [null, 'pick', 'reject']
export const arms: readonly Arm[] = ['search', 'baseline', 'final']

type CandidateRow = readonly [
  id: number,
  run: number,
  arm: Arm,
  level: number,
  steps: number,
  flag: Flag,
  rating: number,
]
type ScoreRow = readonly [picture: number, score: number]
type RunRow = {
  readonly id: number
  readonly created_at: string
  readonly pack: string
  readonly algorithm: AlgorithmId
  readonly prompt: string
  readonly guide: string | null
  readonly heldOut: string | null
}
type OutsideRow = {
  readonly picture_id: number
  readonly name: string
  readonly prompt: string
  readonly added_at: string
  readonly flag: Flag
  readonly rating: number
}

/** How text is compared: capitals, and the ways to write one character, make no difference. */
export function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}

/** Doubles the room of a column when it is full. */
function withRoom<Column extends Int32Array | Uint8Array | Float64Array>(
  column: Column,
  length: number,
): Column {
  if (length <= column.length) return column
  const Larger = column.constructor as new (length: number) => Column
  const larger = new Larger(Math.max(length, column.length * 2))
  larger.set(column)
  return larger
}

export class WallColumns {
  readonly #db: ReadableDatabase
  readonly sources: Source[] = []
  /** Pictures, by row. */
  ids = new Int32Array(16)
  /** Place in `sources`. */
  source = new Int32Array(16)
  /** Places in `flags` and `arms`; an image from outside has no arm: `arms.length`. */
  flag = new Uint8Array(16)
  arm = new Uint8Array(16)
  rating = new Uint8Array(16)
  /** 1 for an x-prediction of an unfinished sample. */
  unfinished = new Uint8Array(16)
  length = 0
  readonly #rowOf = new Map<PictureId, number>()
  readonly #sourceOfRun = new Map<number, number>()
  readonly #verifiers = new Set<VerifierId>()
  /** By verifier and row; NaN for none. */
  readonly #scores = new Map<VerifierId, Float64Array>()
  #byNumber = new Int32Array(0)
  #lastCandidate = 0
  #lastRun = 0
  #lastOutside = 0

  constructor(db: ReadableDatabase) {
    this.#db = db
    const judges = db.prepare<[], VerifierId>(
      'SELECT DISTINCT verifier FROM verdicts WHERE score IS NOT NULL',
    )
    for (const verifier of judges.pluck().all()) this.#verifiers.add(verifier)
  }

  /** Reads what has come since the last time. */
  update(): void {
    this.#readRuns()
    const before = this.#lastCandidate
    this.#readCandidates()
    this.#readOutside()
    if (this.#lastCandidate > before) {
      for (const verifier of this.#scores.keys()) this.#readRecorded(verifier, this.scores(verifier), before)
    }
  }

  /** All rows, by the numbers of their pictures. */
  get byNumber(): Int32Array {
    if (this.#byNumber.length !== this.length) {
      // Each kind stands in the order in which it came: candidates upwards, images from outside downwards from -1.
      const rows = Array.from({ length: this.length }, (_, row) => row)
      const outside = rows.filter((row) => this.arm[row] === arms.length).reverse()
      const candidates = rows.filter((row) => this.arm[row] !== arms.length)
      this.#byNumber = Int32Array.from([...outside, ...candidates])
    }
    return this.#byNumber
  }

  /** Scores by row, at least `length` of them; NaN for none. */
  scores(verifier: VerifierId): Float64Array {
    const known = this.#scores.get(verifier)
    if (known !== undefined && known.length >= this.length) return known
    const scores = new Float64Array(this.ids.length).fill(NaN)
    if (known === undefined) {
      this.#readVerdicts(verifier, scores)
      this.#readRecorded(verifier, scores, 0)
    } else scores.set(known)
    this.#scores.set(verifier, scores)
    return scores
  }

  /** Scores minus those of the run's baseline with the most steps, by row; NaN for none, and for baselines. */
  deltas(verifier: VerifierId): Float64Array {
    const scores = this.scores(verifier)
    const { sources, source, arm } = this
    const ofBaseline = Float64Array.from(sources, ({ baseline }) =>
      baseline === -1 ? NaN : (scores[baseline] ?? NaN),
    )
    const baseline = arms.indexOf('baseline')
    const deltas = new Float64Array(this.length)
    for (let row = 0; row < this.length; row += 1) {
      deltas[row] = arm[row] === baseline ? NaN : (scores[row] ?? NaN) - (ofBaseline[source[row] ?? 0] ?? NaN)
    }
    return deltas
  }

  facets(): WallFacets {
    let [total, picked, rejected, outside] = [0, 0, 0, 0]
    for (let row = 0; row < this.length; row += 1) {
      if (this.unfinished[row] === 1) continue
      total += 1
      if (this.flag[row] === flags.indexOf('pick')) picked += 1
      if (this.flag[row] === flags.indexOf('reject')) rejected += 1
      if (this.arm[row] === arms.length) outside += 1
    }
    const known = <Value>(values: readonly (Value | null)[]): Value[] =>
      [...new Set(values)].filter((value) => value !== null).toSorted()
    return {
      ...{ total, picked, rejected, outside },
      packs: known(this.sources.map(({ pack }) => pack)),
      algorithms: known(this.sources.map(({ algorithm }) => algorithm)),
      verifiers: [...this.#verifiers].toSorted(),
    }
  }

  marksChanged(marks: readonly Mark[]): void {
    for (const { picture, flag, rating } of marks) {
      const row = this.#rowOf.get(picture)
      if (row === undefined) continue
      this.flag[row] = flags.indexOf(flag)
      this.rating[row] = rating
    }
  }

  /** Verdicts were kept. */
  verdictsCame(verdicts: readonly Verdict[]): void {
    this.update()
    const ofRun = this.#db.prepare('SELECT 1 FROM scores WHERE candidate_id = ? AND verifier = ?')
    for (const { picture, verifier, score } of verdicts) {
      if (score !== null) this.#verifiers.add(verifier)
      const row = this.#rowOf.get(picture)
      if (row === undefined || !this.#scores.has(verifier)) continue
      // Through `scores`, which has room for pictures that came since the column was asked for.
      if (ofRun.get(picture, verifier) === undefined) this.scores(verifier)[row] = score ?? NaN
    }
  }

  /** Verdicts were forgotten: scores are read anew when they are asked for. */
  verdictsWent(): void {
    this.#scores.clear()
  }

  #readRuns(): void {
    const rows = this.#db
      .prepare<[number], RunRow>(
        `SELECT id, created_at, spec ->> '$.pack' AS pack, spec ->> '$.algorithm' AS algorithm,
                spec ->> '$.prompt' AS prompt, spec ->> '$.guide' AS guide, spec ->> '$.heldOut' AS heldOut
           FROM runs WHERE id > ? ORDER BY id`,
      )
      .all(this.#lastRun)
    for (const row of rows) {
      this.#lastRun = row.id
      this.#sourceOfRun.set(row.id, this.sources.length)
      for (const verifier of [...namesIn(row.guide), ...namesIn(row.heldOut)]) this.#verifiers.add(verifier)
      this.sources.push({
        kind: 'candidate',
        run: row.id,
        pack: row.pack,
        algorithm: row.algorithm,
        madeAt: Date.parse(row.created_at),
        text: folded(row.prompt),
        baseline: -1,
        baselineSteps: 0,
      })
    }
  }

  #readCandidates(): void {
    const rows = this.#db
      .prepare<[number], CandidateRow>(
        `SELECT pictures.id, candidates.run_id, candidates.arm, candidates.level, candidates.steps,
                pictures.flag, pictures.rating
           FROM pictures JOIN candidates ON candidates.id = pictures.id
          WHERE pictures.id > ? ORDER BY pictures.id`,
      )
      .raw()
      .iterate(this.#lastCandidate)
    for (const [id, run, arm, level, steps, flag, rating] of rows) {
      const source = this.#sourceOfRun.get(run) ?? -1
      const row = this.#add(id, source, { arm: arms.indexOf(arm), flag, rating, unfinished: level > 0 })
      this.#lastCandidate = id
      const from = this.sources[source]
      if (arm !== 'baseline' || from === undefined || steps <= from.baselineSteps) continue
      from.baseline = row
      from.baselineSteps = steps
    }
  }

  #readOutside(): void {
    const rows = this.#db
      .prepare<[number], OutsideRow>(
        `SELECT outside_images.picture_id, name, prompt, added_at, flag, rating
           FROM outside_images JOIN pictures ON pictures.id = outside_images.picture_id
          WHERE outside_images.picture_id < ? AND removed = 0 ORDER BY outside_images.picture_id DESC`,
      )
      .all(this.#lastOutside)
    for (const row of rows) {
      const { flag, rating } = row
      this.#add(row.picture_id, this.sources.length, { arm: arms.length, flag, rating, unfinished: false })
      this.#lastOutside = row.picture_id
      this.sources.push({
        ...{ kind: 'outside', run: null, pack: null, algorithm: null },
        madeAt: Date.parse(row.added_at),
        text: folded(`${row.prompt}\n${row.name}`),
        ...{ baseline: -1, baselineSteps: 0 },
      })
    }
  }

  #add(
    id: PictureId,
    source: number,
    { arm, flag, rating, unfinished }: { arm: number; flag: Flag; rating: number; unfinished: boolean },
  ): number {
    const row = this.length
    this.length += 1
    this.ids = withRoom(this.ids, this.length)
    this.source = withRoom(this.source, this.length)
    this.arm = withRoom(this.arm, this.length)
    this.flag = withRoom(this.flag, this.length)
    this.rating = withRoom(this.rating, this.length)
    this.unfinished = withRoom(this.unfinished, this.length)
    this.ids[row] = id
    this.source[row] = source
    this.arm[row] = arm
    this.flag[row] = flags.indexOf(flag)
    this.rating[row] = rating
    this.unfinished[row] = unfinished ? 1 : 0
    this.#rowOf.set(id, row)
    return row
  }

  #readVerdicts(verifier: VerifierId, scores: Float64Array): void {
    const rows = this.#db
      .prepare<[string], ScoreRow>(
        'SELECT picture_id, score FROM verdicts WHERE verifier = ? AND score IS NOT NULL',
      )
      .raw()
      .all(verifier)
    this.#fill(scores, rows)
  }

  /** What runs have recorded of candidates after a number goes before verdicts. */
  #readRecorded(verifier: VerifierId, scores: Float64Array, after: number): void {
    const rows = this.#db
      .prepare<[number, string], ScoreRow>(
        'SELECT candidate_id, score FROM scores WHERE candidate_id > ? AND verifier = ?',
      )
      .raw()
      .all(after, verifier)
    this.#fill(scores, rows)
  }

  #fill(scores: Float64Array, rows: readonly ScoreRow[]): void {
    for (const [picture, score] of rows) {
      const row = this.#rowOf.get(picture)
      if (row !== undefined) scores[row] = score
    }
  }
}

function namesIn(json: string | null): readonly VerifierId[] {
  return json === null ? [] : (JSON.parse(json) as readonly VerifierId[])
}
