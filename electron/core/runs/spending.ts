/** What a run's search has spent, against its budget. */

import type { Candidate } from '../../../shared/domain.ts'
import { plannedNfe } from '../../../shared/plan.ts'
import type { RunSpec } from '../../../shared/run-spec.ts'
import { hasRoom, nothing, plus, type Amounts } from '../search/budget.ts'
import type { Job } from './jobs.ts'

type Paid = Pick<Candidate, 'arm' | 'nfe' | 'verifierCalls' | 'seconds'>

/** A candidate that is being made. */
export type Expense = {
  readonly job: Pick<Job, 'arm' | 'scored'>
  readonly nfe: number
  readonly nfePlanned: number
  readonly seconds: number
}

/** Baselines are no part of a search and have no budget. */
export class Spending {
  readonly #spec: RunSpec
  #spent: Amounts = nothing
  #images = 0

  constructor(spec: RunSpec, stored: readonly Paid[]) {
    this.#spec = spec
    for (const one of stored) this.add(one)
  }

  /** What finished candidates of the search and its final image have cost. */
  get spent(): Amounts {
    return this.#spent
  }

  /** A candidate is finished. */
  add({ arm, nfe, verifierCalls, seconds }: Paid): void {
    if (arm === 'baseline') return
    this.#spent = plus(this.#spent, { nfe, verifierCalls, seconds })
    this.#images++
  }

  /** Whether the budget lets another candidate start beside those under way, with the final image still to come. */
  hasRoom(active: Iterable<Expense>): boolean {
    const { budget, finalSteps, sampler, guide } = this.#spec
    let expected = this.#spent
    if (finalSteps !== null) {
      const nfe = plannedNfe(sampler, finalSteps)
      expected = plus(expected, { nfe, verifierCalls: guide.length, seconds: this.#secondsOf(nfe) })
    }
    for (const { job, nfe, nfePlanned, seconds } of active) {
      if (job.arm === 'baseline') continue
      expected = plus(expected, {
        nfe: nfePlanned,
        verifierCalls: job.scored ? guide.length : 0,
        seconds: seconds + this.#secondsOf(nfePlanned - nfe),
      })
    }
    return hasRoom(budget, expected)
  }

  /** Whether the seconds are spent, those of unfinished candidates included. */
  isOverTime(active: Iterable<Expense>): boolean {
    const { seconds: bound } = this.#spec.budget
    if (bound === null) return false
    let { seconds } = this.#spent
    for (const one of active) if (one.job.arm !== 'baseline') seconds += one.seconds
    return seconds >= bound
  }

  /** What evaluations have cost so far, everything that belongs to a candidate included; 0 before the first one. */
  #secondsOf(nfe: number): number {
    return this.#images === 0 ? 0 : (this.#spent.seconds / this.#spent.nfe) * nfe
  }
}
