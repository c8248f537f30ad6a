/** Arguments of the contract's methods as they arrive from a view: not trusted, checked by the core. */

import { z } from 'zod'

import { maxBytesWithoutPixels } from './png-without-pixels.ts'
import { maxPictures } from './gallery.ts'
import { batchSizes } from './memory.ts'
import { maxPromptLength } from './run-spec.ts'
import { idsOf, verifiers } from './vocabulary.ts'

const number = (name: string, least: number, advice: string) => {
  const error = ({ input }: { readonly input?: unknown }) =>
    `${name}: expected a whole number from ${least} on, found ${String(input)}; ${advice}`
  return z.number({ error }).int({ error }).min(least, { error })
}

const runId = number('runId', 1, '`runs` lists those that there are')
const seq = number('seq', 0, '`show RUN` lists those of a run')

const batchSizeError = ({ input }: { readonly input?: unknown }) =>
  `batchSize: expected a whole number from ${batchSizes.least} to ${batchSizes.most}, found ${String(input)}`
const batchSize = z
  .number({ error: batchSizeError })
  .int({ error: batchSizeError })
  .min(batchSizes.least, { error: batchSizeError })
  .max(batchSizes.most, { error: batchSizeError })
  .default(batchSizes.usual)

/** A run to start: its specification, which is checked by its own schema, and how it is worked. */
export const startRequestSchema = z.looseObject({ batchSize })

/** A run to go on with. */
export const resumeRequestSchema = z.strictObject({ runId, batchSize })

/** Names one run. */
export const runReferenceSchema = z.strictObject({ runId })

/** A place in the queue. */
export const moveSchema = z
  .strictObject({ runId, behind: runId.nullable() })
  .refine((move) => move.runId !== move.behind, {
    error: ({ input }) =>
      `behind: expected another run than the one that moves, found ${String((input as { runId: number }).runId)}`,
  })

/** Asks how a pack reads a prompt. */
export const promptQuestionSchema = z.strictObject({
  pack: z.string().max(100),
  prompt: z.string().max(maxPromptLength),
})

/** Names one candidate. */
export const candidateReferenceSchema = z.strictObject({
  runId,
  arm: z.enum(['search', 'baseline', 'final']),
  seq,
})

/** Of a PNG without its pixels, in characters. */
export const maxBase64 = Math.ceil(maxBytesWithoutPixels / 3) * 4

/** A PNG from anywhere. */
export const foreignPictureSchema = z.strictObject({
  png: z.string().max(maxBase64, {
    error: `png: expected at most ${maxBytesWithoutPixels} bytes in base64, found more; leave its pixels out`,
  }),
})

/** A picture to be given away. */
export const exportSchema = z.strictObject({
  imageSha256: z.string().regex(/^[0-9a-f]{64}$/, { error: 'imageSha256: expected 64 hexadecimal digits' }),
  metadata: z.enum(['all', 'none'], { error: 'metadata: expected all or none' }),
})

/** A run to be sealed. */
export const sealRequestSchema = z.strictObject({
  runId,
  images: z.boolean({ error: 'images: expected true or false' }),
})

const folder = z
  .string({ error: 'folder: expected the path of a folder' })
  .trim()
  .min(1, { error: 'folder: expected the path of a folder, found nothing' })
  .max(4096, { error: 'folder: expected a path, found more than 4096 characters' })

/** Names a folder on the studio's machine, or an upload. */
export const folderReferenceSchema = z.strictObject({ folder })

/** What is to be imported, and as what. */
export const importRequestSchema = z.strictObject({
  folder,
  answers: z.record(z.string().max(100), z.union([z.string().max(50_000), z.number()])),
  id: z.string({ error: 'id: expected text' }).regex(/^[a-z0-9][a-z0-9-]{0,63}$/, {
    error: 'id: expected up to 64 lower-case letters, digits and hyphens, a letter or digit first',
  }),
  name: z
    .string({ error: 'name: expected text' })
    .trim()
    .min(1, { error: 'name: expected a few words, found nothing' })
    .max(100, { error: 'name: expected at most 100 characters, found more' }),
})

/** Names one import. */
export const importReferenceSchema = z.strictObject({
  importId: number('importId', 1, '`imports` lists those since the studio was opened'),
})

/** Names one pack. */
export const packReferenceSchema = z.strictObject({ id: z.string().max(255) })

/** Names a removed pack, as its removal did. */
export const removedReferenceSchema = z.strictObject({
  removed: z
    .string()
    .regex(/^[A-Za-z0-9_][A-Za-z0-9_.~-]{0,254}$/, { error: 'removed: expected the name of a removed pack' }),
})

/** More like one picture, at a time. */
export const maxBranch = 256

const howMany = { error: `count: expected a whole number of neighbours from 1 to ${maxBranch}` }
const howFar = {
  error: 'cosine: expected a number between -1 and 1, neither of them; 1 is the same picture again',
}

/** A person's hand in a search. */
export const steeringRequestSchema = z.discriminatedUnion('kind', [
  z.strictObject({ runId, kind: z.enum(['pin', 'veto', 'override']), seq }),
  z.strictObject({
    runId,
    kind: z.literal('branch'),
    seq,
    cosine: z.number(howFar).gt(-1, howFar).lt(1, howFar),
    count: z.number(howMany).int(howMany).min(1, howMany).max(maxBranch, howMany),
  }),
])

const pictureError = ({ input }: { readonly input?: unknown }) =>
  `pictures: expected numbers of pictures, found ${JSON.stringify(input)}; \`wall\` lists those that there are`
const pictures = z
  .array(z.number({ error: pictureError }).int({ error: pictureError }), { error: pictureError })
  .max(maxPictures, { error: `pictures: expected at most ${maxPictures}, found more; ask in parts` })
  // Nobody is judged twice, or wins twice.
  .transform((ids) => [...new Set(ids)])

const verifierError = {
  error: `expected verifiers of ${idsOf(verifiers).join(', ')}`,
}

/** Names pictures that the court is about. */
export const courtQuestionSchema = z.strictObject({ pictures })

/** Names runs that may be hacked. */
export const alarmsQuestionSchema = z.strictObject({
  runs: z.array(runId).max(maxPictures, {
    error: `runs: expected at most ${maxPictures} in one call, found more; ask in parts`,
  }),
})

/** Asks for the scores that pictures lack. */
export const judgingRequestSchema = z.strictObject({
  pictures,
  verifiers: z
    .array(z.enum(idsOf(verifiers), verifierError))
    .min(1, verifierError)
    .optional(),
})

/** Names one judging job. */
export const judgingReferenceSchema = z.strictObject({
  job: number('job', 1, '`judging` lists those since the studio was opened'),
})

const winnersError = { error: 'count: expected a whole number of winners from 2 to 20' }
const spreadError = { error: 'spread: expected a number from 0, quality alone, to 1, spread alone' }

/** Asks for winners that differ from each other. */
export const diverseQuestionSchema = z.strictObject({
  pictures,
  guide: z.array(z.enum(idsOf(verifiers), verifierError)).min(1, verifierError),
  count: z.number(winnersError).int(winnersError).min(2, winnersError).max(20, winnersError),
  spread: z.number(spreadError).min(0, spreadError).max(1, spreadError),
})
