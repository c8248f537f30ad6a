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
import type { ErrorData } from './errors.ts'
import type { RunSpecInput } from './run-spec.ts'

export type StudioApi = {
  /** Where this studio runs. */
  environment(): Promise<Environment>
  /** What models can run on here. The first call takes seconds: each device is tried; the answers are remembered. */
  devices(): Promise<readonly DeviceReport[]>
  /** Every installed pack, usable or not. */
  packs(): Promise<readonly PackSummary[]>
  /** How a pack reads a prompt: token count and unknown words. */
  checkPrompt(question: { readonly pack: string; readonly prompt: string }): Promise<PromptCheck>
  /** Checks the specification, writes the run to the library and queues it. */
  startRun(spec: RunSpecInput): Promise<{ readonly runId: number }>
  /** Asks a run to stop; everything finished is kept. Resolves at once, also for a run that has ended. */
  cancelRun(run: { readonly runId: number }): Promise<void>
  /** Asks a run to wait: what is in flight is finished and kept, then its status is `paused`. */
  pauseRun(run: { readonly runId: number }): Promise<void>
  /**
   * Queues a run that stopped before its end, or one that a branch gave more to do: what the library has of it is not
   * made again.
   */
  resumeRun(run: { readonly runId: number }): Promise<void>
  /**
   * A person's hand in a search: takes effect in the next choice; a branch makes more candidates, also of a run that
   * is done. Refuses candidates that are not there.
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
  /** All runs, newest first. */
  runs(): Promise<readonly RunSummary[]>
  /** One run with its finished images. */
  run(run: { readonly runId: number }): Promise<RunDetail>
  /** The live runs at this moment: what a view that opens in the middle of a run starts from. */
  progress(): Promise<readonly RunProgress[]>
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
  readSettings: true,
  exportImage: true,
  runs: true,
  run: true,
  progress: true,
}
export const studioMethods = Object.keys(methodTable) as readonly StudioMethod[]

/** What the studio tells every view, unasked. */
export type StudioEvent =
  /** A live run moved; at most one a denoising step. */
  | { readonly kind: 'progress'; readonly progress: RunProgress }
  /** Something about this run changed in the library: a new image, a new status. Ask `run` again. */
  | { readonly kind: 'run-changed'; readonly runId: number }

/** An answer on the wire of either host. */
export type Answer<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly error: ErrorData }

/** The studio as a window sees it: the same for both hosts. */
export type StudioBridge = StudioApi & {
  /** Calls back for every event until the returned function is called. */
  onEvent(listener: (event: StudioEvent) => void): () => void
  /** Calls back when the connection to the studio is lost or comes back; the desktop host never loses it. */
  onConnection(listener: (connected: boolean) => void): () => void
  /** The URL of an image of the library, by its hash. */
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
}

/** The desktop's channels, one a method, and the one on which a window waits for its next events. */
export const channelOf = <Method extends StudioMethod>(method: Method) => `studio:${method}` as const
export const eventsChannel = 'studio:next-events'
