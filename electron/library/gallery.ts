/** The part of the library that the gallery and the court use: pictures, what people say of them, what is found out. */

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
} from '../../shared/gallery.ts'
import { StudioError } from '../../shared/errors.ts'
import type { VerifierId } from '../../shared/vocabulary.ts'
import type {
  AddedImage,
  NewOutsideImage,
  PictureCatalogue,
  StoredFeatures,
  Verdict,
} from '../core/runs/picture-catalogue.ts'
import {
  deleteFromBoard,
  insertBoard,
  insertOnBoard,
  listBoards,
  picturesOnBoard,
  renameBoard,
  setBoardRemoved,
} from './boards.ts'
import { inTransaction, type WritableDatabase } from './connection.ts'
import { featuresOf, insertFeatures } from './features.ts'
import { sha256Of } from './image-files.ts'
import { knowsImage } from './images.ts'
import { marksOf, putMarks, requirePictures } from './marks.ts'
import { insertOutsideImage, isRemoved, pictureOfImage, setRemoved, updatePrompt } from './outside-images.ts'
import { decodePng } from './png.ts'
import { picturesOfRun, readPictures } from './pictures.ts'
import { putPreferences, readPreferences } from './preferences.ts'
import { requireRun } from './runs.ts'
import { forgetVerdicts, forgetVerdictsOf, putVerdicts, verdictsOf } from './verdicts.ts'
import { insertVote, listVotes, withdrawVote } from './votes.ts'
import { askWall } from './wall.ts'
import { WallColumns } from './wall-columns.ts'

/** What the gallery needs of the open library. */
export type GalleryOptions = {
  /** Runs work on the open catalogue; faults of disk or file leave as the library's errors. */
  readonly use: <Result>(work: (db: WritableDatabase) => Result) => Result
  readonly storeImage: (png: Uint8Array) => Promise<string>
}

export class Gallery implements PictureCatalogue {
  readonly #use: GalleryOptions['use']
  readonly #storeImage: GalleryOptions['storeImage']
  /** Null until the wall is asked for. */
  #columns: WallColumns | null = null
  /** The board that the wall was asked for last. */
  #board: { readonly id: number; readonly pictures: ReadonlySet<PictureId> } | null = null

  constructor({ use, storeImage }: GalleryOptions) {
    this.#use = use
    this.#storeImage = storeImage
  }

  wall(question: WallQuestion): readonly PictureId[] {
    const { board } = question.filter
    const onBoard = board === undefined ? null : this.#picturesOn(board)
    return askWall(this.#upToDate(), question, onBoard)
  }

  facets(): WallFacets {
    return this.#upToDate().facets()
  }

  pictures(ids: readonly PictureId[]): readonly Picture[] {
    return this.#use((db) => readPictures(db, ids))
  }

  picturesOfRun(runId: number): readonly Picture[] {
    return this.#use((db) => {
      requireRun(db, runId)
      return picturesOfRun(db, runId)
    })
  }

  mark(
    pictures: readonly PictureId[],
    change: { readonly flag?: Flag; readonly rating?: Rating },
  ): readonly Mark[] {
    return this.#putMarks(pictures, (before) => before.map((mark) => ({ ...mark, ...change })))
  }

  restoreMarks(marks: readonly MarkPart[]): readonly Mark[] {
    const parts = new Map(marks.map((part) => [part.picture, part]))
    return this.#putMarks([...parts.keys()], (before) =>
      before.map((mark) => ({ ...mark, ...parts.get(mark.picture) })),
    )
  }

  boards(): readonly Board[] {
    return this.#use(listBoards)
  }

  createBoard(name: string): Board {
    return this.#change((db) => insertBoard(db, name))
  }

  renameBoard(board: number, name: string): void {
    this.#change((db) => renameBoard(db, board, name))
  }

  removeBoard(board: number): void {
    this.#board = null
    this.#change((db) => setBoardRemoved(db, board, true))
  }

  restoreBoard(board: number): void {
    this.#change((db) => setBoardRemoved(db, board, false))
  }

  addToBoard(board: number, pictures: readonly PictureId[]): readonly PictureId[] {
    this.#board = null
    return this.#change((db) => {
      requirePictures(db, pictures)
      return insertOnBoard(db, board, pictures)
    })
  }

  removeFromBoard(board: number, pictures: readonly PictureId[]): readonly PictureId[] {
    this.#board = null
    return this.#change((db) => {
      requirePictures(db, pictures)
      return deleteFromBoard(db, board, pictures)
    })
  }

  async addOutsideImage({ name, prompt, png }: NewOutsideImage): Promise<AddedImage> {
    const { width, height } = decodePng(png)
    // Also for one that is there: its file may be gone.
    await this.#storeImage(png)
    const sha256 = sha256Of(png)
    return this.#change((db) => {
      const image = { sha256, bytes: png.byteLength, width, height }
      const known = pictureOfImage(db, sha256)
      if (known === null) {
        const facts = { name, prompt, addedAt: new Date() }
        return { picture: insertOutsideImage(db, image, facts), isNew: true }
      }
      const isBack = known < 0 && isRemoved(db, known)
      if (isBack) this.#setPicturesRemoved(db, [known], false)
      return { picture: known, isNew: isBack }
    })
  }

  removePictures(pictures: readonly PictureId[]): void {
    this.#change((db) => this.#setPicturesRemoved(db, pictures, true))
  }

  restorePictures(pictures: readonly PictureId[]): void {
    this.#change((db) => this.#setPicturesRemoved(db, pictures, false))
  }

  setPrompt(picture: PictureId, prompt: string): void {
    this.#change((db) => {
      requirePictures(db, [picture])
      if (!updatePrompt(db, picture, prompt)) {
        throw new StudioError(
          'bad_input',
          `picture: expected an image from outside, found ${picture}, which a run has made for its own prompt`,
        )
      }
      forgetVerdictsOf(db, picture)
    })
    // The next question reads everything anew: prompts change rarely.
    this.#columns = null
  }

  vote(winner: PictureId, loser: PictureId): Vote {
    return this.#change((db) => {
      requirePictures(db, [winner, loser])
      return insertVote(db, winner, loser, new Date())
    })
  }

  withdrawVote(vote: number): void {
    this.#change((db) => withdrawVote(db, vote))
  }

  votes(among: readonly PictureId[] | null): readonly Vote[] {
    return this.#use((db) => listVotes(db, among))
  }

  verdicts(pictures: readonly PictureId[]): readonly Verdict[] {
    return this.#use((db) => verdictsOf(db, pictures))
  }

  putVerdicts(verdicts: readonly Verdict[]): void {
    this.#change((db) => {
      requirePictures(
        db,
        verdicts.map(({ picture }) => picture),
      )
      putVerdicts(db, verdicts)
    })
    this.#use(() => this.#columns?.verdictsCame(verdicts))
  }

  forgetVerdicts(verifier: VerifierId, but: string): void {
    this.#change((db) => forgetVerdicts(db, verifier, but))
    this.#columns?.verdictsWent()
  }

  features(packSha256: string, images: readonly string[]): ReadonlyMap<string, Float32Array> {
    return this.#use((db) => featuresOf(db, packSha256, images))
  }

  putFeatures(packSha256: string, features: readonly StoredFeatures[]): void {
    this.#change((db) => {
      const unknown = features.find(({ imageSha256 }) => !knowsImage(db, imageSha256))
      if (unknown !== undefined) {
        throw new StudioError(
          'not_found',
          `Expected an image of the library, found the hash ${JSON.stringify(unknown.imageSha256)}, which it does not know.`,
        )
      }
      insertFeatures(db, packSha256, features)
    })
  }

  preferences(): Readonly<Record<string, unknown>> {
    return this.#use(readPreferences)
  }

  setPreferences(change: Readonly<Record<string, unknown>>): void {
    this.#change((db) => putPreferences(db, change))
  }

  #setPicturesRemoved(db: WritableDatabase, pictures: readonly PictureId[], removed: boolean): void {
    setRemoved(db, pictures, removed)
    // The next question reads everything anew: pictures are removed rarely.
    this.#columns = null
    this.#board = null
  }

  /** Everything or nothing of it stays. */
  #change<Result>(work: (db: WritableDatabase) => Result): Result {
    return this.#use((db) => inTransaction(db, () => work(db)))
  }

  #putMarks(
    pictures: readonly PictureId[],
    after: (before: readonly Mark[]) => readonly Mark[],
  ): readonly Mark[] {
    const change = this.#change((db) => {
      const before = marksOf(db, pictures)
      const marks = after(before)
      putMarks(db, marks)
      return { before, marks }
    })
    this.#columns?.marksChanged(change.marks)
    return change.before
  }

  #upToDate(): WallColumns {
    return this.#use((db) => {
      this.#columns ??= new WallColumns(db)
      this.#columns.update()
      return this.#columns
    })
  }

  #picturesOn(board: number): ReadonlySet<PictureId> {
    if (this.#board?.id !== board) {
      const pictures = this.#use((db) => picturesOnBoard(db, board))
      this.#board = { id: board, pictures: new Set(pictures) }
    }
    return this.#board.pictures
  }
}
