/**
 * What the gallery and the court need of the library: pictures with marks, boards, votes, verdicts and features; and
 * what is set for the studio as a whole. electron/library implements it.
 */

import type {
  Board,
  Flag,
  Mark,
  MarkPart,
  Picture,
  PictureId,
  Rating,
  Vote,
  WallFacets,
  WallQuestion,
} from '../../../shared/gallery.ts'
import type { VerifierId } from '../../../shared/vocabulary.ts'

/** What a verifier said of a picture after its run. */
export type Verdict = {
  readonly picture: PictureId
  readonly verifier: VerifierId
  /** Null: it was asked and had nothing to say. */
  readonly score: number | null
  /** SHA-256 of the pack's manifest, or the name of the grader's model. */
  readonly judgedBy: string
}

/** What a pack's image tower made of an image. */
export type StoredFeatures = { readonly imageSha256: string; readonly vector: Float32Array }

/** An image from outside, before it has a number. */
export type NewOutsideImage = {
  readonly name: string
  readonly prompt: string
  readonly png: Uint8Array
}

/** The picture of an image that came from outside. */
export type AddedImage = {
  readonly picture: PictureId
  /** It was not there before: neither from outside nor made by a run. */
  readonly isNew: boolean
}

/**
 * Every call that names pictures, boards or votes throws `not_found` for one that is not there, unless it says
 * otherwise, and then nothing is changed.
 */
export interface PictureCatalogue {
  wall(question: WallQuestion): readonly PictureId[]
  facets(): WallFacets
  /** In the order asked; what does not exist is left out. */
  pictures(ids: readonly PictureId[]): readonly Picture[]
  /** By arm and sequence. Throws `unknown_run`. */
  picturesOfRun(runId: number): readonly Picture[]
  /** @returns the marks before */
  mark(
    pictures: readonly PictureId[],
    change: { readonly flag?: Flag; readonly rating?: Rating },
  ): readonly Mark[]
  /** @returns the marks before */
  restoreMarks(marks: readonly MarkPart[]): readonly Mark[]
  boards(): readonly Board[]
  /** Throws `bad_input` where another board has the name. */
  createBoard(name: string): Board
  /** Throws `bad_input` where another board has the name. */
  renameBoard(board: number, name: string): void
  removeBoard(board: number): void
  restoreBoard(board: number): void
  /** @returns those that were not on it */
  addToBoard(board: number, pictures: readonly PictureId[]): readonly PictureId[]
  /** @returns those that were on it */
  removeFromBoard(board: number, pictures: readonly PictureId[]): readonly PictureId[]
  /**
   * Stores an image from outside, file first. One that the library has already, also as a candidate's, stays as it is; one
   * that was removed comes back as it was.
   *
   * @throws `bad_input` for what is no whole PNG, or beyond the limits
   */
  addOutsideImage(image: NewOutsideImage): Promise<AddedImage>
  /**
   * Takes images from outside, with their marks, places on boards, votes and verdicts, out of everything. They can come
   * back until the library is closed; then they are gone, and so are their files unless a run has made the same image.
   *
   * @throws `bad_input` for what a run has made
   */
  removePictures(pictures: readonly PictureId[]): void
  /** Brings removed images back as they were. Throws `not_found` for those that are gone. */
  restorePictures(pictures: readonly PictureId[]): void
  /** Throws `bad_input` for a candidate. Its verdicts are forgotten. */
  setPrompt(picture: PictureId, prompt: string): void
  /** Throws `bad_input` for a picture against itself. */
  vote(winner: PictureId, loser: PictureId): Vote
  withdrawVote(vote: number): void
  /** Those that hold, oldest first; of all pictures, or those in which both are among these. */
  votes(among: readonly PictureId[] | null): readonly Vote[]

  /** Of those pictures, in no order. */
  verdicts(pictures: readonly PictureId[]): readonly Verdict[]
  /** Keeps verdicts, in the place of earlier ones. */
  putVerdicts(verdicts: readonly Verdict[]): void
  /** Forgets what a verifier said of pictures after their runs, unless this is who judged. */
  forgetVerdicts(verifier: VerifierId, but: string): void
  /** By image, of those that are known of a pack. */
  features(packSha256: string, images: readonly string[]): ReadonlyMap<string, Float32Array>
  /** What is known of an image by a pack stays. Throws `not_found` for an image that the library does not know. */
  putFeatures(packSha256: string, features: readonly StoredFeatures[]): void

  /** What was set, by key, unchecked. */
  preferences(): Readonly<Record<string, unknown>>
  setPreferences(change: Readonly<Record<string, unknown>>): void
}
