/**
 * The JSON columns of the catalogue and the recipe in a picture come from a file, and are checked like any other
 * input from a file.
 */

import { z } from 'zod'

import type { NoiseRecipe, RecipeOperation, Scores } from '../../shared/domain.ts'
import { errorCodes, StudioError, type ErrorData } from '../../shared/errors.ts'
import { maxCandidates, maxSteps } from '../../shared/run-spec.ts'
import { generators, idsOf, verifiers } from '../../shared/vocabulary.ts'

export const verifierSchema = z.enum(idsOf(verifiers))

const stream = z
  .number()
  .int()
  .min(0)
  .max(2 ** 32 - 1)
const stepCount = z.number().int().min(1).max(maxSteps)
/** A noise level: in [0, 1] for flow models; no schedule of the others begins above a few hundred. */
const sigma = z.number().min(0).max(1e4)
/** A round adds two operations at most, and has a candidate at least. */
const maxOperations = 2 * maxCandidates

const operationSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('neighbour'), stream, cosine: z.number().min(-1).max(1) }),
  z.strictObject({
    kind: z.literal('ascend'),
    verifier: verifierSchema,
    eta: z.number().positive().max(1e6),
    steps: stepCount,
  }),
  z.strictObject({ kind: z.literal('steps'), to: stepCount, stream }),
  z.strictObject({ kind: z.literal('descend'), to: sigma, evaluations: stepCount, predict: z.boolean() }),
  z.strictObject({ kind: z.literal('renoise'), to: sigma, stream }),
]) satisfies z.ZodType<RecipeOperation>

export const operationsSchema = z.array(operationSchema).max(maxOperations)
export const recipeSchema = z.strictObject({
  generator: z.enum(idsOf(generators)),
  seed: z.string().regex(/^\d{1,20}$/),
  stream,
  operations: operationsSchema,
}) satisfies z.ZodType<NoiseRecipe>

/** Within what the tables take: a picture from elsewhere may say anything. */
const score = z.number().gt(-1e300).lt(1e300)
export const scoresSchema = z.partialRecord(verifierSchema, score) satisfies z.ZodType<Scores>
export const wordsSchema = z.array(z.string())
export const errorSchema = z
  .strictObject({ code: z.enum(errorCodes), message: z.string(), detail: z.string().optional() })
  .transform(({ code, message, detail }): ErrorData =>
    detail === undefined ? { code, message } : { code, message, detail },
  )

/**
 * The value of a JSON column.
 *
 * @param where names the column and its row, for the message
 * @throws `library_damaged` when the text is not JSON or not what the schema expects
 */
export function readColumn<Value>(schema: z.ZodType<Value>, text: string, where: string): Value {
  const value = tryJson(text)
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new StudioError(
    'library_damaged',
    `Expected the catalogue to hold a readable ${where}, found ${value === undefined ? 'no JSON' : (issue?.message ?? 'something else')}. ` +
      'Nothing was changed. Close Goldpan and run `npm start -- rebuild`: images and backups are kept.',
    { detail: text.slice(0, 2000) },
  )
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
