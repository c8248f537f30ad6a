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
