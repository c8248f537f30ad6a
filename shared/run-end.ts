/** How a run that was live has ended, in the words of a notification. Pure. */

import { assertNever } from './assert-never.ts'
import type { RunSummary } from './domain.ts'
import { formatCountOf } from './format.ts'

/**
 * One sentence without the prompt: other programs see notifications. Null for what a person did, such as a pause, and
 * for a run that has not ended.
 */
export function endOfRun(run: Pick<RunSummary, 'id' | 'status' | 'finished'>): string | null {
  const images = formatCountOf(run.finished, 'image')
  switch (run.status.kind) {
    case 'done':
      return `Run ${run.id} is done: ${images}.`
    case 'failed':
      return `Run ${run.id} has failed after ${images}.`
    case 'interrupted':
      return `Run ${run.id} was interrupted after ${images}.`
    case 'queued':
    case 'running':
    case 'paused':
    case 'cancelled':
      return null
    default:
      return assertNever(run.status, 'status of a run')
  }
}
