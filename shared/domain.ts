/**
 * The things the studio talks about. Plain readonly types; where data is not trusted a zod schema stands beside
 * them (run-spec.ts here, manifests in electron/packs).
 */

import type { ErrorData } from './errors.ts'
import type { RunSpec, RunSpecInput } from './run-spec.ts'
import type { DeviceId, GeneratorId, SamplerId, ScheduleId, VerifierId } from './vocabulary.ts'

/**
 * One thing that is done to a noise, or to the sample that it becomes. The first two change the starting noise; the
 * others are legs of a path through the noise levels. `stream` keys fresh random numbers of the run's seed.
 */
export type RecipeOperation =
  /** The neighbour of the noise at a cosine, its norm kept (METHOD, section 4). */
  | { readonly kind: 'neighbour'; readonly stream: number; readonly cosine: number }
  /** One step of gradient ascent on a verifier through `steps` denoising steps (Ma et al. 2025, appendix C). */
  | { readonly kind: 'ascend'; readonly verifier: VerifierId; readonly eta: number; readonly steps: number }
  /** The sampler on the run's schedule, until `to` whole steps are taken. */
  | { readonly kind: 'steps'; readonly to: number; readonly stream: number }
  /**
   * So many evenly spaced steps from the level reached down to sigma `to`; `predict` adds one evaluation there, whose
   * x-prediction is the picture.
   */
  | {
      readonly kind: 'descend'
      readonly to: number
      readonly evaluations: number
      readonly predict: boolean
    }
  /** Forward noising from the level reached up to sigma `to` (METHOD, section 3). */
  | { readonly kind: 'renoise'; readonly to: number; readonly stream: number }

/**
 * Everything that makes a candidate again, bit for bit: a counter-based generator, its key and stream, then operations
 * in their order. Without a leg among them, the noise takes all steps of the run's schedule to the image. The seed is a
 * decimal string because 2^64 - 1 does not fit a JavaScript number.
 */
export type NoiseRecipe = {
  readonly generator: GeneratorId
  readonly seed: string
  readonly stream: number
  readonly operations: readonly RecipeOperation[]
}

/**
 * Which side of the gallery an image belongs to: found by the search, one noise with more denoising steps, or the
 * search's winner made once more with the final number of steps.
 */
export type Arm = 'search' | 'baseline' | 'final'

/** Scores by verifier; a verifier that failed on an image is absent, never zero. */
export type Scores = { readonly [Id in VerifierId]?: number }

/** One noise with the image it made, its cost and its scores: a finished row of the library. */
export type Candidate = {
  readonly runId: number
  readonly arm: Arm
  /**
   * 0-based place within its arm: the order in which the algorithm proposed it, or of the baselines' step counts. A
   * final image has the number of the winner that it repeats.
   */
  readonly seq: number
  /** The round of the algorithm that proposed it, 0-based. */
  readonly round: number
  /** Candidate of the search arm that it comes from: a pivot, a path, a draft, a picture more of which was asked for. */
  readonly parent: number | null
  /** Noise level at which its picture was taken: 0 for an image, above 0 for the x-prediction of an unfinished sample. */
  readonly level: number
  readonly steps: number
  readonly recipe: NoiseRecipe
  /** SHA-256 of the noise's little-endian float32 bytes. */
  readonly noiseSha256: string
  /** Function evaluations of the denoiser since `parent` where it went on from there; guidance counts once. */
  readonly nfe: number
  /** Forward passes of the network: twice the NFE where guidance is a second pass. */
  readonly forwardPasses: number
  /** Verdicts that the guide's verifiers were asked for. */
  readonly verifierCalls: number
  /**
   * Billions of floating-point operations of the denoiser, from its graph: forward passes x GFLOP of one. 0 where nobody
   * has counted those, as of imported models.
   */
  readonly gflop: number
  /**
   * This image's share of the engine's time: denoising, decoding, and scoring by the guide's packs. Packs of held-out
   * verifiers only, and early looks that only they ask for, are not counted: the search does without them.
   */
  readonly seconds: number
  /** SHA-256 of the PNG file, which is also its name in the library and its id in every URL. */
  readonly imageSha256: string
  readonly scores: Scores
}

/** Names one candidate of the library. */
export type CandidateReference = Pick<Candidate, 'runId' | 'arm' | 'seq'>

/** A candidate that nothing can be made of: the models give no finite numbers for it. It is never tried again. */
export type CandidateFailure = CandidateReference & { readonly error: ErrorData }

/** What a view asks for: the run, and what is wanted. A branch gets its numbers from the run. */
export type SteeringRequest = { readonly runId: number } & (
  | { readonly kind: 'pin' | 'veto' | 'override'; readonly seq: number }
  | { readonly kind: 'branch'; readonly seq: number; readonly cosine: number; readonly count: number }
)

/** A candidate that was made again: each thing that was recorded beside what came out now. */
export type ReplayReport = CandidateReference & {
  readonly noiseSha256: { readonly recorded: string; readonly found: string }
  /** Of the PNG file, which holds pixels, recipe, costs and scores. */
  readonly imageSha256: { readonly recorded: string; readonly found: string }
  readonly scores: { readonly recorded: Scores; readonly found: Scores }
  /** Everything above is the same to the last bit. */
  readonly same: boolean
  /** Why it can differ although nothing is broken: another device, runtime or pack version; null for none. */
  readonly note: string | null
}

/**
 * What the search has cost, its final image included: the sum over its candidates. NFE, verifier calls and seconds are
 * the three currencies of a budget. Baselines carry their own costs.
 */
export type Ledger = {
  readonly nfe: number
  readonly forwardPasses: number
  /** Verdicts of the guide's verifiers; what is held out measures and is no part of the search. */
  readonly verifierCalls: number
  readonly seconds: number
  readonly gflop: number
}

/**
 * A person's hand in a search. It takes part in every choice of survivors, pivot or winner from round `round` on, and
 * no longer from round `until` on, once it was undone: a run that is made again makes the same choices.
 */
export type Intervention = {
  readonly id: number
  readonly round: number
  readonly until: number | null
} & InterventionRequest

/** What a person asks for. */
export type InterventionRequest =
  /** Survives every choice. */
  | { readonly kind: 'pin'; readonly seq: number }
  /** Survives none and wins nothing. */
  | { readonly kind: 'veto'; readonly seq: number }
  /** Is first in the next choice, whatever the scores say. */
  | { readonly kind: 'override'; readonly seq: number }
  /** More like this: `count` neighbours of its starting noise at a cosine, numbered from `firstSeq` on. */
  | {
      readonly kind: 'branch'
      readonly seq: number
      readonly cosine: number
      readonly count: number
      readonly firstSeq: number
    }

/**
 * Where a run stands. `interrupted` is what a run becomes when the program ended under it. All but `queued`, `running`
 * and `done` can be resumed.
 */
export type RunStatus =
  | { readonly kind: 'queued' }
  | { readonly kind: 'running' }
  | { readonly kind: 'paused' }
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
  /** Candidates that failed alone, of all arms. */
  readonly failed: number
  /** Of the queue it is in, or was in last: runs are worked off by ascending place, which need not be that of their ids. */
  readonly queuePlace: number
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
  /** Of the search, by sequence: images, and the drafts and paths on the way to them. */
  readonly candidates: readonly Candidate[]
  /** Winners made again with the final number of steps, by sequence; the one of the winner at hand among them. */
  readonly finals: readonly Candidate[]
  /** By arm and sequence. */
  readonly failures: readonly CandidateFailure[]
  /** A person's hand in the search, in order, undone ones included. */
  readonly interventions: readonly Intervention[]
  /** The candidate that wins, as the guide and the interventions have it; null while nothing can. */
  readonly winner: number | null
  /** Device and runtime that made the images, e.g. `cpu, onnxruntime 1.30.0`; null before the first. */
  readonly device: string | null
  /** Words of the prompt that the pack has never seen. */
  readonly unknownWords: readonly string[]
  /** The picture (`PictureId`) of each image, by arm and sequence: what marks, boards and votes hang on. */
  readonly pictures: Readonly<Record<Arm, Readonly<Record<number, number>>>>
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
  readonly phase: 'queued' | 'loading' | 'working' | 'pausing' | 'cancelling'
  readonly finished: number
  readonly planned: number
  readonly failed: number
  /** Of both arms. */
  readonly nfe: number
  readonly nfePlanned: number
  readonly secondsElapsed: number
  /** The forecast; null before the first three images. */
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
  /** By the person, and theirs to remove; the others came with Goldpan. */
  readonly imported: boolean
  /** Set when a file is missing or altered: the pack is listed but cannot be used. */
  readonly problem: ErrorData | null
}

type ImagePackFacts = {
  readonly width: number
  readonly height: number
  /** Sides, in pixels, that pictures may have instead; null where there is only the pack's own size. */
  readonly sizes: { readonly multipleOf: number; readonly least: number; readonly most: number } | null
  /** How guidance reaches the network; only a second pass can lead away from a negative prompt. */
  readonly guidanceBy: 'second_pass' | 'embedding' | 'none'
  /** Those that give noise levels of the kind that the pack was trained on. Every sampler goes with every pack. */
  readonly schedules: readonly ScheduleId[]
  readonly defaults: {
    readonly sampler: SamplerId
    readonly schedule: ScheduleId
    readonly shift: number
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

/** Something that a picture says of how it was made and that is not in the settings found. */
export type NotTaken = {
  /** As the file names it. */
  readonly field: string
  readonly value: string
  /** Why not, for people: what it is there, or what was expected here. */
  readonly why: string
}

/** How a picture was made, as far as its file tells and this studio can do the same. */
export type FoundSettings = {
  /** Whose words they are: our own record, A1111's parameters (many programs write them), a graph of ComfyUI. */
  readonly source: 'goldpan' | 'a1111' | 'comfyui'
  /** Fields of a specification, each checked by itself; what is not among them, the form has its own defaults for. */
  readonly settings: Partial<RunSpecInput>
  readonly notTaken: readonly NotTaken[]
  /** The metadata as it stands in the file, up to 1 MiB. Only ever shown as text. */
  readonly text: string
}

/** A device as this machine has it, or not: tried with a small network in a process of its own. */
export type DeviceReport = {
  readonly id: DeviceId
  readonly available: boolean
  /** Why not; null where it is available. */
  readonly reason: string | null
  /** The runtime's own words, for a folded-out panel. */
  readonly detail: string
}

/** Where this studio runs, for the status line and for bug reports. */
export type Environment = {
  readonly version: string
  readonly host: 'desktop' | 'browser' | 'cli'
  readonly libraryPath: string
  /** Bytes that programs can still have at this moment. */
  readonly memoryFree: number
  /** Where imported packs lie. */
  readonly modelsFolder: string
  readonly device: string
  /** The vision language model that can be a verifier (llm_grader); null where none is set up. */
  readonly grader: { readonly endpoint: string; readonly model: string } | null
  readonly backups: BackupFacts
  /** Of the machine that the studio runs on, as Node names it: `linux`, `darwin`, `win32`. */
  readonly platform: string
  /** Of the studio; its engine is a child of it. */
  readonly processId: number
}

/** The copies of the catalogue. */
export type BackupFacts = {
  readonly folder: string
  readonly count: number
  /** ISO 8601; null where there is none yet. */
  readonly newest: string | null
}
