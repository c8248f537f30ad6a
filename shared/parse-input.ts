import type { z } from 'zod'

import { StudioError } from './errors.ts'

/** Checks what somebody outside sent; throws `bad_input` with all faults on one line. */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.infer<Schema> {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const faults = result.error.issues.map(({ message, path }) => {
    const field = path.join('.')
    const isNamed = [field, String(path[0] ?? ''), String(path.at(-1) ?? '')].some((name) =>
      message.startsWith(`${name}: `),
    )
    return isNamed ? message : `${field}${field ? ': ' : ''}${message}`
  })
  throw new StudioError('bad_input', [...new Set(faults)].join('; '))
}
