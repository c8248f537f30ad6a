/** The library: one folder with a catalogue and its pictures, open in one process at a time. */

import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'

import type {
  BackupFacts,
  Candidate,
  CandidateReference,
  Intervention,
  InterventionRequest,
  RunDetail,
  RunStatus,
  RunSummary,
} from '../../shared/domain.ts'
import { StudioError, type ErrorData } from '../../shared/errors.ts'
import type { SearchScores } from '../../shared/hacking-alarm.ts'
import type { RunSpec } from '../../shared/run-spec.ts'
import { thumbnailSides } from '../../shared/thumbnails.ts'
import type { Library, NewCandidate, Provenance, RgbImage, SamplerState } from '../core/runs/adapters.ts'
import { backUp, backupFacts } from './backups.ts'
import {
  candidatesWithImage,
  completeState,
  findCandidate,
  insertCandidate,
  lineageOf,
  readCandidate,
} from './candidates.ts'
import { createCatalogue, openCatalogue } from './catalogue.ts'
import { inTransaction, type ReadableDatabase, type WritableDatabase } from './connection.ts'
import { insertFailure } from './failures.ts'
import { damaged, explain, guarded } from './faults.ts'
import { Gallery } from './gallery.ts'
import { diskWriter, readImageFile, sha256Of, storeImage, type ImageWriter } from './image-files.ts'
import { knowsImage } from './images.ts'
import { endNewestIntervention, insertIntervention } from './interventions.ts'
import { imagePath, isSha256, layoutOf, thumbnailPath, writeMarker, type LibraryLayout } from './layout.ts'
import { acquireLock, type Host, type LibraryLock } from './lock.ts'
import { forgetRemoved, imagesToForget } from './outside-images.ts'
import { decodePng, fileOf } from './png.ts'
import {
  arrangeQueue,
  insertRun,
  interruptLeftovers,
  listRuns,
  readRun,
  readSearchScores,
  requireRun,
  updateDevice,
  updateStatus,
} from './runs.ts'
import { finiteScores } from './scores.ts'
import { readState } from './states.ts'

/**
 * Opens the library in a folder, which is created on first use.
 *
 * Looks before it touches: a library that is damaged or newer is left exactly as it was found. Runs that a program
 * left queued or running when it ended are now interrupted.
 *
 * @param folder absolute, or relative to the working directory
 * @param host who opens it: named to whoever finds the library in use
 * @throws `library_locked`, `library_unwritable`, `library_full`, `library_damaged`, `library_newer`
 */
export async function openLibrary(
  folder: string,
  host: Host = 'cli',
  imageWriter: ImageWriter = diskWriter,
): Promise<Library> {
  const layout = layoutOf(folder)
  try {
    await mkdir(layout.folder, { recursive: true })
    const lock = acquireLock(layout, host)
    try {
      const db = openOrCreate(layout)
      return new OpenLibrary(layout, db, lock, imageWriter)
    } catch (error) {
      lock.release()
      throw error
    }
  } catch (error) {
    throw explain(layout, error)
  }
}

function openOrCreate(layout: LibraryLayout): WritableDatabase {
  if (isFirstStart(layout)) createCatalogue(layout.catalogue)
  const db = openCatalogue(layout, layout.catalogue, (old) => backUp(old, layout))
  try {
    mkdirSync(layout.imagesTmp, { recursive: true })
    mkdirSync(layout.backups, { recursive: true })
    writeMarker(layout)
    interruptLeftovers(db)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/**
 * Whether nothing was ever kept here. A missing or empty catalogue beside a marker, pictures or backups is not a
 * first start but a loss, and must never look like an empty library.
 */
function isFirstStart(layout: LibraryLayout): boolean {
  const size = statSync(layout.catalogue, { throwIfNoEntry: false })?.size ?? 0
  if (size > 0) return false
  const traces = [
    ...(existsSync(layout.marker) ? ['a marker'] : []),
    ...(filesIn(layout.images).some((name) => !name.startsWith('.')) ? ['images'] : []),
    ...(filesIn(layout.backups).length > 0 ? ['backups'] : []),
  ]
  if (traces.length === 0) return true
  const catalogue = existsSync(layout.catalogue) ? 'an empty catalogue.db' : 'no catalogue.db'
  throw damaged(layout, `${catalogue} although the folder has ${traces.join(' and ')}`)
}

function filesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}

class OpenLibrary implements Library {
  readonly path: string
  readonly gallery: Gallery
  readonly #layout: LibraryLayout
  readonly #db: WritableDatabase
  readonly #lock: LibraryLock
  readonly #imageWriter: ImageWriter
  /** Of runs that have not changed since the list was asked for: ranks of all candidates are dear. */
  readonly #summaries = new Map<number, RunSummary>()

  constructor(layout: LibraryLayout, db: WritableDatabase, lock: LibraryLock, imageWriter: ImageWriter) {
    this.path = layout.folder
    this.#layout = layout
    this.#db = db
    this.#lock = lock
    this.#imageWriter = imageWriter
    this.gallery = new Gallery({
      use: (work) => this.#use(work),
      storeImage: (png) => this.#storeImage(png),
    })
  }

  backups(): BackupFacts {
    return backupFacts(this.#layout)
  }

  createRun(spec: RunSpec, unknownWords: readonly string[]): number {
    return this.#use((db) => insertRun(db, spec, unknownWords, new Date()))
  }

  setStatus(runId: number, status: RunStatus): void {
    this.#useRun(runId, (db) => updateStatus(db, runId, status))
  }

  arrangeQueue(order: readonly number[]): void {
    for (const runId of order) this.#summaries.delete(runId)
    this.#use((db) => arrangeQueue(db, order))
  }

  setDevice(runId: number, device: string): void {
    this.#use((db) => updateDevice(db, runId, device))
  }

  async addCandidate(
    candidate: NewCandidate,
    image: RgbImage,
    provenance: Provenance,
    state: SamplerState | null,
  ): Promise<Candidate> {
    this.#use((db) => requireRun(db, candidate.runId))
    const scores = finiteScores(candidate.scores)
    const present = this.#use((db) => findCandidate(db, candidate))
    const png = fileOf({ ...candidate, scores }, image, provenance, present?.imageSha256 ?? null)
    // The picture carries its recipe, costs and scores: an equal hash says that all of that is equal.
    const stored: Candidate = { ...candidate, scores, imageSha256: sha256Of(png) }
    if (present !== null && present.imageSha256 !== stored.imageSha256) throw madeDifferently(present, stored)
    // Also for one that is present: its file may be gone.
    await this.#storeImage(png)
    this.#useRun(candidate.runId, (db) => {
      if (present === null) {
        const { width, height } = image
        insertCandidate(
          db,
          stored,
          { sha256: stored.imageSha256, bytes: png.byteLength, width, height },
          state,
        )
      } else if (state !== null) completeState(db, present, state)
    })
    return present ?? stored
  }

  addFailure(reference: CandidateReference, error: ErrorData): void {
    this.#useRun(reference.runId, (db) => {
      requireRun(db, reference.runId)
      insertFailure(db, reference, error)
    })
  }

  savedState(runId: number, seq: number): SamplerState | null {
    return this.#use((db) => readState(db, runId, seq))
  }

  addIntervention(runId: number, request: InterventionRequest, round: number): Intervention {
    return this.#useRun(runId, (db) => {
      requireRun(db, runId)
      readCandidate(db, { runId, arm: 'search', seq: request.seq })
      return insertIntervention(db, runId, request, round)
    })
  }

  undoIntervention(runId: number, round: number): Intervention | null {
    return this.#useRun(runId, (db) => {
      requireRun(db, runId)
      return endNewestIntervention(db, runId, round)
    })
  }

  candidate(reference: CandidateReference): Candidate {
    return this.#use((db) => {
      requireRun(db, reference.runId)
      return readCandidate(db, reference)
    })
  }

  candidatesWithImage(imageSha256: string): readonly CandidateReference[] {
    return this.#use((db) => candidatesWithImage(db, imageSha256))
  }

  lineage(reference: CandidateReference): readonly Candidate[] {
    return this.#use((db) => {
      requireRun(db, reference.runId)
      return lineageOf(db, reference)
    })
  }

  runs(): readonly RunSummary[] {
    return this.#use((db) => listRuns(db, this.#summaries))
  }

  run(runId: number): RunDetail {
    return this.#use((db) => readRun(db, runId))
  }

  searchScores(runId: number): SearchScores {
    return this.#use((db) => readSearchScores(db, runId))
  }

  imageFile(imageSha256: string): string | null {
    if (!isSha256(imageSha256)) return null
    return this.#use((db) => knowsImage(db, imageSha256)) ? imagePath(this.#layout, imageSha256) : null
  }

  async readImageFile(imageSha256: string): Promise<Uint8Array> {
    if (this.imageFile(imageSha256) === null) {
      throw new StudioError(
        'not_found',
        `Expected an image of the library ${this.path}, found the hash ${JSON.stringify(imageSha256)}, which it does not know.`,
      )
    }
    return readImageFile(this.#layout, imageSha256)
  }

  async readImage(imageSha256: string): Promise<RgbImage> {
    return decodePng(await this.readImageFile(imageSha256))
  }

  /** Leaves a backup when anything was written, and lets the next process in. Closing twice is harmless. */
  close(): void {
    if (!this.#db.open) return
    try {
      // Each by itself: a removed file that another program holds must cost no backup.
      this.#closing('with images that were removed still in it; they go the next time', () => {
        this.#forgetRemovedPictures()
      })
      this.#closing('without a new backup', () => {
        if (changesOf(this.#db) > 0) backUp(this.#db, this.#layout)
      })
    } finally {
      this.#db.close()
      this.#lock.release()
    }
  }

  /** Everything is committed: what cannot be done at the end must not turn a finished run into a failed one. */
  #closing(without: string, work: () => void): void {
    try {
      work()
    } catch (error) {
      const { message } = explain(this.#layout, error)
      process.emitWarning(`The library was closed ${without}. ${message}`)
    }
  }

  /** Files first: a file without its row would come back with a rebuild, a removed row without its file is nowhere. */
  #forgetRemovedPictures(): void {
    const images = imagesToForget(this.#db)
    if (images === null) return
    for (const image of images) {
      for (const side of thumbnailSides) rmSync(thumbnailPath(this.#layout, image, side), { force: true })
      rmSync(imagePath(this.#layout, image), { force: true })
    }
    inTransaction(this.#db, () => forgetRemoved(this.#db, images))
  }

  async #storeImage(png: Uint8Array): Promise<string> {
    try {
      return await storeImage(this.#layout, png, this.#imageWriter)
    } catch (error) {
      throw explain(this.#layout, error)
    }
  }

  /** For what changes a run. */
  #useRun<Result>(runId: number, work: (db: WritableDatabase) => Result): Result {
    this.#summaries.delete(runId)
    return this.#use(work)
  }

  #use<Result>(work: (db: WritableDatabase) => Result): Result {
    if (!this.#db.open) throw new StudioError('internal', 'Expected an open library, found a closed one.')
    return guarded(this.#layout, () => work(this.#db))
  }
}

/** The place is taken by something else: a second result for one recipe is never kept, and never passed over. */
function madeDifferently(present: Candidate, made: Candidate): StudioError {
  return new StudioError(
    'internal',
    `Expected ${present.arm} ${present.seq} of run ${present.runId} to be made again as it is stored (image ${present.imageSha256}), ` +
      `found another (image ${made.imageSha256}). The stored one is kept. ` +
      'Packs, device or program have changed since, or one of them does not repeat itself: start a new run with the same specification.',
  )
}

function changesOf(db: ReadableDatabase): number {
  return db.prepare<[], number>('SELECT total_changes()').pluck().get() ?? 0
}
