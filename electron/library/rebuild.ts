/**
 * The way back from a lost or damaged catalogue: the newest backup that can be read, then every picture that it does
 * not know, each put back by the recipe inside it. The damaged files are moved aside; nothing is ever deleted.
 */

import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'

import { assertNever } from '../../shared/assert-never.ts'
import type { RunDetail } from '../../shared/domain.ts'
import { StudioError } from '../../shared/errors.ts'
import { plannedCandidates, planOf } from '../../shared/plan.ts'
import type { RunSpec } from '../../shared/run-spec.ts'
import { listBackups } from './backup-files.ts'
import { insertCandidate } from './candidates.ts'
import { createCatalogue, openCatalogue } from './catalogue.ts'
import type { WritableDatabase } from './connection.ts'
import { explain } from './faults.ts'
import { sha256Of } from './image-files.ts'
import { knownImages } from './images.ts'
import { imagePath, layoutOf, writeMarker, type LibraryLayout } from './layout.ts'
import { acquireLock, type Host } from './lock.ts'
import { insertOutsideImage } from './outside-images.ts'
import { decodePng, hasRecipe, readRecipe, type ImageRecord } from './png.ts'
import { insertRun, interruptLeftovers, listRuns, readRun, updateStatus } from './runs.ts'

export type RebuildReport = {
  /** Runs and finished images in the rebuilt catalogue. */
  readonly runs: number
  readonly candidates: number
  /** How many of the images came back by the recipe inside them. */
  readonly adopted: number
  /** How many came back as images from outside, because no run of Goldpan made them. */
  readonly outside: number
  /** The backup that the catalogue started from, or null where none could be read. */
  readonly backup: string | null
  /** Folder that now holds the old catalogue, or null where there was none. */
  readonly setAside: string | null
  /** Files under images/ that were left alone, with the reason. */
  readonly skipped: readonly { readonly file: string; readonly reason: string }[]
  /** Images that the backup knows but that are gone from images/; their rows are kept. */
  readonly missing: readonly string[]
}

/** Larger files are not ours: 64 Mpixel of RGB are 192 MiB. */
const maxImageBytes = 256 * 2 ** 20

/**
 * Makes the catalogue of a library again. What a picture cannot tell is lost where no backup has it: when a run was
 * made (the file's date stands in), on which device, its unknown words, the seconds of each image, interventions (what
 * a branch made is there), failures (they fail again), saved states (they are made again), and runs without a finished
 * image; marks, boards, votes, verdicts, preferences, and the names of images from outside. Two runs of one
 * specification whose images are the same files come back as one.
 *
 * @param promptOf what a PNG from outside was meant to show; '' for nothing known
 * @throws `bad_input` when the folder holds no library, and what openLibrary throws
 */
export async function rebuildLibrary(
  folder: string,
  host: Host = 'cli',
  promptOf: (png: Uint8Array) => string = () => '',
): Promise<RebuildReport> {
  const layout = layoutOf(folder)
  if (!existsSync(layout.marker) && !existsSync(layout.images)) {
    throw new StudioError(
      'bad_input',
      `Expected a library to rebuild, found neither marker nor images in ${layout.folder}. Name its folder with --library.`,
    )
  }
  try {
    const lock = acquireLock(layout, host)
    try {
      return await rebuild(layout, promptOf)
    } finally {
      lock.release()
    }
  } catch (error) {
    throw explain(layout, error)
  }
}

async function rebuild(layout: LibraryLayout, promptOf: (png: Uint8Array) => string): Promise<RebuildReport> {
  const rebuilt = path.join(layout.folder, 'catalogue.rebuilt.db')
  removeDraft(rebuilt)
  const { db, backup } = startFromNewestBackup(layout, rebuilt)
  try {
    const { pictures, skipped } = await unknownPictures(layout, knownImages(db), promptOf)
    const ofRuns = pictures.filter((picture) => picture.kind === 'candidate')
    const outside = pictures.filter((picture) => picture.kind === 'outside')
    db.transaction(() => {
      adopt(db, ofRuns)
      for (const picture of outside) {
        const name = `${picture.sha256.slice(0, 8)}.png`
        insertOutsideImage(db, picture, { name, prompt: picture.prompt, addedAt: picture.madeAt })
      }
    }).immediate()
    const runs = listRuns(db)
    const report = {
      runs: runs.length,
      candidates: runs.reduce((sum, { finished }) => sum + finished, 0),
      adopted: ofRuns.length,
      outside: outside.length,
      backup,
      skipped,
      missing: [...knownImages(db)].filter((sha256) => !existsSync(imagePath(layout, sha256))),
    }
    db.close()
    const setAside = moveAside(layout)
    renameSync(rebuilt, layout.catalogue)
    mkdirSync(layout.imagesTmp, { recursive: true })
    writeMarker(layout)
    return { ...report, setAside }
  } finally {
    db.close()
  }
}

/** A working copy of the newest backup of which every row can be read, or of an empty catalogue. */
function startFromNewestBackup(
  layout: LibraryLayout,
  file: string,
): { readonly db: WritableDatabase; readonly backup: string | null } {
  for (const backup of listBackups(layout).toReversed()) {
    const db = openCopy(layout, backup.file, file)
    if (db !== null) return { db, backup: backup.file }
  }
  createCatalogue(file)
  return { db: openCatalogue(layout, file, () => undefined), backup: null }
}

/** Null when the backup is damaged too: then the next older one is asked. A full disk is not the backup's fault. */
function openCopy(layout: LibraryLayout, backup: string, file: string): WritableDatabase | null {
  copyFileSync(backup, file)
  let db: WritableDatabase | undefined
  try {
    db = openCatalogue(layout, file, () => undefined)
    for (const { id } of listRuns(db)) readRun(db, id)
    interruptLeftovers(db)
    return db
  } catch (error) {
    db?.close()
    const explained = explain(layout, error)
    if (!(explained instanceof StudioError) || explained.code !== 'library_damaged') throw explained
    removeDraft(file)
    return null
  }
}

type PictureFile = {
  readonly sha256: string
  readonly bytes: number
  /** In pixels. */
  readonly width: number
  readonly height: number
  /** Date of the file. */
  readonly madeAt: Date
}
type CandidatePicture = PictureFile & { readonly kind: 'candidate'; readonly record: ImageRecord }
type Picture = CandidatePicture | (PictureFile & { readonly kind: 'outside'; readonly prompt: string })

async function unknownPictures(
  layout: LibraryLayout,
  known: ReadonlySet<string>,
  promptOf: (png: Uint8Array) => string,
): Promise<{ pictures: readonly Picture[]; skipped: RebuildReport['skipped'] }> {
  const pictures: Picture[] = []
  const skipped: { file: string; reason: string }[] = []
  for (const file of await imageFiles(layout)) {
    const sha256 = path.basename(file, '.png')
    if (known.has(sha256)) continue
    try {
      pictures.push(await readPicture(layout, file, sha256, promptOf))
    } catch (error) {
      skipped.push({ file, reason: (error as Error).message })
    }
  }
  return { pictures, skipped }
}

/** Everything under images/ that lies in a visible folder, in a fixed order. */
async function imageFiles(layout: LibraryLayout): Promise<readonly string[]> {
  if (!existsSync(layout.images)) return []
  const entries = await readdir(layout.images, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => !path.relative(layout.images, file).startsWith('.'))
    .sort()
}

async function readPicture(
  layout: LibraryLayout,
  file: string,
  sha256: string,
  promptOf: (png: Uint8Array) => string,
): Promise<Picture> {
  if (file !== imagePath(layout, sha256)) throw new Error('not at the place that its name says')
  const { size, mtime } = await stat(file)
  if (size > maxImageBytes) throw new Error(`${size} bytes are more than any image of ours`)
  const png = await readFile(file)
  if (sha256Of(png) !== sha256) throw new Error('its content is not what its name says')
  const found = { sha256, bytes: size, madeAt: mtime }
  if (!hasRecipe(png)) {
    const { width, height } = decodePng(png)
    return { kind: 'outside', ...found, width, height, prompt: promptOf(png) }
  }
  const facts = readRecipe(png)
  const { arm, seq } = facts.record
  if (!isAskedFor(facts.record)) {
    throw new Error(`its recipe has ${arm} ${seq}, which its specification does not ask for`)
  }
  return { kind: 'candidate', ...found, ...facts }
}

/** Whether a specification leads to such a candidate. What somebody branched off has a parent and any number. */
function isAskedFor({ spec, arm, seq, parent }: ImageRecord): boolean {
  switch (arm) {
    case 'search':
      return seq < plannedCandidates(spec) || parent !== null
    case 'baseline':
      return seq < spec.baselines.length
    case 'final':
      return spec.finalSteps !== null
    default:
      return assertNever(arm, 'arm of a picture')
  }
}

/** Puts each picture into the first run of its specification that lacks it, or into a new run. */
function adopt(db: WritableDatabase, pictures: readonly CandidatePicture[]): void {
  const runsBySpec = new Map<string, PlaceInRun[]>()
  for (const { id, spec } of listRuns(db).toReversed()) {
    const { candidates, baselines, finals } = readRun(db, id)
    const taken = new Set([...candidates, ...baselines, ...finals].map(({ arm, seq }) => `${arm} ${seq}`))
    entryOf(runsBySpec, spec).push({ runId: id, taken })
  }
  const oldestFirst = pictures.toSorted((a, b) => a.madeAt.getTime() - b.madeAt.getTime())
  for (const picture of oldestFirst) {
    const { spec, arm, seq } = picture.record
    const places = entryOf(runsBySpec, spec)
    let place = places.find(({ taken }) => !taken.has(`${arm} ${seq}`))
    if (place === undefined) {
      place = { runId: insertAbandonedRun(db, spec, picture.madeAt), taken: new Set() }
      places.push(place)
    }
    place.taken.add(`${arm} ${seq}`)
    insertCandidate(
      db,
      { ...picture.record, runId: place.runId, seconds: null, imageSha256: picture.sha256 },
      { sha256: picture.sha256, bytes: picture.bytes, width: picture.width, height: picture.height },
      null,
    )
  }
  for (const { id, status } of listRuns(db)) {
    if (status.kind === 'interrupted' && isComplete(readRun(db, id))) updateStatus(db, id, { kind: 'done' })
  }
}

/** Whether a run has every image of its specification but those that failed; branches are not of it, and count for nothing here. */
function isComplete({ spec, candidates, baselines, finals, failures }: RunDetail): boolean {
  const ended = [...candidates, ...baselines, ...finals, ...failures]
  const searched = ended.filter(({ arm, seq }) => arm === 'search' && seq < plannedCandidates(spec)).length
  const compared = ended.filter(({ arm }) => arm === 'baseline').length
  const last = ended.some(({ arm }) => arm === 'final') ? 1 : 0
  return searched + compared + last === planOf(spec).images
}

type PlaceInRun = { readonly runId: number; readonly taken: Set<string> }

function entryOf(runsBySpec: Map<string, PlaceInRun[]>, spec: RunSpec): PlaceInRun[] {
  // Both sides went through the specification's schema, so equal specifications have equal text.
  const key = JSON.stringify(spec)
  const entry = runsBySpec.get(key) ?? []
  runsBySpec.set(key, entry)
  return entry
}

function insertAbandonedRun(db: WritableDatabase, spec: RunSpec, createdAt: Date): number {
  const runId = insertRun(db, spec, [], createdAt)
  updateStatus(db, runId, { kind: 'interrupted' })
  return runId
}

/** Renames the catalogue with its -wal and -shm into damaged-<time>/; null when there is none. */
function moveAside(layout: LibraryLayout): string | null {
  const set = ['', '-wal', '-shm', '-journal']
    .map((ending) => `${layout.catalogue}${ending}`)
    .filter(existsSync)
  if (set.length === 0) return null
  const time = new Date().toISOString().replaceAll(/[:.]/g, '-')
  const folder = path.join(layout.folder, `damaged-${time}`)
  mkdirSync(folder)
  for (const file of set) renameSync(file, path.join(folder, path.basename(file)))
  return folder
}

/** Removes an unfinished catalogue of an earlier rebuild: a copy of ours that never was the library's catalogue. */
function removeDraft(file: string): void {
  for (const ending of ['', '-wal', '-journal']) rmSync(`${file}${ending}`, { force: true })
}
