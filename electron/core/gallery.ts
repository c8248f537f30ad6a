/** What a view may ask of the gallery: pictures, marks, boards, votes. Arguments are checked here; the library does it. */

import {
  boardChangeSchema,
  boardReferenceSchema,
  detailsSchema,
  duelSchema,
  markSchema,
  newBoardSchema,
  newPictureSchema,
  promptOfPictureSchema,
  removalSchema,
  renameBoardSchema,
  restoreMarksSchema,
  voteReferenceSchema,
  votesQuestionSchema,
  wallQuestionSchema,
} from '../../shared/gallery-arguments.ts'
import { runReferenceSchema } from '../../shared/call-arguments.ts'
import type { StudioEvent } from '../../shared/contract.ts'
import { StudioError } from '../../shared/errors.ts'
import type { GalleryApi } from '../../shared/gallery.ts'
import { parseInput } from '../../shared/parse-input.ts'
import { readSettings } from './pictures/read-settings.ts'
import type { PictureCatalogue } from './runs/picture-catalogue.ts'

/** Views hear of changes at most this often. */
const changesEveryMs = 200

export class Gallery {
  readonly #pictures: PictureCatalogue
  readonly #tell: (event: StudioEvent) => void
  #toldSoon: NodeJS.Timeout | null = null

  constructor(pictures: PictureCatalogue, tell: (event: StudioEvent) => void) {
    this.#pictures = pictures
    this.#tell = tell
  }

  /** Views hear soon that pictures came or changed. */
  changed(): void {
    this.#toldSoon ??= setTimeout(() => {
      this.#toldSoon = null
      this.#tell({ kind: 'pictures-changed' })
    }, changesEveryMs)
  }

  /** Views are told no more. */
  close(): void {
    clearTimeout(this.#toldSoon ?? undefined)
  }

  readonly api: GalleryApi = {
    wall: async (question) => Promise.resolve(this.#pictures.wall(parseInput(wallQuestionSchema, question))),

    facets: async () => Promise.resolve(this.#pictures.facets()),

    pictures: async (which) =>
      Promise.resolve(this.#pictures.pictures(parseInput(detailsSchema, which).pictures)),

    picturesOfRun: async (run) =>
      Promise.resolve(this.#pictures.picturesOfRun(parseInput(runReferenceSchema, run).runId)),

    mark: async (request) => {
      const { pictures, ...change } = parseInput(markSchema, request)
      return Promise.resolve(this.#changing(() => this.#pictures.mark(pictures, change)))
    },

    restoreMarks: async (request) => {
      const { marks } = parseInput(restoreMarksSchema, request)
      return Promise.resolve(this.#changing(() => this.#pictures.restoreMarks(marks)))
    },

    boards: async () => Promise.resolve(this.#pictures.boards()),

    createBoard: async (request) => {
      const { name } = parseInput(newBoardSchema, request)
      return Promise.resolve(this.#changing(() => this.#pictures.createBoard(name)))
    },

    renameBoard: async (request) => {
      const { board, name } = parseInput(renameBoardSchema, request)
      return Promise.resolve(this.#changing(() => this.#pictures.renameBoard(board, name)))
    },

    removeBoard: async (request) => {
      const { board } = parseInput(boardReferenceSchema, request)
      return Promise.resolve(this.#changing(() => this.#pictures.removeBoard(board)))
    },

    restoreBoard: async (request) => {
      const { board } = parseInput(boardReferenceSchema, request)
      return Promise.resolve(this.#changing(() => this.#pictures.restoreBoard(board)))
    },

    addToBoard: async (request) => {
      const { board, pictures } = parseInput(boardChangeSchema, request)
      return Promise.resolve(this.#changing(() => this.#pictures.addToBoard(board, pictures)))
    },

    removeFromBoard: async (request) => {
      const { board, pictures } = parseInput(boardChangeSchema, request)
      return Promise.resolve(this.#changing(() => this.#pictures.removeFromBoard(board, pictures)))
    },

    addPicture: async (request) => {
      const { name, png: base64, prompt } = parseInput(newPictureSchema, request)
      const png = Buffer.from(base64, 'base64')
      const added = await this.#pictures.addOutsideImage({ name, png, prompt: prompt ?? promptIn(png) })
      this.changed()
      return added
    },

    removePictures: async (request) => {
      const { pictures } = parseInput(removalSchema, request)
      return Promise.resolve(this.#changing(() => this.#pictures.removePictures(pictures)))
    },

    restorePictures: async (request) => {
      const { pictures } = parseInput(removalSchema, request)
      return Promise.resolve(this.#changing(() => this.#pictures.restorePictures(pictures)))
    },

    setPrompt: async (request) => {
      const { picture, prompt } = parseInput(promptOfPictureSchema, request)
      return Promise.resolve(this.#changing(() => this.#pictures.setPrompt(picture, prompt)))
    },

    vote: async (request) => {
      const { winner, loser } = parseInput(duelSchema, request)
      return Promise.resolve(this.#changing(() => this.#pictures.vote(winner, loser)))
    },

    withdrawVote: async (request) => {
      const { vote } = parseInput(voteReferenceSchema, request)
      return Promise.resolve(this.#changing(() => this.#pictures.withdrawVote(vote)))
    },

    votes: async (request) => {
      const { pictures } = parseInput(votesQuestionSchema, request)
      return Promise.resolve(this.#pictures.votes(pictures ?? null))
    },
  }

  #changing<Result>(change: () => Result): Result {
    const result = change()
    this.changed()
    return result
  }
}

/** The prompt that a PNG tells of itself; '' where there is none that can be read. */
export function promptIn(png: Uint8Array): string {
  try {
    return readSettings(png, []).settings.prompt ?? ''
  } catch (error) {
    if (error instanceof StudioError) return ''
    throw error
  }
}
