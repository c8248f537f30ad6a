/**
 * Budgets in the three currencies (METHOD, section 6). A candidate is started only while what is spent and what is
 * already on its way stay below the bound, so the search goes over it by one candidate at most.
 */

import type { RunSpec } from '../../../shared/run-spec.ts'

/** Amounts of the three currencies. */
export type Amounts = { readonly nfe: number; readonly verifierCalls: number; readonly seconds: number }

export const nothing: Amounts = { nfe: 0, verifierCalls: 0, seconds: 0 }

export function plus(a: Amounts, b: Amounts): Amounts {
  return {
    nfe: a.nfe + b.nfe,
    verifierCalls: a.verifierCalls + b.verifierCalls,
    seconds: a.seconds + b.seconds,
  }
}

/** Whether these amounts leave room for another candidate in every currency that is bounded. */
export function hasRoom({ nfe, verifierCalls, seconds }: RunSpec['budget'], amounts: Amounts): boolean {
  return (
    amounts.nfe < (nfe ?? Infinity) &&
    amounts.verifierCalls < (verifierCalls ?? Infinity) &&
    amounts.seconds < (seconds ?? Infinity)
  )
}
