/** Arguments of the contract's methods as they arrive from a view: not trusted, checked by the core. */

import { z } from 'zod'

import { maxPromptLength } from './run-spec.ts'

/** Names one run. */
export const runReferenceSchema = z.strictObject({ runId: z.number().int().positive() })

/** Asks how a pack reads a prompt. */
export const promptQuestionSchema = z.strictObject({
  pack: z.string().max(100),
  prompt: z.string().max(maxPromptLength),
})

/** Names one candidate. */
export const candidateReferenceSchema = z.strictObject({
  runId: z.number().int().positive(),
  arm: z.enum(['search', 'baseline', 'final']),
  seq: z.number().int().nonnegative(),
})

const seq = z.number().int().nonnegative()

/** More like one picture, at a time. */
export const maxBranch = 256

/** A person's hand in a search. */
export const steeringRequestSchema = z.discriminatedUnion('kind', [
  z.strictObject({ runId: z.number().int().positive(), kind: z.enum(['pin', 'veto', 'override']), seq }),
  z.strictObject({
    runId: z.number().int().positive(),
    kind: z.literal('branch'),
    seq,
    cosine: z.number().gt(-1).lt(1, { error: 'cosine: expected less than 1; 1 is the same picture again' }),
    count: z
      .number()
      .int()
      .min(1, { error: `count: expected 1 to ${maxBranch} neighbours` })
      .max(maxBranch, { error: `count: expected 1 to ${maxBranch} neighbours` }),
  }),
])
