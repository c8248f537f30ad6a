/**
 * The things the studio talks about. Plain readonly types; where data is not trusted a zod schema stands beside
 * them (run-spec.ts here, manifests in electron/packs).
 */

import type { ErrorData } from './errors.ts'
import type { RunSpec } from './run-spec.ts'
import type { SamplerId, ScheduleId, VerifierId } from './vocabulary.ts'

/**
 * Everything that makes a noise again, bit for bit: a counter-based generator, its key and stream, then operations
 * (none yet; neighbours of a pivot will be the first). The seed is a decimal string because 2^64 - 1 does not fit a
 * JavaScript number.
 */
export type NoiseRecipe = {
  readonly generator: 'philox4x32-10'
  readonly seed: string
  readonly stream: number
  readonly operations: readonly never[]
}

/** Which side of the gallery an image belongs to: found by the search, or one noise with more denoising steps. */
export type Arm = 'search' | 'baseline'

/** Scores by verifier; a verifier that failed on an image is absent, never zero. */
export type Scores = { readonly [Id in VerifierId]?: number }

/** One noise with the image it made, its cost and its scores: a finished row of the library. */
export type Candidate = {
  readonly runId: number
  readonly arm: Arm
  /** 0-based place within its arm: the order in which the algorithm proposed it, or of the baselines' step counts. */
  readonly seq: number
  readonly steps: number
  readonly recipe: NoiseRecipe
  /** SHA-256 of the noise's little-endian float32 bytes. */
  readonly noiseSha256: string
  /** Function evaluations of the denoiser; guidance counts once. */
  readonly nfe: number
  /** Forward passes of the network: twice the NFE with guidance. */
  readonly forwardPasses: number
  /**
   * This image's share of the engine's time: denoising, decoding, and scoring by the guide's packs. Packs of held-out
   * verifiers only, and early looks that only they ask for, are not counted: the search does without them.
   */
  readonly seconds: number
  /** SHA-256 of the PNG file, which is also its name in the library and its id in every URL. */
  readonly imageSha256: string
  readonly scores: Scores
}

/** What the search has cost: the three currencies of a budget. Baselines carry their own NFE and seconds. */
export type Ledger = {
  readonly nfe: number
  /** Verdicts of the guide's verifiers; what is held out measures and is no part of the search. */
  readonly verifierCalls: number
  readonly seconds: number
}

/** Where a run stands. `interrupted` is what a run becomes when the program ended under it. */
export type RunStatus =
  | { readonly kind: 'queued' }
  | { readonly kind: 'running' }
  | { readonly kind: 'done' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'failed'; readonly error: ErrorData }

/** A run as the list of earlier runs shows it. */
export type RunSummary = {
  readonly id: number
  /** ISO 8601, UTC. For display only: order is by id. */
  readonly createdAt: string
  readonly spec: RunSpec
  readonly status: RunStatus
  /** Finished images of both arms, and how many were asked for. */
  readonly finished: number
  readonly planned: number
  /**
   * The best candidate so far by the guide, if any is scored. Its score is null where several verifiers guide: ranks
   * are of the set, and no number of one candidate.
   */
  readonly best: { readonly seq: number; readonly score: number | null; readonly imageSha256: string } | null
}

/** A run with everything that has finished. */
export type RunDetail = RunSummary & {
  readonly ledger: Ledger
  /** By step count, ascending. */
  readonly baselines: readonly Candidate[]
  /** By sequence. */
  readonly candidates: readonly Candidate[]
  /** Device and runtime that made the images, e.g. `cpu, onnxruntime 1.30.0`; null before the first. */
  readonly device: string | null
  /** Words of the prompt that the pack has never seen. */
  readonly unknownWords: readonly string[]
}

/** A coarse look at an unfinished image: the x-prediction mapped linearly to RGB, one pixel a latent. */
export type Preview = {
  readonly arm: Arm
  readonly seq: number
  /** Steps taken, of `steps`. */
  readonly step: number
  readonly steps: number
  readonly width: number
  readonly height: number
  /** width * height * 3 bytes, base64. */
  readonly rgb: string
}

/** A live run at this moment: always a whole picture, so that a view may miss any number of them. */
export type RunProgress = {
  readonly runId: number
  readonly phase: 'queued' | 'loading' | 'working' | 'cancelling'
  readonly finished: number
  readonly planned: number
  /** Of both arms. */
  readonly nfe: number
  readonly nfePlanned: number
  readonly secondsElapsed: number
  /** Null until there is something to measure. */
  readonly secondsLeft: number | null
  readonly previews: readonly Preview[]
}

type PackHead = {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly version: string
  readonly licence: string
  readonly bytes: number
  /** Set when a file is missing or altered: the pack is listed but cannot be used. */
  readonly problem: ErrorData | null
}

type ImagePackFacts = {
  readonly width: number
  readonly height: number
  readonly defaults: {
    readonly sampler: SamplerId
    readonly schedule: ScheduleId
    readonly steps: number
    readonly guidance: number
  }
}

/** What a person sees of an installed pack. */
export type PackSummary = PackHead &
  (
    | ({ readonly kind: 'text_to_image'; readonly examplePrompts: readonly string[] } & ImagePackFacts)
    /** Its prompts are the names of its classes. */
    | ({ readonly kind: 'class_to_image'; readonly classes: readonly string[] } & ImagePackFacts)
    | { readonly kind: 'verifier'; readonly verifiers: readonly VerifierId[] }
    /** Evaluates runs from outside; never a guide. */
    | { readonly kind: 'judge' }
  )

/** How a pack's tokenizer reads a prompt. */
export type PromptCheck = {
  /** Tokens the prompt takes, before padding or cutting. */
  readonly tokens: number
  readonly maxTokens: number
  /** Words outside the pack's vocabulary, in order, each once. They are passed over, not refused. */
  readonly unknownWords: readonly string[]
}

/** Where this studio runs, for the status line and for bug reports. */
export type Environment = {
  readonly version: string
  readonly host: 'desktop' | 'browser' | 'cli'
  readonly libraryPath: string
  readonly device: string
}
