/** What a view says of candidates that failed. Pure. */

import { assertNever } from '../../shared/assert-never.ts'
import type { CandidateFailure, RunDetail } from '../../shared/domain.ts'

/** Who failed first and why, and how many more did; null where nobody did. */
export function failuresText({ spec, failures }: Pick<RunDetail, 'spec' | 'failures'>): string | null {
  const [first, ...others] = failures
  if (first === undefined) return null
  const more = others.length === 0 ? '' : ` And ${others.length} more failed.`
  return `${nameOf(first, spec)} failed. ${first.error.message}${more}`
}

function nameOf({ arm, seq }: CandidateFailure, { baselines }: RunDetail['spec']): string {
  switch (arm) {
    case 'search':
      return `Candidate #${seq}`
    case 'baseline':
      return `The baseline of ${baselines[seq] ?? '?'} steps`
    case 'final':
      return `The final image of #${seq}`
    default:
      return assertNever(arm, 'arm of a failure')
  }
}
