/** What a run will take here, from what earlier ones took. Pure. */

import type { RunDetail, RunSummary } from '../../../shared/domain.ts'
import { formatCount } from '../../../shared/format.ts'
import type { ParameterId } from '../../../shared/parameters.ts'
import { planOf } from '../../../shared/plan.ts'
import { maxCandidates } from '../../../shared/run-spec.ts'
import type { RunSpec } from '../../../shared/run-spec.ts'
import type { AlgorithmId } from '../../../shared/vocabulary.ts'
import { budgetUnits, checkDraft, numberIn } from './draft.ts'
import type { BudgetUnit, Draft } from './draft.ts'

/** What decides how long an evaluation takes. */
export type Workload = Pick<RunSpec, 'pack' | 'size' | 'device' | 'guidance'>

/** The newest run of which an evaluation took what it will take again: same pack, size, device, passes. Null for none. */
export function runToMeasure(runs: readonly RunSummary[] | null, work: Workload): RunSummary | null {
  const isAlike = ({ spec, finished, status }: RunSummary) =>
    finished > 1 &&
    status.kind !== 'running' &&
    status.kind !== 'queued' &&
    spec.pack === work.pack &&
    spec.device === work.device &&
    (spec.guidance === 1) === (work.guidance === 1) &&
    spec.size?.width === work.size?.width &&
    spec.size?.height === work.size?.height
  return runs?.find(isAlike) ?? null
}

/** Seconds of the engine for each evaluation, decoding and scoring included; null where nothing was evaluated. */
export function secondsPerNfe({
  candidates,
  baselines,
  finals,
}: Pick<RunDetail, 'candidates' | 'baselines' | 'finals'>): number | null {
  let [nfe, seconds] = [0, 0]
  for (const one of [...candidates, ...baselines, ...finals]) {
    nfe += one.nfe
    seconds += one.seconds
  }
  return nfe === 0 ? null : seconds / nfe
}

/** The parameter of each algorithm that says how much of it there is. */
export const sizedBy: Readonly<Record<AlgorithmId, ParameterId>> = {
  random_search: 'candidates',
  zero_order_search: 'rounds',
  search_over_paths: 'width',
  first_order_search: 'iterations',
  draft_cull_resume: 'candidates',
  fk_steering: 'particles',
}

/**
 * What a search spends, baselines left out: they are no part of it.
 *
 * @param rate seconds an evaluation; null while it is not known
 * @returns null while something is wrong with the draft; its prompt does not matter. Minutes are null without a rate.
 */
export function spentBySearch(
  draft: Draft,
  rate: number | null,
): Readonly<Record<BudgetUnit, number | null>> | null {
  const changes = { prompt: 'any', pack: 'any', seed: '0', baselines: '', equalCost: false }
  const checked = checkDraft({ ...draft, ...changes })
  if (checked.kind === 'faulty') return null
  const { images, searchNfe } = planOf(checked.spec)
  return { images, nfe: searchNfe, minutes: rate === null ? null : (searchNfe * rate) / 60 }
}

/** What a budget makes of a draft. */
export type Budgeted =
  /** None was given: the search is as large as its parameters say. */
  | { readonly kind: 'none'; readonly draft: Draft }
  /** The largest search within the budget. */
  | { readonly kind: 'fits'; readonly draft: Draft }
  /** Minutes before anything was measured: the search ends there, and is as large as its parameters say. */
  | { readonly kind: 'unmeasured'; readonly draft: Draft }
  | { readonly kind: 'faulty'; readonly draft: Draft; readonly fault: string }

/**
 * The largest search that spends at most the draft's budget: sets the one parameter that says how much there is of its
 * algorithm. Minutes also end the run, because a forecast is one.
 *
 * @param rate seconds an evaluation, for minutes; null while it is not known
 */
export function budgeted(draft: Draft, rate: number | null): Budgeted {
  const amount = numberIn(draft.budgetAmount)
  const unit = draft.budgetUnit
  if (amount === undefined) return { kind: 'none', draft }
  if (typeof amount === 'string' || !(amount > 0)) {
    return { kind: 'faulty', draft, fault: `Expected a number above 0, found ${amount}` }
  }
  // A person's own stop holds where it is the earlier one, and where it is none, so that this is said.
  const stop = numberIn(draft.budgetMinutes) ?? Infinity
  const isEnding = unit === 'minutes' && typeof stop === 'number' && stop > amount
  const ending = isEnding ? { ...draft, budgetMinutes: draft.budgetAmount } : draft
  if (unit === 'minutes' && rate === null) return { kind: 'unmeasured', draft: ending }

  const parameter = sizedBy[draft.algorithm]
  const sized = (count: number): Draft => ({ ...ending, [parameter]: String(count) })
  const spent = (count: number): number => spentBySearch(sized(count), rate)?.[unit] ?? Infinity
  // The least that an algorithm takes is not 1 for all: particles are several, survivors are among the candidates.
  const counts = [1, 2, Number(draft.survivors)].filter((count) => spent(count) < Infinity)
  const least = counts.find((count) => spent(count) <= amount)
  if (least === undefined) {
    const [smallest] = counts
    // What is wrong elsewhere is said there.
    if (smallest === undefined) return { kind: 'none', draft: ending }
    const needed = `${formatAtLeast(spent(smallest))} ${budgetUnits[unit]}`
    const fault = `Expected at least ${needed} for the smallest search, found ${amount}; spend more or take fewer steps`
    return { kind: 'faulty', draft: sized(smallest), fault }
  }
  let [low, high] = [least, maxCandidates + 1]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (spent(middle) <= amount) low = middle
    else high = middle
  }
  return { kind: 'fits', draft: sized(low) }
}

/** Rounded up to two digits where it is no whole number: less would not do. */
function formatAtLeast(amount: number): string {
  if (Number.isInteger(amount)) return formatCount(amount)
  const unit = 10 ** (Math.floor(Math.log10(amount)) - 1)
  return String(Number((Math.ceil(amount / unit) * unit).toPrecision(2)))
}
