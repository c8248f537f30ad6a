/**
 * The composition root that every host calls: library, packs and engine put together behind the contract.
 *
 * Runs are worked off one at a time, in the order in which they were started: there is one engine, and a run's seconds
 * should be its own.
 */

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
  promptQuestionSchema,
  resumeRequestSchema,
  startRequestSchema,
  removedReferenceSchema,
  runReferenceSchema,
  steeringRequestSchema,
} from '../../shared/call-arguments.ts'
import type { StudioApi, StudioEvent } from '../../shared/contract.ts'
import type {
  Candidate,
  Environment,
  Intervention,
  RunDetail,
  RunProgress,
  RunStatus,
} from '../../shared/domain.ts'
import { StudioError, toErrorData } from '../../shared/errors.ts'
import { parseInput } from '../../shared/parse-input.ts'
import { plannedCandidates, plannedRunNfe } from '../../shared/plan.ts'
import { parseRunSpec, type RunSpec } from '../../shared/run-spec.ts'
import type { DeviceId } from '../../shared/vocabulary.ts'
import { DeviceProbes } from '../engine/device-probes.ts'
import { createEngineClient, type LaunchEngine } from '../engine/engine-client.ts'
import { createGrader } from '../grader/grader.ts'
import type { GraderSettings } from '../grader/settings.ts'
import { openLibrary } from '../library/open.ts'
import { withoutMetadata } from '../library/png.ts'
import { ClassNames } from '../packs/class-names.ts'
import { sweepStaging } from '../packs/import/safe-copy.ts'
import type { ImagePackManifest, InstalledPack } from '../packs/manifest.ts'
import { PackFolders } from '../packs/read-packs.ts'
import { PackTokenizer } from '../packs/tokenizer.ts'
import { readSettings } from './pictures/read-settings.ts'
import { Imports } from './imports.ts'
import { replayStored, requireSamePacks } from './replay.ts'
import { openRunPacks, requireGrader, type RunPacks } from './run-packs.ts'
import { RunControl } from './runs/control.ts'
import { withOffer } from './runs/memory-offer.ts'
import { everythingOf, JobQueue } from './runs/jobs.ts'
import { provenanceOf } from './runs/provenance.ts'
import { restartingEngine } from './runs/restarting-engine.ts'
import { executeRun } from './runs/run-loop.ts'
import type { UploadPiece } from './uploads.ts'

/** What runs take unless a person chooses another. */
const device: DeviceId = 'cpu'

/** Views hear of new images at most this often, for each run. */
const changesEveryMs = 200

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

/** A run between start and end. */
type LiveRun = RunPacks & {
  readonly id: number
  readonly spec: RunSpec
  readonly control: RunControl
  /** Candidates that are evaluated together. */
  readonly batchSize: number
  started: boolean
  progress: RunProgress
  ended: Promise<void>
}

/**
 * Opens the library and gets ready; throws the library's errors, and `bad_input` for a grader on another machine. The
 * engine process starts with the first run.
 */
export async function openStudio(options: StudioOptions): Promise<Studio> {
  const settings = options.grader ?? null
  const grader = settings === null ? null : createGrader(settings)
  const library = await openLibrary(options.libraryPath, options.host)
  const modelsFolder = resolve(options.modelsFolder ?? join(library.path, 'models'))
  await sweepStaging(modelsFolder)
  const packs = new PackFolders(options.packFolders, modelsFolder)
  const launching = options.launchEngine === undefined ? {} : { launch: options.launchEngine }
  const engine = createEngineClient(launching)
  const probes = new DeviceProbes(launching)
  const listeners = new Set<(event: StudioEvent) => void>()
  const live = new Map<number, LiveRun>()
  const promptReaders = new Map<string, PromptReader>()
  let lastInQueue: Promise<void> = Promise.resolve()
  const closed = new AbortController()

  const tell = (event: StudioEvent): void => {
    for (const listener of listeners) listener(event)
  }

  /** Finished images come in waves; views ask for the whole run each time, so they are told a few times a second. */
  const toldSoon = new Map<number, NodeJS.Timeout>()
  const tellSoon = (runId: number): void => {
    if (toldSoon.has(runId)) return
    const timer = setTimeout(() => {
      toldSoon.delete(runId)
      tell({ kind: 'run-changed', runId })
    }, changesEveryMs)
    toldSoon.set(runId, timer)
  }

  const setStatus = (run: LiveRun, status: RunStatus): void => {
    library.setStatus(run.id, status)
    tell({ kind: 'run-changed', runId: run.id })
  }

  const setProgress = (run: LiveRun, progress: RunProgress): void => {
    run.progress = progress
    tell({ kind: 'progress', progress })
  }

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

  /** Works a run to its end and writes down how it ended. Never rejects. */
  const work = async (run: LiveRun): Promise<void> => {
    // Stopped while it waited: that was its end. Resumed since, it is another one in the queue.
    if (live.get(run.id) !== run) return
    run.started = true
    let end: RunStatus
    const { id: runId, spec, pack, verifierPacks, control, batchSize } = run
    const { signal } = control
    try {
      if (signal.aborted) throw new StudioError('cancelled', 'Cancelled before it started.')
      setStatus(run, { kind: 'running' })
      const stored = library.run(runId)
      const kind = await executeRun({
        ...{ runId, spec, pack, verifierPacks, grader, control, library, batchSize },
        engine: restartingEngine(engine, { signal }),
        stored: everythingOf(stored),
        failures: stored.failures,
        madeOn: stored.device,
        onProgress: (progress) => {
          setProgress(run, progress)
        },
        onCandidate: () => {
          tellSoon(runId)
        },
      })
      end = { kind }
    } catch (error) {
      const data = withOffer(toErrorData(error), batchSize)
      // An engine that is ended while a cancel waits for it has done what the cancel asked for.
      const cancelled = data.code === 'cancelled' || signal.aborted
      end = cancelled ? { kind: 'cancelled' } : { kind: 'failed', error: data }
    }
    live.delete(run.id)
    try {
      setStatus(run, end)
    } catch (error) {
      // A library that takes no more writes: the run stays as it is on disk and is `interrupted` at the next start.
      process.stderr.write(`Could not write down the end of run ${run.id}: ${toErrorData(error).message}\n`)
      tell({ kind: 'run-changed', runId: run.id })
    }
  }

  /** Work that the engine is needed for, or memory, behind the runs before it. */
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const result = lastInQueue.then(work)
    lastInQueue = result.then(
      () => undefined,
      () => undefined,
    )
    return result
  }

  const imports = new Imports({
    ...{ modelsFolder, packs, launch: options.launchEngine },
    inTurn: (work) =>
      inTurn(async () => {
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

  const requireOpen = (): void => {
    if (!closed.signal.aborted) return
    throw new StudioError('cancelled', 'The studio is closing; start the run again after it opens.')
  }

  const enqueue = (
    made: RunPacks & Pick<LiveRun, 'id' | 'spec' | 'batchSize'>,
    interventions: readonly Intervention[],
  ): void => {
    const run: LiveRun = {
      ...made,
      control: new RunControl(interventions),
      started: false,
      progress: queuedProgress(library.run(made.id)),
      ended: Promise.resolve(),
    }
    live.set(run.id, run)
    tell({ kind: 'run-changed', runId: run.id })
    setProgress(run, run.progress)
    lastInQueue = lastInQueue.then(() => work(run))
    run.ended = lastInQueue
  }

  /** A run that waited for its turn waits no more. */
  const leaveQueue = (run: LiveRun, status: RunStatus): void => {
    live.delete(run.id)
    setStatus(run, status)
  }

  /** The round whose choice comes next, of a live run or of one that rests. */
  const roundOf = (runId: number): number => {
    const running = live.get(runId)
    if (running?.started === true) return running.control.round
    const run = library.run(runId)
    return queueOf(run).round
  }

  /** What a person's hand changed is passed on to the run at work; one that rests goes on if it has more to do now. */
  const steered = async (runId: number): Promise<void> => {
    const run = library.run(runId)
    tell({ kind: 'run-changed', runId })
    const working = live.get(runId)
    if (working !== undefined) working.control.steer(run.interventions)
    else if (run.status.kind === 'done' && hasWork(run)) await api.resumeRun({ runId })
  }

  const api: StudioApi = {
    async environment() {
      const { host } = options
      const memoryFree = process.availableMemory()
      const info = { version: packageJson.version, host, libraryPath: library.path, modelsFolder, memoryFree }
      const named = settings === null ? null : { endpoint: settings.endpoint, model: settings.model }
      return Promise.resolve({ ...info, device, grader: named })
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
      enqueue({ id, spec, pack, verifierPacks, batchSize }, [])
      return { runId: id }
    },

    async cancelRun(reference) {
      const { runId } = parseInput(runReferenceSchema, reference)
      const run = live.get(runId)
      if (run === undefined) {
        library.run(runId) // throws unknown_run for an id that never was
        return Promise.resolve()
      }
      run.control.cancel()
      if (run.started) setProgress(run, { ...run.progress, phase: 'cancelling' })
      else leaveQueue(run, { kind: 'cancelled' })
      return Promise.resolve()
    },

    async pauseRun(reference) {
      const { runId } = parseInput(runReferenceSchema, reference)
      const run = live.get(runId)
      if (run === undefined) {
        library.run(runId)
        return Promise.resolve()
      }
      run.control.pause()
      if (run.started) setProgress(run, { ...run.progress, phase: 'pausing' })
      else leaveQueue(run, { kind: 'paused' })
      return Promise.resolve()
    },

    async resumeRun(reference) {
      const { runId, batchSize } = parseInput(resumeRequestSchema, reference)
      const before = live.get(runId)
      if (before !== undefined) {
        // It still stops; what it is asked now, it does afterwards.
        const { control } = before
        if (!control.isPausing && !control.signal.aborted) return
        const { stops } = control
        await before.ended
        // Stopped once more in the meantime: the last word counts.
        if (control.stops !== stops) return
      }
      const stored = library.run(runId)
      const { id, spec } = stored
      requireGrader(spec, grader)
      const { pack, verifierPacks } = await openRunPacks(packs, spec)
      await requireSamePacks(library, everythingOf(stored), provenanceOf(spec, pack, verifierPacks).packs)
      await probes.require(spec.device)
      requireOpen()
      if (live.has(id)) return
      // Read only now: a person may have steered while the packs were checked.
      const { interventions } = library.run(id)
      library.setStatus(id, { kind: 'queued' })
      enqueue({ id, spec, pack, verifierPacks, batchSize }, interventions)
    },

    async steer(request) {
      const { runId, ...wanted } = parseInput(steeringRequestSchema, request)
      const { spec, interventions } = library.run(runId)
      const intervention = library.addIntervention(
        runId,
        wanted.kind === 'branch' ? { ...wanted, firstSeq: nextBranch(spec, interventions) } : wanted,
        roundOf(runId),
      )
      await steered(runId)
      return intervention
    },

    async undoSteering(reference) {
      const { runId } = parseInput(runReferenceSchema, reference)
      const undone = library.undoIntervention(runId, roundOf(runId))
      if (undone !== null) await steered(runId)
      return undone
    },

    lineage: async (reference) =>
      Promise.resolve(library.lineage(parseInput(candidateReferenceSchema, reference))),

    async replay(reference) {
      const candidate = library.candidate(parseInput(candidateReferenceSchema, reference))
      await probes.require(library.run(candidate.runId).spec.device)
      requireOpen()
      const { signal } = closed
      return inTurn(() =>
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
      for (const run of live.values()) {
        const used = [run.pack, ...run.verifierPacks.map((seat) => seat.pack)]
        if (!used.some(({ manifest }) => manifest.id === id)) continue
        const message = `Expected a pack that no run works with, found ${id} in run ${run.id}. Stop that run first.`
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

    runs: async () => Promise.resolve(library.runs()),
    run: async (reference) => Promise.resolve(library.run(parseInput(runReferenceSchema, reference).runId)),
    progress: async () => Promise.resolve([...live.values()].map(({ progress }) => progress)),
  }

  return {
    api,
    onEvent(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    imageFile: (imageSha256) => library.imageFile(imageSha256),
    candidatesWithImage: (imageSha256) =>
      library.candidatesWithImage(imageSha256).map((reference) => library.candidate(reference)),
    receive: (piece) => imports.uploads.append(piece),
    whenEnded: async (runId) => {
      await live.get(runId)?.ended
    },
    async close() {
      closed.abort()
      for (const run of live.values()) run.control.cancel()
      // A model that hangs, or one that loads for minutes, is not waited for.
      const impatience = setTimeout(() => void engine.stop(), closePatienceMs)
      try {
        await imports.close()
        await lastInQueue
        await engine.stop()
      } finally {
        clearTimeout(impatience)
        for (const timer of toldSoon.values()) clearTimeout(timer)
        library.close()
      }
    },
  }
}

function queuedProgress({
  id,
  spec,
  finished,
  planned,
  failed,
  candidates,
  baselines,
  finals,
}: RunDetail): RunProgress {
  return {
    runId: id,
    phase: 'queued',
    finished,
    planned,
    failed,
    nfe: [...candidates, ...baselines, ...finals].reduce((sum, { nfe }) => sum + nfe, 0),
    nfePlanned: plannedRunNfe(spec),
    secondsElapsed: 0,
    secondsLeft: null,
    previews: [],
  }
}

/** Whether there is something to make that the library does not have. */
function hasWork(run: RunDetail): boolean {
  return queueOf(run).take(1).length > 0
}

/** The work of a run that rests. */
function queueOf(run: RunDetail): JobQueue {
  return new JobQueue(run.spec, everythingOf(run), run.interventions, run.failures)
}

/** The number of the next candidate that a person asks for: behind the plan and behind all that was asked for. */
function nextBranch(spec: RunSpec, interventions: readonly Intervention[]): number {
  return interventions.reduce(
    (next, one) => (one.kind === 'branch' ? Math.max(next, one.firstSeq + one.count) : next),
    plannedCandidates(spec),
  )
}
