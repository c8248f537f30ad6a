/** Arguments of the gallery's methods as they arrive from a view: not trusted, checked by the core. */

import { z } from 'zod'

import { maxDetails, maxMarks } from './gallery.ts'
import { maxPromptLength } from './run-spec.ts'
import { algorithms, idsOf, verifiers } from './vocabulary.ts'

/** Of a file from outside, in bytes; in base64 it is a third longer. */
export const maxPictureBytes = 48 * 2 ** 20
/** In characters. */
export const maxPictureBase64 = (maxPictureBytes / 3) * 4
const maxNameLength = 255
const maxBoardName = 100
/** Values of one kind that a filter may list. */
const maxListed = 1000

const whole = (name: string, what: string) => {
  const error = ({ input }: { readonly input?: unknown }) => `${name}: expected ${what}, found ${show(input)}`
  return z.number({ error }).int({ error })
}

const picture = (name: string) =>
  whole(name, 'the number of a picture; `wall` lists them').refine((id) => id !== 0, {
    error: `${name}: expected the number of a picture, found 0; \`wall\` lists them`,
  })
const board = whole('board', 'the number of a board; `boards` lists them').min(1)

const pictures = (most: number) =>
  z
    .array(picture('pictures'), {
      error: ({ input }) => `pictures: expected a list of numbers, found ${show(input)}`,
    })
    .max(most, { error: `pictures: expected at most ${most} in one call, found more; ask in parts` })

const flag = z.enum(['pick', 'reject'], { error: 'flag: expected pick, reject or null' }).nullable()
const rating = z.literal([0, 1, 2, 3, 4, 5], { error: 'rating: expected a whole number from 0 to 5' })

/** A line of text for people. */
const line = (name: string, most: number) =>
  z
    .string({ error: ({ input }) => `${name}: expected text, found ${show(input)}` })
    .transform((text) => text.toWellFormed().trim())
    .refine((text) => text.length <= most && !text.includes('\0'), {
      error: `${name}: expected at most ${most} characters without NUL, found others; shorten it`,
    })
const named = (name: string, most: number) =>
  line(name, most).refine((text) => text.length > 0, {
    error: `${name}: expected a few words, found nothing`,
  })

const verifier = z.enum(idsOf(verifiers), {
  error: ({ input }) => `verifier: expected one of ${idsOf(verifiers).join(', ')}, found ${show(input)}`,
})

const end = (name: string) =>
  z.number({ error: ({ input }) => `${name}: expected a number, found ${show(input)}` }).exactOptional()
const range = z
  .strictObject({ verifier, least: end('least'), most: end('most') })
  .refine(({ least, most }) => least === undefined || most === undefined || least <= most, {
    error: 'least: expected no more than `most`, found more; turn them round',
  })

const moment = (name: string) =>
  z.string().refine(
    (text) =>
      // Without a zone a time would mean another moment on each machine.
      /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/.test(text) &&
      !Number.isNaN(Date.parse(text)),
    { error: `${name}: expected a date, or a time with its zone, such as 2026-11-22T00:00:00Z` },
  )

const list = <Item extends z.ZodType>(name: string, item: Item) =>
  z
    .array(item)
    .max(maxListed, { error: `${name}: expected at most ${maxListed} of them, found more` })
    .exactOptional()
const oneOf = <const Ids extends [string, ...string[]]>(name: string, ids: Ids) =>
  z.enum(ids, {
    error: ({ input }) => `${name}: expected one of ${ids.join(', ')}, found ${show(input)}`,
  })

const filter = z.strictObject({
  text: line('text', maxPromptLength).exactOptional(),
  packs: list('packs', z.string().max(255)),
  algorithms: list('algorithms', oneOf('algorithms', idsOf(algorithms))),
  arms: list('arms', oneOf('arms', ['search', 'baseline', 'final'])),
  origin: oneOf('origin', ['candidate', 'outside']).exactOptional(),
  flags: list('flags', oneOf('flags', ['pick', 'reject', 'none'])),
  ratingAtLeast: rating.exactOptional(),
  from: moment('from').exactOptional(),
  before: moment('before').exactOptional(),
  board: board.exactOptional(),
  run: whole('run', 'the number of a run; `runs` lists them').min(1).exactOptional(),
  score: range.exactOptional(),
  delta: range.exactOptional(),
  unfinished: z.boolean({ error: 'unfinished: expected true or false' }).exactOptional(),
})

const descending = z.boolean({ error: 'descending: expected true or false' })
const order = z.discriminatedUnion(
  'by',
  [
    z.strictObject({ by: z.enum(['made', 'rating']), descending }),
    z.strictObject({ by: z.enum(['score', 'delta']), verifier, descending }),
  ],
  { error: 'by: expected one of made, rating, score, delta' },
)

/** Which pictures the wall is to show, in which order. */
export const wallQuestionSchema = z.strictObject({ filter, order })

/** Names pictures whose details are asked for. */
export const detailsSchema = z.strictObject({ pictures: pictures(maxDetails) })

/** Flags or stars for pictures. */
export const markSchema = z.strictObject({
  pictures: pictures(maxMarks),
  flag: flag.exactOptional(),
  rating: rating.exactOptional(),
})

/** Marks to be put back. */
export const restoreMarksSchema = z.strictObject({
  marks: z
    .array(
      z.strictObject({
        picture: picture('picture'),
        flag: flag.exactOptional(),
        rating: rating.exactOptional(),
      }),
    )
    .max(maxMarks, { error: `marks: expected at most ${maxMarks} in one call, found more; ask in parts` }),
})

/** A new board. */
export const newBoardSchema = z.strictObject({ name: named('name', maxBoardName) })

/** A board's new name. */
export const renameBoardSchema = z.strictObject({ board, name: named('name', maxBoardName) })

/** Names one board. */
export const boardReferenceSchema = z.strictObject({ board })

/** Pictures that come to a board, or leave it. */
export const boardChangeSchema = z.strictObject({ board, pictures: pictures(maxMarks) })

/** An image from outside. */
export const newPictureSchema = z.strictObject({
  name: line('name', maxNameLength),
  png: z.string({ error: 'png: expected a file in base64' }).max(maxPictureBase64, {
    error: `png: expected a file of at most ${maxPictureBytes / 2 ** 20} MiB, found a larger one; make the image smaller`,
  }),
  prompt: line('prompt', maxPromptLength).exactOptional(),
})

/** Images from outside that are removed, or come back. */
export const removalSchema = z.strictObject({ pictures: pictures(maxMarks) })

/** What an image from outside was meant to show. */
export const promptOfPictureSchema = z.strictObject({
  picture: picture('picture'),
  prompt: line('prompt', maxPromptLength),
})

/** A blind duel's answer. */
export const duelSchema = z.strictObject({ winner: picture('winner'), loser: picture('loser') })

/** Names one vote. */
export const voteReferenceSchema = z.strictObject({
  vote: whole('vote', 'the number of a vote; `votes` lists them').min(1),
})

/** Which votes are asked for. */
export const votesQuestionSchema = z.strictObject({ pictures: pictures(maxMarks).exactOptional() })

function show(value: unknown): string {
  const json = value === undefined ? 'nothing' : JSON.stringify(value)
  return json.length > 60 ? `${json.slice(0, 57)}...` : json
}
