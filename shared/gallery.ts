/**
 * The wall of everything: pictures, the marks that a person gives them, boards, blind votes. A picture is a candidate
 * of a run or an image from outside; each has one number for life.
 */

import type { Arm, Scores } from './domain.ts'
import type { AlgorithmId, VerifierId } from './vocabulary.ts'

/** A picture's number in the library. Never used twice; negative for images from outside. */
export type PictureId = number

/** A person's first cut: kept, thrown out, or not decided. Nothing is deleted by it. */
export type Flag = 'pick' | 'reject' | null

/** Stars; 0 for none. */
export type Rating = 0 | 1 | 2 | 3 | 4 | 5

export type Mark = { readonly picture: PictureId; readonly flag: Flag; readonly rating: Rating }

/** As much of a mark as is put back; what is left out stays. */
export type MarkPart = Pick<Mark, 'picture'> & Partial<Mark>

/** A picture with what the wall, the loupe and the court show of it. */
export type Picture = {
  readonly id: PictureId
  readonly flag: Flag
  readonly rating: Rating
  readonly imageSha256: string
  /** In pixels. */
  readonly width: number
  readonly height: number
  /** ISO 8601, UTC: of the run for a candidate, of its arrival for an image from outside. */
  readonly madeAt: string
  readonly prompt: string
  /** By id, ascending. */
  readonly boards: readonly number[]
  /** Every score that the library has: the run's own, and those that the court asked for later. */
  readonly scores: Scores
  readonly origin: PictureOrigin
}

export type PictureOrigin =
  | {
      readonly kind: 'candidate'
      readonly runId: number
      readonly arm: Arm
      readonly seq: number
      readonly round: number
      readonly parent: number | null
      /** Above 0: the x-prediction of an unfinished sample. */
      readonly level: number
      readonly steps: number
      readonly nfe: number
      readonly seconds: number
      readonly pack: string
      readonly algorithm: AlgorithmId
      readonly guide: readonly VerifierId[]
      readonly heldOut: readonly VerifierId[]
      /**
       * By verifier: its score minus that of the run's baseline with the most steps. Absent without such a baseline, and
       * for baselines.
       */
      readonly deltas: Scores
    }
  /** `name`: of the file that it came from. */
  | { readonly kind: 'outside'; readonly name: string }

/**
 * What the wall is sorted by; equals, and what lacks the value, by number. What lacks it (no score, no stars) comes last
 * either way.
 */
export type WallOrder = (
  | { readonly by: 'made' }
  | { readonly by: 'rating' }
  | { readonly by: 'score'; readonly verifier: VerifierId }
  | { readonly by: 'delta'; readonly verifier: VerifierId }
) & { readonly descending: boolean }

/** Which pictures the wall shows; what is left out, or lists nothing, does not restrict. All restrictions hold together. */
export type WallFilter = {
  /** Words that all stand in the prompt or in the file's name, whatever their case. */
  readonly text?: string
  readonly packs?: readonly string[]
  readonly algorithms?: readonly AlgorithmId[]
  readonly arms?: readonly Arm[]
  readonly origin?: PictureOrigin['kind']
  readonly flags?: readonly ('pick' | 'reject' | 'none')[]
  readonly ratingAtLeast?: Rating
  /** ISO 8601; `from` included, `before` not. */
  readonly from?: string
  readonly before?: string
  readonly board?: number
  readonly run?: number
  readonly score?: Range
  readonly delta?: Range
  /** Also drafts and paths, of which there is only an x-prediction. */
  readonly unfinished?: boolean
}

/** Scores or deltas by a verifier, both ends included. */
export type Range = { readonly verifier: VerifierId; readonly least?: number; readonly most?: number }

export type WallQuestion = { readonly filter: WallFilter; readonly order: WallOrder }

/** What there is to filter by, over the whole library. */
export type WallFacets = {
  /** Of images, without drafts and paths. */
  readonly total: number
  readonly picked: number
  readonly rejected: number
  readonly outside: number
  readonly packs: readonly string[]
  readonly algorithms: readonly AlgorithmId[]
  readonly verifiers: readonly VerifierId[]
}

/** A collection that a person makes; a picture may be on any number of them. */
export type Board = {
  readonly id: number
  readonly name: string
  readonly pictures: number
  /** Image of the picture that was put there last; null for an empty board. */
  readonly cover: string | null
}

/** One blind duel: which of two was preferred. */
export type Vote = { readonly id: number; readonly winner: PictureId; readonly loser: PictureId }

/** The largest number of pictures that one question may name. */
export const maxPictures = 1000

/** Of `pictures`: details for what is visible. */
export const maxDetails = 500

/** The largest number of pictures that one call may mark, or put on a board. */
export const maxMarks = 250_000

export type GalleryApi = {
  /** The numbers of all pictures that a filter lets through, in order; details are asked for what is visible. */
  wall(question: WallQuestion): Promise<readonly PictureId[]>
  facets(): Promise<WallFacets>
  /** Details of at most `maxDetails` pictures, in the order asked; what does not exist is left out. */
  pictures(which: { readonly pictures: readonly PictureId[] }): Promise<readonly Picture[]>
  /** The pictures of a run, by arm and sequence: what a candidate's marks hang on. */
  picturesOfRun(run: { readonly runId: number }): Promise<readonly Picture[]>
  /**
   * Flags or rates at most `maxMarks` pictures; what is left out stays.
   *
   * @returns their marks before, for `restoreMarks`
   */
  mark(change: {
    readonly pictures: readonly PictureId[]
    readonly flag?: Flag
    readonly rating?: Rating
  }): Promise<readonly Mark[]>
  /**
   * Puts flags and stars back as they were; what is left out stays, because another window may have set it since.
   *
   * @returns their marks before, so that undo can be undone
   */
  restoreMarks(before: { readonly marks: readonly MarkPart[] }): Promise<readonly Mark[]>
  /** By name. */
  boards(): Promise<readonly Board[]>
  createBoard(board: { readonly name: string }): Promise<Board>
  renameBoard(board: { readonly board: number; readonly name: string }): Promise<void>
  /** Its pictures stay in the library; `restoreBoard` brings it back with them. */
  removeBoard(board: { readonly board: number }): Promise<void>
  restoreBoard(board: { readonly board: number }): Promise<void>
  /** @returns those that were not on it before */
  addToBoard(what: BoardChange): Promise<readonly PictureId[]>
  /** @returns those that were on it before */
  removeFromBoard(what: BoardChange): Promise<readonly PictureId[]>
  /**
   * Takes an image from outside into the library, as a PNG in base64 with its pixels. Its prompt is read from its
   * metadata where there is one and `prompt` is left out. The same file twice is one picture, also where a run made it:
   * then `isNew` is false.
   */
  addPicture(file: {
    readonly name: string
    readonly png: string
    readonly prompt?: string
  }): Promise<{ readonly picture: PictureId; readonly isNew: boolean }>
  /**
   * Takes at most `maxMarks` images from outside out of the library, with their marks, places on boards, votes and scores.
   * `restorePictures` brings them back as they were until the studio closes; then they are gone, and so are their files
   * unless a run has made the same image.
   *
   * @throws `bad_input` for a picture that a run has made, and then nothing is removed
   */
  removePictures(which: { readonly pictures: readonly PictureId[] }): Promise<void>
  restorePictures(which: { readonly pictures: readonly PictureId[] }): Promise<void>
  /** Says what an image from outside was meant to show; its scores are forgotten. */
  setPrompt(what: { readonly picture: PictureId; readonly prompt: string }): Promise<void>
  /** Keeps a blind duel's answer. */
  vote(duel: { readonly winner: PictureId; readonly loser: PictureId }): Promise<Vote>
  withdrawVote(vote: { readonly vote: number }): Promise<void>
  /** All votes, oldest first; with `pictures`, those in which both are among them. */
  votes(which: { readonly pictures?: readonly PictureId[] }): Promise<readonly Vote[]>
}

type BoardChange = { readonly board: number; readonly pictures: readonly PictureId[] }
