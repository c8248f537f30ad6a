/** How a run ended or where it stands, in a word or two for lists of runs. Pure. */

import { assertNever } from '../../shared/assert-never.ts'
import type { RunSummary } from '../../shared/domain.ts'

/** Empty for a run that is simply done. */
export function outcomeOf(run: RunSummary): string {
  const failed = run.failed === 0 ? '' : `, ${run.failed} failed`
  const made = `${run.finished} of ${run.planned}${failed}`
  switch (run.status.kind) {
    case 'queued':
      return 'waiting'
    case 'running':
      return 'working'
    case 'done':
      return run.finished === run.planned ? '' : made
    case 'paused':
      return `paused, ${made}`
    case 'cancelled':
      return `stopped, ${made}`
    case 'interrupted':
      return `interrupted, ${made}`
    case 'failed':
      return run.finished > 0 ? `failed, ${made}` : 'failed'
    default:
      return assertNever(run.status, 'status')
  }
}
