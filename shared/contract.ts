/**
 * What a view may ask of the studio, and what the studio tells its views: one contract for both hosts.
 *
 * Both ends derive from `StudioApi`: the desktop's preload exposes one function a method, the browser host one POST
 * route a method. Arguments from a view are not trusted and are checked in the core; answers are plain data.
 */

import type {
  Candidate,
  CandidateReference,
  DeviceReport,
  Environment,
  FoundSettings,
  Intervention,
  PackSummary,
  PromptCheck,
  ReplayReport,
  RunDetail,
  RunProgress,
  RunSummary,
  SteeringRequest,
} from './domain.ts'
import type { WindowCommand } from './commands.ts'
import type { CourtApi } from './court.ts'
import type { ErrorData } from './errors.ts'
import type { GalleryApi } from './gallery.ts'
import type { ImportJob, ImportRequest, ModelFindings } from './model-import.ts'
import type { Preferences } from './preferences.ts'
import type { RunSpecInput } from './run-spec.ts'

export type StudioApi = RunsApi & GalleryApi & CourtApi

type RunsApi = {
  /** Where this studio runs. */
  environment(): Promise<Environment>
  /** What models can run on here. The first call takes seconds: each device is tried; the answers are remembered. */
  devices(): Promise<readonly DeviceReport[]>
  /** Every installed pack, usable or not. */
  packs(): Promise<readonly PackSummary[]>
  /** How a pack reads a prompt: token count and unknown words. */
  checkPrompt(question: { readonly pack: string; readonly prompt: string }): Promise<PromptCheck>
  /**
   * Checks the specification, writes the run to the library and queues it.
   *
   * @param spec with `batchSize`, the candidates that are evaluated together (`batchSizes`): memory and speed depend on
   * it, no image does, so it is no part of the specification
   */
  startRun(spec: RunSpecInput & { readonly batchSize?: number }): Promise<{ readonly runId: number }>
  /** Asks a run to stop; everything finished is kept. Resolves at once, also for a run that has ended. */
  cancelRun(run: { readonly runId: number }): Promise<void>
  /** Asks a run to wait: what is in flight is finished and kept, then its status is `paused`. */
  pauseRun(run: { readonly runId: number }): Promise<void>
  /**
   * Queues a run that stopped before its end, or one that a branch gave more to do: what the library has of it is not
   * made again. After `out_of_memory` with a smaller `batchSize`.
   */
  resumeRun(run: { readonly runId: number; readonly batchSize?: number }): Promise<void>
  /**
   * A person's hand in a search: takes effect in the next choice; a branch makes more candidates, also of a run that
   * is done. Refuses candidates that are not there, and a pin or a veto that is in force already.
   */
  steer(request: SteeringRequest): Promise<Intervention>
  /** Takes the newest intervention back that is still in force; null where there is none. */
  undoSteering(run: { readonly runId: number }): Promise<Intervention | null>
  /** A candidate and what it comes from, the root first. */
  lineage(candidate: CandidateReference): Promise<readonly Candidate[]>
  /** Makes a candidate again from its recipe and compares. Waits for the run at work. */
  replay(candidate: CandidateReference): Promise<ReplayReport>
  /**
   * How a picture from anywhere was made, from its PNG: `png` is the file in base64, best without its pixels
   * (png-without-pixels.ts). Nothing is kept.
   */
  readSettings(picture: { readonly png: string }): Promise<FoundSettings>
  /** A PNG of the library in base64, to be given away: as it is, or with nothing but its pixels. */
  exportImage(picture: {
    readonly imageSha256: string
    readonly metadata: 'all' | 'none'
  }): Promise<{ readonly png: string }>
  /**
   * Seals a run into one text that another install can verify: recipes, hashes, scores, costs, packs. Throws `bad_input`
   * for a run at work, or one that cannot be sealed.
   */
  sealRun(request: {
    readonly runId: number
    /** Puts the pictures in as well. */
    readonly images: boolean
  }): Promise<{ readonly dossier: string; readonly seal: string }>
  /**
   * What the model in a folder is, and what must be asked before it can be imported; changes nothing. A folder is a
   * path on the studio's machine, or `upload:` and the name of an upload.
   */
  inspectModel(place: { readonly folder: string }): Promise<ModelFindings>
  /** Queues an import: copied, tried in a process of its own, then installed as a pack. */
  importModel(request: ImportRequest): Promise<{ readonly importId: number }>
  /** Stops an import, whatever it is at; nothing of it is kept. Resolves at once. */
  cancelImport(one: { readonly importId: number }): Promise<void>
  /** Imports since the studio was opened, newest first. */
  imports(): Promise<readonly ImportJob[]>
  /** Makes room for a folder that a window sends; its files follow, then it is imported, or discarded. */
  beginUpload(): Promise<{ readonly upload: string }>
  discardUpload(place: { readonly folder: string }): Promise<void>
  /** Moves an imported pack aside, which no live run may use; the answer puts it back. */
  removePack(pack: { readonly id: string }): Promise<{ readonly removed: string }>
  restorePack(pack: { readonly removed: string }): Promise<void>
  /** All runs, newest first. */
  runs(): Promise<readonly RunSummary[]>
  /** One run with its finished images. */
  run(run: { readonly runId: number }): Promise<RunDetail>
  /** The live runs at this moment, in the order of the queue: what a view that opens in the middle of a run starts from. */
  progress(): Promise<readonly RunProgress[]>
  /** Puts a run that waits in the queue right behind another live run, or, with `null`, first of those that wait. */
  moveRun(move: { readonly runId: number; readonly behind: number | null }): Promise<void>
  preferences(): Promise<Preferences>
  /** Changes what is named and answers with everything. */
  setPreferences(change: Partial<Preferences>): Promise<Preferences>
}

export type StudioMethod = keyof StudioApi

/** Every method by name; the record makes the compiler complain when one is missing. */
const methodTable: Record<StudioMethod, true> = {
  environment: true,
  devices: true,
  packs: true,
  checkPrompt: true,
  startRun: true,
  cancelRun: true,
  pauseRun: true,
  resumeRun: true,
  steer: true,
  undoSteering: true,
  lineage: true,
  replay: true,
  inspectModel: true,
  importModel: true,
  cancelImport: true,
  imports: true,
  beginUpload: true,
  discardUpload: true,
  removePack: true,
  restorePack: true,
  readSettings: true,
  exportImage: true,
  sealRun: true,
  runs: true,
  run: true,
  progress: true,
  moveRun: true,
  preferences: true,
  setPreferences: true,
  wall: true,
  facets: true,
  pictures: true,
  picturesOfRun: true,
  mark: true,
  restoreMarks: true,
  boards: true,
  createBoard: true,
  renameBoard: true,
  removeBoard: true,
  restoreBoard: true,
  addToBoard: true,
  removeFromBoard: true,
  addPicture: true,
  removePictures: true,
  restorePictures: true,
  setPrompt: true,
  vote: true,
  withdrawVote: true,
  votes: true,
  court: true,
  judge: true,
  cancelJudging: true,
  judging: true,
  alarms: true,
  personalScorer: true,
  trainPersonalScorer: true,
  restorePersonalScorer: true,
  diverseWinners: true,
}
export const studioMethods = Object.keys(methodTable) as readonly StudioMethod[]

/** What the studio tells every view, unasked. */
export type StudioEvent =
  /** A live run moved; at most one a denoising step. */
  | { readonly kind: 'progress'; readonly progress: RunProgress }
  /** Something about this run changed in the library: a new image, a new status. Ask `run` again. */
  | { readonly kind: 'run-changed'; readonly runId: number }
  /** An import moved; of copied bytes a few times a second. Ask `imports` again. */
  | { readonly kind: 'import-changed'; readonly importId: number }
  /** There is another pack, or one less. Ask `packs` again. */
  | { readonly kind: 'packs-changed' }
  /** Pictures came, or their marks, boards, votes or prompts changed. Ask what is shown of them again. */
  | { readonly kind: 'pictures-changed' }
  /** Judging or training moved: verdicts came, or a job has another state. Ask `court`, `judging`, `personalScorer` again. */
  | { readonly kind: 'court-changed' }
  | { readonly kind: 'preferences-changed' }

/** An answer on the wire of either host. */
export type Answer<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly error: ErrorData }

/**
 * How a window hands a folder of models to the studio. The desktop's page learns paths; a browser's never does, and
 * sends what is in the folder.
 */
export type FolderAccess =
  | {
      readonly kind: 'desktop'
      /** Asks with the system's dialog; null when it was closed. */
      choose(): Promise<string | null>
      /** Of what was dropped on the window. */
      pathOf(file: File): string
    }
  | {
      readonly kind: 'browser'
      /**
       * Sends files and resolves to what stands for their folder in `inspectModel` and `importModel`.
       *
       * @param onBytes called with the bytes that have arrived
       */
      send(files: readonly SentFile[], onBytes: (bytes: number) => void, signal: AbortSignal): Promise<string>
    }

/** A file of a folder, by its path from the folder's own name on. */
export type SentFile = { readonly path: string; readonly file: Blob }

/** The studio as a window sees it: the same for both hosts. */
export type StudioBridge = StudioApi & {
  readonly folders: FolderAccess
  /** Calls back for every event until the returned function is called. */
  onEvent(listener: (event: StudioEvent) => void): () => void
  /** Calls back when the connection to the studio is lost or comes back; the desktop host never loses it. */
  onConnection(listener: (connected: boolean) => void): () => void
  /** Calls back for what the desktop's menus and notifications ask of the window; a browser has neither. */
  onCommand(listener: (command: WindowCommand) => void): () => void
  /**
   * Lets the system drag pictures of the library out of the window, as PNG files, from a `dragstart` whose default was
   * prevented. At most `maxDragged`. Null in a browser, which drags what a page offers.
   */
  readonly dragOut: ((imageSha256s: readonly string[]) => Promise<void>) | null
  /** The URL of an image of the library, by its hash; `thumbnailUrl` makes that of its thumbnail. */
  imageUrl(imageSha256: string): string
}

/**
 * What the desktop's preload puts at `window.studio`: the bridge with its answers still as data, because an error that
 * is thrown across Electron's context bridge arrives without its code.
 */
export type DesktopPort = {
  readonly [Method in StudioMethod]: (
    ...argument: Parameters<StudioApi[Method]>
  ) => Promise<Answer<Awaited<ReturnType<StudioApi[Method]>>>>
} & {
  onEvent(listener: (event: StudioEvent) => void): () => void
  onCommand(listener: (command: WindowCommand) => void): () => void
  dragOut(imageSha256s: readonly string[]): Promise<Answer<null>>
  chooseFolder(): Promise<Answer<string | null>>
  /** Absolute path of a file or folder that was dropped on the page. */
  pathOf(file: File): string
}

/**
 * The desktop's channels: one a method, those on which a window waits for its next events, asks for a folder, hands
 * over pictures that are dragged out, and is told what a menu asks.
 */
export const channelOf = <Method extends StudioMethod>(method: Method) => `studio:${method}` as const
export const eventsChannel = 'studio:next-events'
export const folderChannel = 'studio:choose-folder'
export const dragChannel = 'studio:drag-out'
export const commandChannel = 'studio:command'

/** The most pictures that are dragged out at once: each is copied for it. */
export const maxDragged = 100

/** Largest piece of a file on its way from a browser, in bytes. */
export const maxPieceBytes = 8 * 1024 * 1024
