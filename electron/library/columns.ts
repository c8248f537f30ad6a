/**
 * The JSON columns of the catalogue and the recipe in a picture come from a file, and are checked like any other
 * input from a file.
 */

import { z } from 'zod'

import type { NoiseRecipe, Scores } from '../../shared/domain.ts'
import { errorCodes, StudioError, type ErrorData } from '../../shared/errors.ts'
import { idsOf, verifiers } from '../../shared/vocabulary.ts'

export const recipeSchema = z.strictObject({
  generator: z.literal('philox4x32-10'),
  seed: z.string().regex(/^\d{1,20}$/),
  stream: z.number().int().nonnegative(),
  operations: z.array(z.never()).max(0),
}) satisfies z.ZodType<NoiseRecipe>

export const verifierSchema = z.enum(idsOf(verifiers))
export const scoresSchema = z.partialRecord(verifierSchema, z.number()) satisfies z.ZodType<Scores>
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
