/** The import of a model as views see it: what was found in a folder, what is asked, how far it is. */

import type { PackSummary } from './domain.ts'
import type { ErrorData } from './errors.ts'

/** What the folder of one model has at most: files, and folders in each other, the model's own among them. */
export const modelFolderLimits = { files: 200, depth: 6 } as const

/** What a folder cannot say and a person is asked, with what it most likely is. */
export type ImportQuestion = {
  readonly id: string
  readonly label: string
  /** Why it is asked, and what depends on it. */
  readonly about: string
} & (
  | {
      readonly kind: 'choice'
      readonly choices: readonly { readonly value: string; readonly label: string }[]
      readonly suggestion: string
    }
  | { readonly kind: 'number'; readonly suggestion: number }
  /** Names in the order of a network's outputs, one a line. Nothing can be suggested. */
  | { readonly kind: 'names'; readonly count: number; readonly suggestion: null }
)

/** By the question's id; a question without an answer takes its suggestion. */
export type ImportAnswers = Readonly<Record<string, string | number>>

/** What a folder turned out to hold. */
export type ModelFindings = {
  /** As it was asked for: a path, or what stands for an upload. */
  readonly folder: string
  /** What was recognised, for people: "Stable Diffusion XL". */
  readonly what: string
  readonly kind: PackSummary['kind']
  /** Which file was taken for what, by the name of the component. */
  readonly roles: Readonly<Record<string, string>>
  /** Of what would be copied. */
  readonly bytes: number
  /** As the folder says it, else `unknown`. */
  readonly licence: string
  readonly questions: readonly ImportQuestion[]
  /** What a person should know before importing. */
  readonly notes: readonly string[]
  /** To begin with; the id is one that no pack has yet. */
  readonly suggested: { readonly id: string; readonly name: string }
}

/** What is to be imported, and as what. */
export type ImportRequest = {
  readonly folder: string
  readonly answers: ImportAnswers
  readonly id: string
  readonly name: string
}

/** Where an import stands. */
export type ImportPhase =
  /** For the import before it. */
  | { readonly kind: 'waiting' }
  | { readonly kind: 'checking' }
  | { readonly kind: 'copying'; readonly bytes: number; readonly total: number }
  /** For the run at work: a trial beside it would share its memory. */
  | { readonly kind: 'waiting_for_run' }
  | { readonly kind: 'trial' }
  | {
      readonly kind: 'done'
      readonly packId: string
      /** What the trial run took: seconds with loading, and memory at its height where the system tells. */
      readonly seconds: number
      readonly peakBytes: number | null
    }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly error: ErrorData }

/** An import since the studio was opened. */
export type ImportJob = {
  readonly id: number
  readonly folder: string
  readonly name: string
  readonly phase: ImportPhase
}
