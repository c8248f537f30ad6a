/**
 * What a run needs from the outside, as interfaces: the engine process that owns the models, the library that keeps
 * the results. The core sees only these; electron/engine and electron/library implement them.
 */

import type { InstalledPack } from '../../packs/manifest.ts'
import type {
  BackupFacts,
  Candidate,
  CandidateReference,
  Intervention,
  InterventionRequest,
  RunDetail,
  RunStatus,
  RunSummary,
} from '../../../shared/domain.ts'
import type { ErrorData, StudioError } from '../../../shared/errors.ts'
import type { SearchScores } from '../../../shared/hacking-alarm.ts'
import type { RunSpec } from '../../../shared/run-spec.ts'
import type { DeviceId } from '../../../shared/vocabulary.ts'
import type { SamplerState } from '../diffusion/samplers/sampler.ts'
import type { Detection } from '../judge/detections.ts'
import type { ImageFeatures } from '../verifiers/evidence.ts'
import type { PictureCatalogue } from './picture-catalogue.ts'

/** For engine and library, which know of the core what stands here. */
export type { Detection } from '../judge/detections.ts'
export type { SamplerState } from '../diffusion/samplers/sampler.ts'
export type { ImageFeatures } from '../verifiers/evidence.ts'

/** An 8-bit RGB picture: `data` is height * width * 3 bytes, row by row from the top left. */
export type RgbImage = { readonly width: number; readonly height: number; readonly data: Uint8Array }

/** What the engine runs on; recorded with every run, never changed silently. */
export type EngineInfo = {
  /** Execution provider. */
  readonly device: DeviceId
  /** Runtime and version, e.g. `onnxruntime 1.30.0`; its providers come with it and have no version of their own. */
  readonly runtime: string
  /** What the denoiser takes latents as: half-precision networks give other pictures than full ones. */
  readonly precision: 'float32' | 'float16'
}

/** Height and width of latents: a pack's own, or those of another picture size that it takes. */
export type LatentSize = { readonly height: number; readonly width: number }

/** What is asked for at every evaluation of a run. */
export type Asked = {
  readonly packId: string
  readonly prompt: string
  /** What guidance leads away from; '' for nothing in particular. */
  readonly negativePrompt: string
  /** 1: the conditional prediction alone, one forward pass. Else what the pack's `guidanceBy` makes of it. */
  readonly guidance: number
  readonly latentSize: LatentSize
}

export type DenoiseRequest = Asked & {
  /** Batch of latents, [batch, channels, height, width], float32. */
  readonly latents: Float32Array
  /** Noise level of each sample, [batch]; samples of a batch may stand at different levels. */
  readonly sigmas: readonly number[]
  /** What the network is told at each of these levels, [batch]. */
  readonly timesteps: readonly number[]
}

export type DecodeRequest = Pick<Asked, 'packId' | 'latentSize'> & {
  /** [batch, channels, height, width] */
  readonly latents: Float32Array
  readonly batch: number
}

/**
 * Owns the engine process. Every call rejects with a StudioError: `engine_died`, `engine_stalled`, `engine_failed`,
 * `model_output_invalid`, `out_of_memory`. After a death, or too little memory, the next `load` starts a fresh process.
 *
 * `seconds` is the time the engine spent on the call, measured in the engine process.
 */
export interface Engine {
  /**
   * Starts the process if none runs and loads the sessions of these packs; cheap when they are loaded. Another device
   * than before starts another process.
   *
   * @param device the processor unless told otherwise; never exchanged for another
   */
  load(packs: readonly InstalledPack[], device?: DeviceId): Promise<EngineInfo>
  /** The x-prediction: [batch, channels, height, width] as the request's latents. */
  denoise(request: DenoiseRequest): Promise<{
    readonly denoised: Float32Array
    /** Per sample: 1 without guidance, 2 with. */
    readonly forwardPasses: number
    readonly seconds: number
  }>
  /** Latents [batch, channels, height, width] to pictures. */
  decode(request: DecodeRequest): Promise<{
    readonly images: readonly RgbImage[]
    readonly seconds: number
  }>
  /** What a verifier pack's image tower gives for each image, in order: one evaluation for all of its outputs. */
  embedImages(request: { readonly packId: string; readonly images: readonly RgbImage[] }): Promise<{
    readonly features: readonly ImageFeatures[]
    readonly seconds: number
  }>
  /** A verifier pack's text feature of exactly this text (the caller adds any prefix). */
  embedText(request: { readonly packId: string; readonly text: string }): Promise<{
    readonly embedding: Float32Array
    readonly seconds: number
  }>
  /** A verifier pack's pair tower: each image with exactly this text; null where it gave something not finite. */
  scorePairs(request: {
    readonly packId: string
    readonly images: readonly RgbImage[]
    readonly text: string
  }): Promise<{
    readonly scores: readonly (number | null)[]
    readonly seconds: number
  }>
  /** What a judge pack's detector sees in each image; null where it gave something not finite. */
  detect(request: { readonly packId: string; readonly images: readonly RgbImage[] }): Promise<{
    readonly detections: readonly (Detection | null)[]
    readonly seconds: number
  }>
  /**
   * The gradient of what `denoise` gives: J^T times the cotangent, J the Jacobian of each sample's x-prediction with
   * respect to its latents. The network is evaluated anew on the way (gradient checkpointing); nothing is kept.
   */
  denoiseGradient(request: DenoiseRequest & { readonly cotangent: Float32Array }): Promise<{
    /** [batch, channels, height, width] as the latents and the cotangent. */
    readonly gradient: Float32Array
    /** Evaluations of the gradient graph per sample: 1 without guidance, 2 with. */
    readonly forwardPasses: number
    readonly seconds: number
  }>
  /**
   * The gradient of the decoder with respect to its latents. The rounding of `decode` to 8 bits is passed straight
   * through; a clamp inside the decoder's graph stops the gradient of the pixels that it holds.
   */
  decodeGradient(
    request: DecodeRequest & {
      /** Of the decoder's pixels in [-1, 1], [batch, 3, height, width] of the pictures. */
      readonly cotangent: Float32Array
    },
  ): Promise<{
    /** [batch, channels, height, width] as the latents. */
    readonly gradient: Float32Array
    readonly seconds: number
  }>
  /** The gradient of a verifier pack's image tower with respect to the pixels that a decoder gave. */
  embedImagesGradient(request: {
    readonly packId: string
    readonly images: readonly RgbImage[]
    /** Of the output that the pack's imageTowerGradient names in `of`, [images, length of that output]. */
    readonly cotangent: Float32Array
  }): Promise<{
    /** Of pixels in [-1, 1], [images, 3, height, width]: what `decodeGradient` takes. */
    readonly gradient: Float32Array
    readonly seconds: number
  }>
  /** The gradient of a verifier pack's pair tower with respect to the pixels that a decoder gave. */
  scorePairsGradient(request: {
    readonly packId: string
    readonly images: readonly RgbImage[]
    readonly text: string
    /** Of each image's score. */
    readonly cotangent: Float32Array
  }): Promise<{
    /** As that of `embedImagesGradient`. */
    readonly gradient: Float32Array
    readonly seconds: number
  }>
  /** Ends the process and waits for its exit. */
  stop(): Promise<void>
}

/** Asks a vision language model outside the studio for marks (verifier llm_grader). */
export interface Grader {
  /** The model's name, recorded with the runs that it grades. */
  readonly model: string
  /**
   * Grades images of one prompt. What fails costs the scores of its images, never more.
   *
   * @throws `cancelled` when `signal` is aborted
   */
  grade(request: {
    readonly images: readonly RgbImage[]
    readonly prompt: string
    readonly signal: AbortSignal
  }): Promise<{
    /** 0 to 10, in order; null where the grader refused or gave nothing usable. */
    readonly scores: readonly (number | null)[]
    /** Why the last image without a score has none, `grader_failed`; null where all have one. */
    readonly fault: StudioError | null
    readonly seconds: number
  }>
}

/** A candidate on its way into the library, before its image has a name. */
export type NewCandidate = Omit<Candidate, 'imageSha256'>

/** The catalogue and the image folder behind it. Every call may throw `library_unwritable`, `library_full`. */
export interface Library {
  readonly path: string
  /** Pictures and what people say of them; no run needs it. */
  readonly gallery: PictureCatalogue
  backups(): BackupFacts
  /** Writes a queued run; returns its id. */
  createRun(spec: RunSpec, unknownWords: readonly string[]): number
  /** A run that is `queued` comes to stand behind those that wait or work. */
  setStatus(runId: number, status: RunStatus): void
  /** Keeps the order that a person gave to runs of the queue, for the next start too. Throws `unknown_run`. */
  arrangeQueue(order: readonly number[]): void
  setDevice(runId: number, device: string): void
  /**
   * Stores image and row: the image first (write, fsync, rename, fsync of the folder), then the commit. When it
   * resolves, both survive a power cut. The PNG carries the recipe.
   *
   * A candidate that is there already is answered as it is stored; a `state` that is lacking is added. Throws
   * `internal` where the place holds another image: whatever made this one again does not do what it did then.
   *
   * @param state where others go on from this candidate, committed with its row: null where none does
   */
  addCandidate(
    candidate: NewCandidate,
    image: RgbImage,
    provenance: Provenance,
    state: SamplerState | null,
  ): Promise<Candidate>
  /** Keeps that nothing can be made of a candidate, and why. Throws `unknown_run`. */
  addFailure(reference: CandidateReference, error: ErrorData): void
  /**
   * The state kept with a candidate of the search, bit for bit; null where there is none, or a damaged one: it can be
   * made again from the recipe.
   */
  savedState(runId: number, seq: number): SamplerState | null
  /**
   * Keeps a person's hand in a search, in force from a round on. Throws `unknown_run`, and `not_found` where the search
   * has no such candidate.
   */
  addIntervention(runId: number, request: InterventionRequest, round: number): Intervention
  /**
   * Ends the newest intervention that is still in force: it takes no part from `round` on, nor from its own round
   * where that is later. Null where there is none. Throws `unknown_run`.
   */
  undoIntervention(runId: number, round: number): Intervention | null
  /** One candidate. Throws `unknown_run`, `not_found`. */
  candidate(reference: CandidateReference): Candidate
  /**
   * The candidates whose image has this hash, or one that begins so, in the order of runs; several runs may have made
   * the same image. Throws `bad_input` for anything but 6 to 64 hexadecimal digits.
   */
  candidatesWithImage(imageSha256: string): readonly CandidateReference[]
  /**
   * A candidate and what it comes from, the root first. A final image comes from the winner that it repeats. Throws
   * `unknown_run`, `not_found`.
   */
  lineage(reference: CandidateReference): readonly Candidate[]
  /** Newest first. */
  runs(): readonly RunSummary[]
  /** Throws `unknown_run`. */
  run(runId: number): RunDetail
  /** Throws `unknown_run`. */
  searchScores(runId: number): SearchScores
  /** Absolute path of an image, or null when the catalogue does not know the hash. */
  imageFile(imageSha256: string): string | null
  /** The PNG file of an image. Throws `not_found` for an unknown hash, `library_damaged` for a lost or altered file. */
  readImageFile(imageSha256: string): Promise<Uint8Array>
  /** The pixels of an image. Throws `not_found` for an unknown hash, `library_damaged` for a lost or altered file. */
  readImage(imageSha256: string): Promise<RgbImage>
  close(): void
}

/** What the PNG tells besides its candidate. Nothing of time or place: the same recipe gives the same file. */
export type Provenance = {
  readonly spec: RunSpec
  /** Packs that made and judged the image, each with its version and the SHA-256 of its manifest. */
  readonly packs: readonly { readonly id: string; readonly version: string; readonly sha256: string }[]
}
