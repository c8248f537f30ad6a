import type { ErrorData } from '../../../shared/errors.ts'
import { batchSizes } from '../../../shared/memory.ts'

/**
 * The end of a run for want of memory, with what a person can do: nothing is tried again with less by itself, because the
 * same settings would fail again, and others are a person's choice.
 *
 * @param batchSize candidates that were evaluated together
 */
export function withOffer(error: ErrorData, batchSize: number): ErrorData {
  if (error.code !== 'out_of_memory') return error
  const offer =
    batchSize > batchSizes.least
      ? `It went in batches of ${batchSize}: go on in batches of ${batchSizes.least} (\`resume RUN --batch-size ${batchSizes.least}\`), which gives the same images, or close other programs first.`
      : 'It went one candidate at a time: close other programs and go on, or choose a smaller picture or pack.'
  return { ...error, message: `${error.message} ${offer}` }
}
