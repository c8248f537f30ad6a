/** The composition root that every host calls: library, packs and engine put together behind the contract. */

import { join, resolve } from 'node:path'

import packageJson from '../../package.json' with { type: 'json' }
import {
  candidateReferenceSchema,
  folderReferenceSchema,
  importReferenceSchema,
  importRequestSchema,
  packReferenceSchema,
  exportSchema,
  foreignPictureSchema,
  moveSchema,
  promptQuestionSchema,
  resumeRequestSchema,
  startRequestSchema,
  removedReferenceSchema,
  runReferenceSchema,
  sealRequestSchema,
  steeringRequestSchema,
} from '../../shared/call-arguments.ts'
import type { StudioApi, StudioEvent } from '../../shared/contract.ts'
import type { Candidate, Environment } from '../../shared/domain.ts'
import { StudioError } from '../../shared/errors.ts'
import { parseInput } from '../../shared/parse-input.ts'
import { parseRunSpec } from '../../shared/run-spec.ts'
import type { ThumbnailSide } from '../../shared/thumbnails.ts'
import type { DeviceId } from '../../shared/vocabulary.ts'
import { DeviceProbes } from '../engine/device-probes.ts'
import { createEngineClient, type LaunchEngine } from '../engine/engine-client.ts'
import { createGrader } from '../grader/grader.ts'
import type { GraderSettings } from '../grader/settings.ts'
import { openLibrary } from '../library/open.ts'
import { withoutMetadata } from '../library/png.ts'
import { openThumbnails } from '../library/thumbnails.ts'
import { ClassNames } from '../packs/class-names.ts'
import { sweepStaging } from '../packs/import/staging.ts'
import type { ImagePackManifest, InstalledPack } from '../packs/manifest.ts'
import { PackFolders } from '../packs/read-packs.ts'
import { PackTokenizer } from '../packs/tokenizer.ts'
import { readSettings } from './pictures/read-settings.ts'
import { contentOf, sealed } from './dossier/dossier.ts'
import { Gallery } from './gallery.ts'
import { openCourt } from './court.ts'
import { Imports } from './imports.ts'
import { LiveRuns } from './live-runs.ts'
import { preferencesApi } from './preferences.ts'
import { replayStored } from './replay.ts'
import { openRunPacks, requireGrader } from './run-packs.ts'
import { restartingEngine } from './runs/restarting-engine.ts'
import type { UploadPiece } from './uploads.ts'

/** What runs take unless a person chooses another. */
const device: DeviceId = 'cpu'

/** How long closing waits for the step at work. */
const closePatienceMs = 5_000

export type StudioOptions = {
  /** Folder of the library; made when it does not exist. */
  readonly libraryPath: string
  /** Folders whose subfolders are packs. */
  readonly packFolders: readonly string[]
  /** Where imported packs lie; `models` in the library unless told otherwise. */
  readonly modelsFolder?: string
  readonly host: Environment['host']
  /** How the host starts the engine process; a plain fork unless told otherwise. */
  readonly launchEngine?: LaunchEngine
  /** The vision language model behind llm_grader; null, or left out, where none is set up. */
  readonly grader?: GraderSettings | null
}

export type Studio = {
  readonly api: StudioApi
  /** Calls back for every event until the returned function is called. A listener must not throw. */
  onEvent(listener: (event: StudioEvent) => void): () => void
  /** Absolute path of an image of the library, or null for an unknown hash. */
  imageFile(imageSha256: string): string | null
  /**
   * The PNG of an image at most `side` pixels long, made when it is first asked for.
   *
   * @param signal aborted when nobody waits for it any more
   * @returns null for an unknown hash, and where the image itself is to be shown: it is no larger, or there is no thumbnail
   *   to be had of it
   */
  thumbnail(imageSha256: string, side: ThumbnailSide, signal: AbortSignal): Promise<Uint8Array | null>
  /** The candidates whose image has this hash, or one that begins so; throws `bad_input` for no hash. */
  candidatesWithImage(imageSha256: string): readonly Candidate[]
  /** Takes a piece of a folder that a window sends. Throws `not_found`, `bad_input`, `library_full`. */
  receive(piece: UploadPiece): Promise<void>
  /** Resolves when this run has ended, however it ended. At once for a run that is not live. */
  whenEnded(runId: number): Promise<void>
  /** Cancels what runs, stops the engine, closes the library. */
  close(): Promise<void>
}

/** What a pack makes of a prompt; `check` throws `bad_input` for one that the pack cannot draw at all. */
type PromptReader = Pick<PackTokenizer | ClassNames, 'check'>

/**
 * Opens the library and gets ready; throws the library's errors, and `bad_input` for a grader on another machine. The
 * engine process starts with the first run.
 */
export async function openStudio(options: StudioOptions): Promise<Studio> {
  const settings = options.grader ?? null
  const grader = settings === null ? null : createGrader(settings)
  const library = await openLibrary(options.libraryPath, options.host)
  const thumbnails = openThumbnails(library.path)
  const modelsFolder = resolve(options.modelsFolder ?? join(library.path, 'models'))
  await sweepStaging(modelsFolder)
  const packs = new PackFolders(options.packFolders, modelsFolder)
  const launching = options.launchEngine === undefined ? {} : { launch: options.launchEngine }
  const engine = createEngineClient(launching)
  const probes = new DeviceProbes(launching)
  const listeners = new Set<(event: StudioEvent) => void>()
  const promptReaders = new Map<string, PromptReader>()
  const closed = new AbortController()

  const tell = (event: StudioEvent): void => {
    for (const listener of listeners) listener(event)
    // A run has changed where it has another image.
    if (event.kind === 'run-changed') gallery.changed()
  }
  const gallery = new Gallery(library.gallery, tell)

  const promptReaderOf = async (pack: InstalledPack<ImagePackManifest>): Promise<PromptReader> => {
    const known = promptReaders.get(pack.sha256)
    if (known !== undefined) return known
    const { manifest } = pack
    const reader =
      manifest.kind === 'class_to_image'
        ? new ClassNames(manifest)
        : await PackTokenizer.load({ ...pack, manifest })
    promptReaders.set(pack.sha256, reader)
    return reader
  }

  const requireOpen = (): void => {
    if (!closed.signal.aborted) return
    throw new StudioError('cancelled', 'The studio is closing; start the run again after it opens.')
  }

  const runs = new LiveRuns({ library, packs, engine, grader, probes, requireOpen, tell })
  const court = openCourt({
    ...{ catalogue: library.gallery, library, packs, engine, grader, modelsFolder, requireOpen },
    inTurn: (work) => runs.inTurn(work),
    userOf: (packId) => runs.userOf(packId),
    removePack: (id) => imports.remove(id),
    restorePack: (removed) => imports.restore(removed),
    removedAs: (name) => imports.removedAs(name),
    onPacks: () => {
      tell({ kind: 'packs-changed' })
    },
    closed: closed.signal,
    onChange: () => {
      tell({ kind: 'court-changed' })
    },
  })
  const imports = new Imports({
    ...{ modelsFolder, packs, launch: options.launchEngine },
    inTurn: (work) =>
      runs.inTurn(async () => {
        // What the last run loaded would stand beside what is tried.
        await engine.stop()
        return work()
      }),
    onChange: (importId) => {
      tell({ kind: 'import-changed', importId })
    },
    onPacks: () => {
      tell({ kind: 'packs-changed' })
    },
  })

  const api: StudioApi = {
    ...gallery.api,
    ...preferencesApi(library.gallery, tell),

    async environment() {
      const { host } = options
      const memoryFree = process.availableMemory()
      const info = { version: packageJson.version, host, libraryPath: library.path, modelsFolder, memoryFree }
      const named = settings === null ? null : { endpoint: settings.endpoint, model: settings.model }
      const here = { platform: process.platform, processId: process.pid }
      return Promise.resolve({ ...info, ...here, device, grader: named, backups: library.backups() })
    },

    devices: () => probes.all(),

    packs: () => packs.summaries(),

    async checkPrompt(question) {
      const { pack, prompt } = parseInput(promptQuestionSchema, question)
      return (await promptReaderOf(await packs.openImagePack(pack))).check(prompt)
    },

    async startRun(input) {
      const { batchSize, ...asked } = parseInput(startRequestSchema, input)
      const spec = parseRunSpec(asked)
      requireGrader(spec, grader)
      const { pack, verifierPacks } = await openRunPacks(packs, spec)
      const reader = await promptReaderOf(pack)
      const { unknownWords } = reader.check(spec.prompt)
      const ofNegative = spec.negativePrompt === '' ? [] : reader.check(spec.negativePrompt).unknownWords
      await probes.require(spec.device)
      requireOpen()
      const id = library.createRun(spec, [...new Set([...unknownWords, ...ofNegative])])
      runs.enqueue({ id, spec, pack, verifierPacks, batchSize }, [])
      return { runId: id }
    },

    async cancelRun(reference) {
      runs.cancel(parseInput(runReferenceSchema, reference).runId)
      return Promise.resolve()
    },

    async pauseRun(reference) {
      runs.pause(parseInput(runReferenceSchema, reference).runId)
      return Promise.resolve()
    },

    async resumeRun(reference) {
      const { runId, batchSize } = parseInput(resumeRequestSchema, reference)
      await runs.resume(runId, batchSize)
    },

    steer: async (request) => runs.steer(parseInput(steeringRequestSchema, request)),
    undoSteering: async (reference) => runs.undoSteering(parseInput(runReferenceSchema, reference).runId),

    lineage: async (reference) =>
      Promise.resolve(library.lineage(parseInput(candidateReferenceSchema, reference))),

    async replay(reference) {
      const candidate = library.candidate(parseInput(candidateReferenceSchema, reference))
      await probes.require(library.run(candidate.runId).spec.device)
      requireOpen()
      const { signal } = closed
      return runs.inTurn(() =>
        replayStored({ library, packs, engine: restartingEngine(engine, { signal }), signal }, candidate),
      )
    },

    inspectModel: async (place) => imports.inspect(parseInput(folderReferenceSchema, place).folder),

    async importModel(request) {
      requireOpen()
      return imports.start(parseInput(importRequestSchema, request))
    },

    async cancelImport(one) {
      imports.cancel(parseInput(importReferenceSchema, one).importId)
      return Promise.resolve()
    },

    imports: async () => Promise.resolve(imports.list()),
    beginUpload: () => imports.uploads.begin(),
    discardUpload: async (place) => imports.uploads.discard(parseInput(folderReferenceSchema, place).folder),

    async removePack(reference) {
      const { id } = parseInput(packReferenceSchema, reference)
      const user = runs.userOf(id)
      if (user !== null) {
        const message = `Expected a pack that no run works with, found ${id} in run ${user}. Stop that run first.`
        throw new StudioError('bad_input', message)
      }
      return imports.remove(id)
    },

    restorePack: async (reference) => imports.restore(parseInput(removedReferenceSchema, reference).removed),

    async readSettings(picture) {
      const { png } = parseInput(foreignPictureSchema, picture)
      return readSettings(Buffer.from(png, 'base64'), await packs.summaries())
    },

    async exportImage(request) {
      const { imageSha256, metadata } = parseInput(exportSchema, request)
      const png = await library.readImageFile(imageSha256)
      return { png: Buffer.from(metadata === 'all' ? png : withoutMetadata(png)).toString('base64') }
    },

    async sealRun(request) {
      const { runId, images } = parseInput(sealRequestSchema, request)
      const imageFile = (sha256: string) => library.imageFile(sha256)
      return sealed(await contentOf(library.run(runId), packageJson.version, imageFile, images))
    },

    runs: async () => Promise.resolve(library.runs()),
    run: async (reference) => Promise.resolve(library.run(parseInput(runReferenceSchema, reference).runId)),
    progress: async () => Promise.resolve(runs.progress()),

    async moveRun(move) {
      const { runId, behind } = parseInput(moveSchema, move)
      runs.move(runId, behind)
      return Promise.resolve()
    },

    ...court.api,
  }

  return {
    api,
    onEvent(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    imageFile: (imageSha256) => library.imageFile(imageSha256),
    thumbnail: async (imageSha256, side, signal) =>
      library.imageFile(imageSha256) === null ? null : thumbnails.read(imageSha256, side, signal),
    candidatesWithImage: (imageSha256) =>
      library.candidatesWithImage(imageSha256).map((reference) => library.candidate(reference)),
    receive: (piece) => imports.uploads.append(piece),
    whenEnded: (runId) => runs.whenEnded(runId),
    async close() {
      closed.abort()
      runs.cancelAll()
      // A model that hangs, or one that loads for minutes, is not waited for.
      const impatience = setTimeout(() => void engine.stop(), closePatienceMs)
      try {
        await court.close()
        await imports.close()
        await runs.whenIdle()
        await engine.stop()
      } finally {
        clearTimeout(impatience)
        runs.forgetWaitingEvents()
        gallery.close()
        await thumbnails.close()
        library.close()
      }
    },
  }
}
