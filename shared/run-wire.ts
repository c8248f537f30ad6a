/**
 * A run on its way to a window. The recipe of a candidate repeats its parent's, which repeats its own parent's: in a
 * zero-order search of a thousand rounds they are nine tenths of all bytes. On the wire each says only what it adds.
 */

import type { Candidate, RunDetail } from './domain.ts'

/** `inherited`: how many of the parent's operations come before those that are sent. */
type SentCandidate = Candidate & { readonly inherited: number }

export type SentRun = Omit<RunDetail, 'candidates'> & { readonly candidates: readonly SentCandidate[] }

/** A run as it is sent. Recipes of a library share the objects of their parents' operations; others are sent whole. */
export function sentRun(run: RunDetail): SentRun {
  const made = new Map<number, Candidate>()
  const candidates = run.candidates.map((candidate): SentCandidate => {
    const { operations } = candidate.recipe
    const before =
      (candidate.parent === null ? undefined : made.get(candidate.parent))?.recipe.operations ?? []
    const isShared = before.every((operation, index) => operation === operations[index])
    const inherited = isShared ? before.length : 0
    made.set(candidate.seq, candidate)
    return {
      ...candidate,
      inherited,
      recipe: { ...candidate.recipe, operations: operations.slice(inherited) },
    }
  })
  return { ...run, candidates }
}

/** The run that was sent. */
export function receivedRun({ candidates, ...run }: SentRun): RunDetail {
  const made = new Map<number, Candidate>()
  for (const { inherited, ...candidate } of candidates) {
    const before = candidate.parent === null ? undefined : made.get(candidate.parent)
    const operations = [
      ...(before?.recipe.operations.slice(0, inherited) ?? []),
      ...candidate.recipe.operations,
    ]
    made.set(candidate.seq, { ...candidate, recipe: { ...candidate.recipe, operations } })
  }
  return { ...run, candidates: [...made.values()] }
}
