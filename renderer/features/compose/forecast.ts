/** What a run will take here, from what earlier ones took. Pure. */

import type { RunDetail, RunSummary } from '../../../shared/domain.ts'
import type { ParameterId } from '../../../shared/parameters.ts'
import { planOf } from '../../../shared/plan.ts'
import { maxCandidates } from '../../../shared/run-spec.ts'
import type { RunSpec } from '../../../shared/run-spec.ts'
import type { AlgorithmId } from '../../../shared/vocabulary.ts'
import { checkDraft } from './draft.ts'
import type { Draft } from './draft.ts'

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

/** Units in which a search can be told how much to spend. */
export const efforts = { images: 'images', nfe: 'NFE', minutes: 'minutes' } as const
export type EffortUnit = keyof typeof efforts

/** The parameter of each algorithm that says how much of it there is. */
const sizedBy: Readonly<Record<AlgorithmId, ParameterId>> = {
  random_search: 'candidates',
  zero_order_search: 'rounds',
  search_over_paths: 'width',
  first_order_search: 'iterations',
  draft_cull_resume: 'candidates',
  fk_steering: 'particles',
}

/**
 * The largest search that spends at most so much: the change of the one parameter that says how much there is of its
 * algorithm. Baselines are left out: they are no part of the search.
 *
 * @param rate seconds an evaluation, for minutes; null while it is not known
 * @returns null where even the smallest spends more, or the draft has other faults
 */
export function fittedTo(
  draft: Draft,
  amount: number,
  unit: EffortUnit,
  rate: number | null,
): Partial<Draft> | null {
  const parameter = sizedBy[draft.algorithm]
  const spentBy = (count: number): number => {
    const changed = { ...draft, [parameter]: String(count), prompt: 'any', pack: 'any', seed: '0' }
    const checked = checkDraft({ ...changed, baselines: '', equalCost: false })
    if (checked.kind === 'faulty') return Infinity
    const { images, searchNfe } = planOf(checked.spec)
    if (unit === 'images') return images
    return unit === 'nfe' ? searchNfe : (searchNfe * (rate ?? Infinity)) / 60
  }
  // The least that an algorithm takes is not 1 for all: particles are several, survivors are among the candidates.
  const least = [1, 2, Number(draft.survivors)].find((count) => spentBy(count) <= amount)
  if (least === undefined) return null
  let [low, high] = [least, maxCandidates + 1]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (spentBy(middle) <= amount) low = middle
    else high = middle
  }
  return { [parameter]: String(low) }
}
