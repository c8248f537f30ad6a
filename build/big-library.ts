/**
 * `node build/big-library.ts FOLDER [N]`: a library of N candidates (100,000 unless told otherwise) for trying the
 * gallery at its largest: believable runs over a year, with scores, baselines, drafts, marks, boards, votes and images
 * from outside, the same for the same N.
 *
 * Every picture can be loaded, but there are only a few hundred files: candidates share them, so that scores and lineage
 * say nothing about what is to be seen, and no candidate of it can be replayed.
 */

import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'

import type { NoiseRecipe, Scores } from '../shared/domain.ts'
import type { Flag, Rating } from '../shared/gallery.ts'
import { parseRunSpec, type RunSpec, type RunSpecInput } from '../shared/run-spec.ts'
import type { VerifierId } from '../shared/vocabulary.ts'
import type { RgbImage } from '../electron/core/runs/adapters.ts'
import { insertBoard, insertOnBoard } from '../electron/library/boards.ts'
import { insertCandidate } from '../electron/library/candidates.ts'
import { createCatalogue, openCatalogue } from '../electron/library/catalogue.ts'
import { inTransaction, type WritableDatabase } from '../electron/library/connection.ts'
import { storeImage } from '../electron/library/image-files.ts'
import type { ImageRow } from '../electron/library/images.ts'
import { layoutOf, writeMarker } from '../electron/library/layout.ts'
import { putMarks } from '../electron/library/marks.ts'
import { insertOutsideImage } from '../electron/library/outside-images.ts'
import { encodePng, recordOf } from '../electron/library/png.ts'
import { insertRun, updateDevice, updateStatus } from '../electron/library/runs.ts'
import { putVerdicts } from '../electron/library/verdicts.ts'
import { insertVote } from '../electron/library/votes.ts'

const pictureFiles = 300
const outsideFiles = 40
const side = 128
const year = { from: Date.parse('2025-11-01T08:00:00Z'), days: 365 }

/** Even numbers in [0, 1) from a seed (mulberry32): enough for a stage set. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const numbers = ['one', 'two', 'three', 'a few']
const colours = ['red', 'blue', 'green', 'golden', 'violet', 'white', 'striped', 'dotted']
const things = ['stars', 'circles', 'squares', 'towers', 'moons', 'leaves', 'rings', 'fish']
const places = ['in night', 'on sand', 'over a lake', 'in fog', 'under a low sun', 'on blue paper']
const packs = ['scenes', 'objects', 'sd15', 'sdxl-turbo']

/** What the scores of a verifier look like: their mean, and how far they spread. */
const spreads: { readonly [Id in VerifierId]?: readonly [mean: number, spread: number] } = {
  clip_score: [0.72, 0.06],
  aesthetic_score: [5.6, 0.5],
  image_reward: [0.6, 0.7],
  pick_score: [21.4, 0.9],
}
const verifiers = Object.keys(spreads) as VerifierId[]

type Draw = () => number
const pick = <Item>(draw: Draw, items: readonly Item[]): Item => {
  const item = items[Math.floor(draw() * items.length)]
  if (item === undefined) throw new Error('Expected something to choose from, found nothing')
  return item
}
/** Near enough to a normal number. */
const normal = (draw: Draw): number => (draw() + draw() + draw() + draw() - 2) * Math.sqrt(3)

function specOf(draw: Draw, number: number, candidates: number): RunSpec {
  const liked = verifiers.filter(() => draw() < 0.4)
  const guide = liked.length === 0 ? [pick(draw, verifiers)] : liked
  const common = {
    prompt: `${pick(draw, numbers)} ${pick(draw, colours)} ${pick(draw, things)} ${pick(draw, places)}`,
    pack: pick(draw, packs),
    guide,
    heldOut: verifiers.filter((id) => !guide.includes(id) && draw() < 0.7),
    sampler: 'euler',
    schedule: 'linear',
    ...{ steps: 20, guidance: 3, seed: String(number) },
    baselines: draw() < 0.85 ? [20, 50, 100].slice(0, 1 + Math.floor(draw() * 3)) : [],
  } satisfies Partial<RunSpecInput>
  const kinds: readonly RunSpecInput[] = [
    { ...common, algorithm: 'random_search', candidates },
    { ...common, algorithm: 'zero_order_search', rounds: Math.max(1, candidates >> 2), neighbours: 4 },
    { ...common, algorithm: 'draft_cull_resume', candidates, draftSteps: 6, survivors: candidates >> 2 },
  ]
  return parseRunSpec(pick(draw, kinds))
}

/** A disc over a slope of two colours, with some grain: each number another one. */
function pictureOf(number: number): RgbImage {
  const draw = randomOf(number + 1)
  const [top, bottom, disc] = [0, 0, 0].map(() => [draw() * 255, draw() * 255, draw() * 255])
  const [x, y, radius] = [side * (0.25 + draw() / 2), side * (0.25 + draw() / 2), side * (0.1 + draw() / 5)]
  const data = new Uint8Array(side * side * 3)
  for (let at = 0; at < data.length; at += 1) {
    const [column, row] = [Math.floor(at / 3) % side, Math.floor(at / 3 / side)]
    const slope = row / side
    const back = (top?.[at % 3] ?? 0) * (1 - slope) + (bottom?.[at % 3] ?? 0) * slope
    const inside = Math.hypot(column - x, row - y) < radius
    data[at] = (inside ? (disc?.[at % 3] ?? 0) : back) + (((column ^ row) & 7) - 3)
  }
  return { width: side, height: side, data }
}

const recipeOf = (seed: string, stream: number): NoiseRecipe => ({
  generator: 'philox4x32-10',
  seed,
  stream,
  operations: [],
})

/** A candidate of a run, without its image. */
function candidateOf(runId: number, spec: RunSpec, arm: 'search' | 'baseline', seq: number) {
  const steps = arm === 'baseline' ? (spec.baselines[seq] ?? spec.steps) : spec.steps
  return {
    ...{ runId, arm, seq, round: 0, parent: null, level: 0, steps },
    recipe: recipeOf(spec.seed, seq),
    noiseSha256: seq.toString(16).padStart(64, '0'),
    ...{ nfe: steps, forwardPasses: steps * 2, verifierCalls: spec.guide.length, gflop: steps * 1.2 },
    seconds: steps * 0.012,
    scores: {} as Scores,
  }
}

async function storePictures(folder: string): Promise<readonly ImageRow[]> {
  const layout = layoutOf(folder)
  const spec = specOf(randomOf(0), 0, 8)
  const images: ImageRow[] = []
  for (let number = 0; number < pictureFiles + outsideFiles; number += 1) {
    const picture = pictureOf(number)
    const record = recordOf(candidateOf(1, spec, 'search', number), { spec, packs: [] })
    const png = encodePng(picture, record)
    const sha256 = await storeImage(layout, png)
    images.push({ sha256, bytes: png.byteLength, width: side, height: side })
  }
  return images
}

/** Writes one run with its candidates and their scores; returns how many candidates it has. */
function addRun(
  db: WritableDatabase,
  draw: Draw,
  images: readonly ImageRow[],
  number: number,
  size: number,
  createdAt: Date,
): number {
  const spec = specOf(draw, number, size)
  const runId = insertRun(db, spec, [], createdAt)
  const difficulty = normal(draw)
  const drafts = spec.algorithm === 'draft_cull_resume' ? size : 0
  const searched = drafts === 0 ? size : size + (size >> 2)
  const add = (arm: 'search' | 'baseline', seq: number): void => {
    const quality = normal(draw) + difficulty - (arm === 'baseline' ? 0.5 : 0)
    const scores = Object.fromEntries(
      [...spec.guide, ...spec.heldOut].flatMap((id) => {
        const [mean, spread] = spreads[id] ?? [0, 1]
        // Now and then a verifier has nothing to say.
        return draw() < 0.01 ? [] : [[id, mean + spread * (0.6 * quality + 0.8 * normal(draw))]]
      }),
    )
    const image = pick(draw, images)
    const isDraft = arm === 'search' && seq < drafts
    const parent = arm === 'search' && drafts > 0 && seq >= drafts ? seq - drafts : null
    insertCandidate(
      db,
      {
        ...candidateOf(runId, spec, arm, seq),
        ...{ scores, parent, level: isDraft ? 0.7 : 0, round: parent === null ? 0 : 1 },
        imageSha256: image.sha256,
      },
      image,
      null,
    )
  }
  for (let seq = 0; seq < searched; seq += 1) add('search', seq)
  spec.baselines.forEach((_, seq) => add('baseline', seq))
  updateDevice(db, runId, 'cpu, onnxruntime 1.30.0')
  updateStatus(db, runId, { kind: draw() < 0.95 ? 'done' : 'cancelled' })
  return searched + spec.baselines.length
}

/** What a person did with the pictures: marks on a third, six boards, votes, and verdicts that were asked for later. */
function addOpinions(db: WritableDatabase, draw: Draw, count: number): void {
  const pictures = Array.from({ length: count }, (_, i) => i + 1)
  putMarks(
    db,
    pictures
      .filter(() => draw() < 0.35)
      .map((picture) => {
        const flag = pick<Flag>(draw, ['pick', 'reject', 'reject', null])
        const rating = flag === 'reject' ? 0 : pick<Rating>(draw, [0, 0, 1, 2, 3, 3, 4, 5])
        return { picture, flag, rating }
      }),
  )
  for (const name of ['Cover', 'Prints', 'Client, round 1', 'Client, round 2', 'Textures', 'Keep']) {
    const { id } = insertBoard(db, name)
    const share = draw() * 0.01
    insertOnBoard(
      db,
      id,
      pictures.filter(() => draw() < share),
    )
  }
  for (let vote = 0; vote < Math.min(200, count >> 2); vote += 1) {
    const [winner, loser] = [pick(draw, pictures), pick(draw, pictures)]
    if (winner !== loser) insertVote(db, winner, loser, new Date(year.from))
  }
  putVerdicts(
    db,
    pictures
      .filter(() => draw() < 0.05)
      .map((picture) => ({
        ...{ picture, verifier: 'hps_score', judgedBy: 'ab'.repeat(32) },
        score: draw() < 0.05 ? null : 0.27 + 0.02 * normal(draw),
      })),
  )
}

/**
 * Makes the library.
 *
 * @throws Error where the folder has one already
 */
export async function makeBigLibrary(folder: string, candidates: number): Promise<void> {
  const layout = layoutOf(folder)
  if (existsSync(layout.catalogue)) throw new Error(`Expected a new folder, found a library in ${folder}`)
  await mkdir(layout.imagesTmp, { recursive: true })
  const images = await storePictures(folder)
  createCatalogue(layout.catalogue)
  const db = openCatalogue(layout, layout.catalogue, () => undefined)
  const draw = randomOf(candidates)
  try {
    inTransaction(db, () => {
      const own = images.slice(0, pictureFiles)
      let made = 0
      for (let number = 1; made < candidates; number += 1) {
        const at = new Date(year.from + (made / candidates) * year.days * 86_400_000)
        const size = Math.min(8 + Math.floor(draw() * draw() * 152), Math.max(1, candidates - made))
        made += addRun(db, draw, own, number, size, at)
      }
      addOpinions(db, draw, made)
      images.slice(pictureFiles).forEach((image, i) => {
        const addedAt = new Date(year.from + draw() * year.days * 86_400_000)
        const name = `reference-${String(i + 1).padStart(2, '0')}.png`
        insertOutsideImage(db, image, {
          ...{ name, addedAt },
          prompt: draw() < 0.5 ? `${pick(draw, colours)} ${pick(draw, things)}` : '',
        })
      })
    })
  } finally {
    db.close()
  }
  writeMarker(layout)
}

if (import.meta.main) {
  const [folder, count = '100000'] = process.argv.slice(2)
  if (folder === undefined || !/^[1-9]\d{0,6}$/.test(count)) {
    process.stderr.write('Expected a folder, and how many candidates the library is to have.\n')
    process.exit(2)
  }
  await makeBigLibrary(folder, Number(count))
}
