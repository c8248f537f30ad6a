/** From a job to a candidate on its way: its noise, and where its path begins. */

import { followPath, legsOf, nfeOfLegs, pathStart, type Leg, type PathRule } from '../diffusion/path.ts'
import type { SamplerState } from '../diffusion/samplers/sampler.ts'
import type { Failures } from './failures.ts'
import type { Job } from './jobs.ts'
import { nfeOfNoise } from './noise-maker.ts'
import { forwardPassesPerNfe } from './passes.ts'
import { pathRule } from './path-rule.ts'
import type { RunParts } from './run-parts.ts'
import type { Active } from './under-way.ts'

type Way = {
  readonly job: Job
  readonly rule: PathRule
  readonly legs: readonly Leg[]
  /** Evaluations of noise and path, without those that the parent has behind it. */
  readonly nfePlanned: number
}

/**
 * Takes jobs and starts them, as far as the budget has room and nobody pauses the run.
 *
 * @param most candidates to start
 * @returns those that started; fewer where a noise failed, which is kept as the candidate's failure
 * @throws `cancelled`, the engine's errors, the failure of an earlier commit
 */
export async function startCandidates(
  parts: RunParts,
  failures: Failures,
  most: number,
): Promise<readonly Active[]> {
  const { spec, pack, control, queue, spending, underWay } = parts
  const begun: Active[] = []
  while (begun.length < most) {
    control.throwIfCancelled()
    // What is under way is only expected to spend the rest: it may take fewer seconds, or fail and cost nothing.
    if (spending.hasRoom(underWay.expenses)) queue.reopen()
    else queue.close()
    if (control.isPausing) break
    const [job] = queue.take(1)
    if (job === undefined) break
    const rule = pathRule(spec, pack.manifest, job.steps)
    const legs = legsOf(job.recipe, job.steps)
    const nfePlanned = nfeOfNoise(job) + nfeOfLegs(legs, job.behind, rule)
    underWay.expect(job, nfePlanned)
    const started = await failures.isolate(
      [job],
      () => start(parts, { job, rule, legs, nfePlanned }),
      () => ({ job, at: 'the gradient that its noise follows' }),
    )
    for (const { answer: active } of started) {
      underWay.begin(active)
      begun.push(active)
    }
  }
  return begun
}

async function start(parts: RunParts, { job, rule, legs, nfePlanned }: Way): Promise<Active> {
  const { spec, noises, report } = parts
  const { noise, ...cost } = await noises.make(job)
  report.measured(cost.nfe, cost.seconds)
  const state = job.behind === 0 ? null : await stateBehind(job, parts)
  const path = followPath(legs, state === null ? 0 : job.behind, state ?? pathStart(noise, rule), rule)
  const first = path.next()
  if (first.done === true)
    throw new Error('Expected a path with an evaluation; no algorithm proposes another')
  // The way to a state that was lost is gone again, and is counted where it was gone the first time.
  const again = state === null ? nfeOfLegs(legs, 0, rule) - nfeOfLegs(legs, job.behind, rule) : 0
  return {
    job,
    path,
    noise,
    rule,
    nfePlanned,
    request: first.value,
    latestX0: null,
    early: null,
    abandoned: false,
    noiseCost: cost,
    seconds: cost.seconds,
    nfe: cost.nfe - again,
    forwardPasses: cost.forwardPasses - again * forwardPassesPerNfe(spec, parts.pack.manifest),
  }
}

/** Where the parent of a job ended; null when the library has lost it. */
async function stateBehind(
  { parent }: Job,
  { runId, library, commits }: RunParts,
): Promise<SamplerState | null> {
  // The parent has finished, but its row may still be on its way.
  await commits.settled()
  commits.throwIfFailed()
  return parent === null ? null : library.savedState(runId, parent)
}
