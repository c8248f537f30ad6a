/** Arguments of the contract's methods as they arrive from a view: not trusted, checked by the core. */

import { z } from 'zod'

import { maxBytesWithoutPixels } from './png-without-pixels.ts'
import { maxPromptLength } from './run-spec.ts'

const number = (name: string, least: number, advice: string) => {
  const error = ({ input }: { readonly input?: unknown }) =>
    `${name}: expected a whole number from ${least} on, found ${String(input)}; ${advice}`
  return z.number({ error }).int({ error }).min(least, { error })
}

const runId = number('runId', 1, '`runs` lists those that there are')
const seq = number('seq', 0, '`show RUN` lists those of a run')

/** Names one run. */
export const runReferenceSchema = z.strictObject({ runId })

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
