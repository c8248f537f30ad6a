/**
 * Whether a run's candidates can be what its search made: the search is gone through again with the recorded scores,
 * without models, and must ask for the recorded recipes; each recipe must cost what was counted.
 */

import type { Candidate, Intervention } from '../../../shared/domain.ts'
import { plannedCandidates, plannedSearchNfe } from '../../../shared/plan.ts'
import type { RunSpec } from '../../../shared/run-spec.ts'
import type { ImagePackManifest } from '../../packs/manifest.ts'
import { legsOf, nfeOfLegs } from '../diffusion/path.ts'
import { startOf } from '../diffusion/noise.ts'
import { JobQueue, nameOf, type Job } from './jobs.ts'
import { nfeOfNoise } from './noise-maker.ts'
import { forwardPassesPerNfe, gflopPerForward } from './passes.ts'
import { legsBehind } from './replayer.ts'

type AuditedCandidate = Omit<Candidate, 'runId'>

/** As much of a run as an audit reads. */
export type AuditedRun = {
  readonly spec: RunSpec
  /** Nothing was left to make. */
  readonly isDone: boolean
  /** Of all arms. */
  readonly candidates: readonly AuditedCandidate[]
  /** Candidates that nothing could be made of. */
  readonly failures: readonly Pick<Candidate, 'arm' | 'seq'>[]
  readonly interventions: readonly Intervention[]
  readonly winner: number | null
}

export type SearchAudit = {
  /** Where the candidates are not those that the search asks for, given their scores; none where all is well. */
  readonly faults: readonly string[]
  /** What the search asked for at the places that failed. */
  readonly failed: readonly Pick<Job, 'arm' | 'seq' | 'parent' | 'steps' | 'recipe'>[]
}

/** Goes through the search of a run with what was recorded. */
export function auditSearch(run: AuditedRun): SearchAudit {
  const { spec, isDone, interventions } = run
  const left = new Map(run.candidates.map((one) => [nameOf(one), one]))
  const failures = new Set(run.failures.map(nameOf))
  const failed: SearchAudit['failed'][number][] = []
  const faults = left.size < run.candidates.length ? ['two candidates have one place'] : []
  // What was made before a branch was undone stays.
  const queue = new JobQueue(
    spec,
    [],
    interventions.map((one) => (one.kind === 'branch' ? { ...one, until: null } : one)),
  )
  for (let [job] = queue.take(1); job !== undefined && job.arm !== 'final'; [job] = queue.take(1)) {
    const made = left.get(nameOf(job))
    if (made !== undefined) {
      left.delete(nameOf(job))
      if (!isWhat(job, made)) faults.push(`${nameOf(job)} is not what the search asks for there`)
      queue.tell(job, made)
    } else if (failures.delete(nameOf(job))) {
      failed.push(job)
      queue.fail(job)
    } else if (isDone && isOwed(job, run)) {
      faults.push(`${nameOf(job)} is missing`)
    }
  }
  for (const one of left.values()) {
    if (one.arm === 'final') faults.push(...faultsOfFinal(one, run))
    else faults.push(`nothing asks for ${nameOf(one)}`)
  }
  for (const { seq, recipe } of run.candidates.filter(({ arm }) => arm === 'search')) {
    if (spec.finalSteps === null || !failures.delete(`final ${seq}`)) continue
    failed.push({ arm: 'final', seq, parent: seq, steps: spec.finalSteps, recipe: startOf(recipe) })
  }
  for (const name of failures) faults.push(`nothing asks for ${name}, which is said to have failed`)
  const final = `final ${run.winner}`
  const isFinalThere = left.has(final) || failed.some((one) => nameOf(one) === final)
  if (isDone && spec.finalSteps !== null && run.winner !== null && !isFinalThere) {
    faults.push(`the final image of ${run.winner} is missing`)
  }
  return { faults, failed }
}

function isWhat(job: Job, made: AuditedCandidate): boolean {
  const { round, parent, steps, recipe, scored } = job
  return (
    made.round === round &&
    made.parent === parent &&
    made.steps === steps &&
    made.verifierCalls > 0 === scored &&
    sameRecipe(made.recipe, recipe)
  )
}

function sameRecipe(a: Candidate['recipe'], b: Candidate['recipe']): boolean {
  const parts = ({ generator, seed, stream, operations }: Candidate['recipe']) => [
    ...[generator, seed, stream],
    ...operations.map((one) => Object.entries(one).sort(([left], [right]) => (left < right ? -1 : 1))),
  ]
  return JSON.stringify(parts(a)) === JSON.stringify(parts(b))
}

/** Whether a run that is done must have a candidate: a budget ends a search early, an undone branch asks for nothing. */
function isOwed({ arm, seq }: Job, { spec, interventions }: AuditedRun): boolean {
  if (arm === 'baseline') return true
  if (seq < plannedCandidates(spec)) return !isBounded(spec)
  return interventions.some(
    (one) =>
      one.kind === 'branch' && one.until === null && seq >= one.firstSeq && seq < one.firstSeq + one.count,
  )
}

function isBounded({ budget }: RunSpec): boolean {
  return Object.values(budget).some((bound) => bound !== null)
}

/** A final image is the whole way from the starting noise of the candidate that it repeats. */
function faultsOfFinal(final: AuditedCandidate, { spec, candidates }: AuditedRun): readonly string[] {
  const of = candidates.find(({ arm, seq }) => arm === 'search' && seq === final.seq)
  const fits =
    of !== undefined &&
    final.parent === final.seq &&
    final.steps === spec.finalSteps &&
    sameRecipe(final.recipe, startOf(of.recipe))
  return fits ? [] : [`${nameOf(final)} is not the final image of a candidate`]
}

/** Where a candidate's costs are not those of its recipe, or a finished search's not those of its formula. */
export function faultsOfCosts(run: AuditedRun): readonly string[] {
  const { spec, isDone, candidates, failures, interventions } = run
  // Packs whose guidance is no second pass take one; a run has one pack, so it is the same for all of its candidates.
  const isOne = candidates.every((one) => nfeOfNoise(one) > 0 || one.forwardPasses === one.nfe)
  const passes = forwardPassesPerNfe(spec, { guidanceBy: isOne ? 'none' : 'second_pass' })
  const faults = candidates.flatMap((one) => {
    const nfe = nfeOf(one, spec)
    const calls = one.verifierCalls
    return [
      ...(one.nfe === nfe ? [] : [`${nameOf(one)}: its recipe takes ${nfe} NFE, ${one.nfe} were counted`]),
      ...(nfeOfNoise(one) > 0 || one.forwardPasses === passes * one.nfe
        ? []
        : [`${nameOf(one)}: ${one.nfe} NFE with ${one.forwardPasses} forward passes`]),
      ...(calls === 0 || calls === spec.guide.length
        ? []
        : [`${nameOf(one)}: ${calls} verifier calls by a guide of ${spec.guide.length}`]),
    ]
  })
  const planned = plannedSearchNfe(spec)
  const searched = candidates
    .filter(({ arm, seq }) => arm === 'search' && seq < plannedCandidates(spec))
    .reduce((sum, { nfe }) => sum + nfe, 0)
  // A veto or a failure can leave fewer than planned to go on with.
  const isVetoed = interventions.some(({ kind }) => kind === 'veto')
  const isWhole = isDone && !isBounded(spec) && !isVetoed && failures.length === 0
  if (isWhole && searched !== planned) {
    faults.push(`the search takes ${planned} NFE by its formula, ${searched} were counted`)
  }
  return faults
}

/**
 * Where forward passes and GFLOP are not those that the run's pack takes. Candidates whose noise followed a gradient
 * are passed over: their cost is that of several graphs.
 */
export function faultsOfPasses(
  { spec, candidates }: Pick<AuditedRun, 'spec' | 'candidates'>,
  manifest: ImagePackManifest,
): readonly string[] {
  const passes = forwardPassesPerNfe(spec, manifest)
  return candidates.flatMap((one) => {
    const expected = passes * one.nfe
    const gflop = expected * gflopPerForward(manifest)
    if (nfeOfNoise(one) > 0 || (one.forwardPasses === expected && one.gflop === gflop)) return []
    const found = `${one.forwardPasses} forward passes and ${one.gflop} GFLOP`
    return [`${nameOf(one)}: its pack takes ${expected} forward passes and ${gflop} GFLOP, found ${found}`]
  })
}

/** Evaluations of a candidate's own part of the way, and of the gradient that made its noise. */
function nfeOf(candidate: AuditedCandidate, { sampler }: RunSpec): number {
  const { recipe, steps } = candidate
  const sigmas = new Array<number>(steps + 1).fill(0)
  const sampled = nfeOfLegs(legsOf(recipe, steps), legsBehind(candidate), { sampler, sigmas })
  return sampled + nfeOfNoise(candidate)
}
