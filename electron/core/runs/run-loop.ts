/**
 * The only async loop: drives samplers with the engine's answers, scores and keeps what finishes, counts, reports,
 * pauses and cancels. Everything it decides is decided by the pure core; everything it keeps is kept by the library.
 */

import type { Candidate, CandidateFailure, RunProgress } from '../../../shared/domain.ts'
import { batchSizes } from '../../../shared/memory.ts'
import { plannedCandidates } from '../../../shared/plan.ts'
import { graderVerifier } from '../../../shared/vocabulary.ts'
import type { Grader } from './adapters.ts'
import { Changes } from './changes.ts'
import { Commits } from './commits.ts'
import { evaluate } from './evaluation.ts'
import { Failures } from './failures.ts'
import { Finishing } from './finishing.ts'
import { JobQueue } from './jobs.ts'
import { madeOn, requireTheSame } from './made-on.ts'
import { NoiseMaker } from './noise-maker.ts'
import { ofSingleImages, Panel, type Grading } from './panel.ts'
import { PopulationGuide } from './population-guide.ts'
import { ProgressReport } from './progress.ts'
import type { RunParts, RunSetting } from './run-parts.ts'
import { Spending } from './spending.ts'
import { startCandidates } from './starting.ts'
import { UnderWay, type Active } from './under-way.ts'

/**
 * Batches under way. While the engine works on one, the request of the other already waits for it, so it never waits
 * for the studio, and finished images are decoded and scored between the steps of the others.
 */
const lanes = 2

export type RunContext = RunSetting & {
  /** There where llm_grader is among the run's verifiers. */
  readonly grader?: Grader | null
  /** What the library has of the run already, empty for a new one. */
  readonly stored: readonly Candidate[]
  /** Candidates of it that failed; they are not tried again. */
  readonly failures: readonly CandidateFailure[]
  /** What these were made on; null where there are none. */
  readonly madeOn: string | null
  /**
   * Samplers that run at once in one batch (`batchSizes`). Batching gains 20 to 25 % a sample on a CPU; beyond four the
   * gain is small and a cancel would wait longer for its step.
   */
  readonly batchSize?: number
  readonly onProgress: (progress: RunProgress) => void
  /** Milliseconds that only grow; the machine's own unless told otherwise. */
  readonly now?: () => number
}

/**
 * Makes every image of the run that the library does not have and commits each as it finishes. Rejects with
 * `cancelled`, or with the error that ended the run, in both cases after everything finished is committed.
 *
 * @returns `paused` when the control asked for it before everything was made
 */
export async function executeRun(context: RunContext): Promise<'done' | 'paused'> {
  const { spec, pack, verifierPacks, engine, library, runId, control, stored, failures } = context
  const queue = new JobQueue(spec, stored, control.interventions, failures)
  control.round = queue.round
  const spending = new Spending(spec, stored)
  const report = new ProgressReport({ ...context, shape: pack.manifest.latents, spending })
  report.emit('loading', [])
  const info = await engine.load([pack, ...verifierPacks.map((seated) => seated.pack)], spec.device)
  control.throwIfCancelled()
  const grading = gradingOf(context)
  const now = madeOn(info, grading?.grader ?? null)
  requireTheSame(stored.length === 0 ? null : context.madeOn, now)
  library.setDevice(runId, now)
  const panel = await Panel.open(engine, ofSingleImages(verifierPacks), spec.prompt, grading)
  const parts: RunParts = {
    ...context,
    ...{ queue, spending, report, panel },
    population: await PopulationGuide.open(context),
    noises: new NoiseMaker(context, panel),
    commits: new Commits(),
    changes: new Changes(),
    underWay: new UnderWay(),
  }
  const { batchSize = batchSizes.usual } = context
  return new Run(parts, new Failures(parts, failures), batchSize).execute()
}

class Run {
  readonly #parts: RunParts
  readonly #failures: Failures
  readonly #finishing: Finishing
  readonly #batchSize: number
  #steered = false
  #timeIsUp = false
  /** What ended the lanes. */
  #end: { readonly error: unknown } | null = null

  constructor(parts: RunParts, failures: Failures, batchSize: number) {
    this.#parts = parts
    this.#batchSize = batchSize
    this.#failures = failures
    this.#finishing = new Finishing(parts, failures)
  }

  async execute(): Promise<'done' | 'paused'> {
    const { control, queue, commits, changes } = this.#parts
    control.onSteer((interventions) => {
      this.#steered = true
      queue.steer(interventions)
      changes.tell()
    })
    // What a person did while the models were loading.
    queue.steer(control.interventions)
    do {
      await Promise.all(Array.from({ length: lanes }, () => this.#lane()))
      // Whatever ended the lanes, what finished is kept.
      await commits.settled()
      if (this.#end !== null) throw this.#end.error
      commits.throwIfFailed()
      if (control.isPausing && !queue.isDone) return 'paused'
      // More may have been asked for while the last images were kept.
    } while (this.#wasSteered())
    this.#finishing.throwIfSilent()
    if (!queue.isDone) throw new Error('The search neither proposes nor ends: a defect of its algorithm')
    this.#failures.throwIfNothingCameOut()
    return 'done'
  }

  /** Whether a person asked for something since this was last called. */
  #wasSteered(): boolean {
    const was = this.#steered
    this.#steered = false
    return was
  }

  /** Works batches off until nothing is left. Never rejects: a failure ends the other lanes too. */
  async #lane(): Promise<void> {
    const { control, queue, changes, underWay } = this.#parts
    let active: Active[] = []
    try {
      for (;;) {
        const free = this.#batchSize - active.length
        active.push(...(await startCandidates(this.#parts, this.#failures, free)))
        control.throwIfCancelled()
        if (active.length > 0) active = await this.#step(active)
        else if (queue.out > 0 && this.#end === null) await changes.next()
        else break
        if (this.#end !== null) break
      }
    } catch (error) {
      this.#end ??= { error }
    }
    for (const { job } of active) underWay.leave(job)
    changes.tell()
  }

  /** One evaluation of each candidate of a batch; those that are still under way afterwards. */
  async #step(asked: readonly Active[]): Promise<Active[]> {
    const { report, underWay, commits } = this.#parts
    const batch = this.#withoutAbandoned(asked)
    if (batch.length === 0) return []
    report.emit('working', underWay.active)
    const { finished, left } = await evaluate(this.#parts, this.#failures, batch)
    this.#withoutAbandoned(batch)
    this.#endWithTime()
    if (finished.length > 0) await this.#finishing.finish(finished)
    commits.throwIfFailed()
    return left
  }

  /** Once the seconds are spent, nothing more is proposed and only the furthest candidate is still made. */
  #endWithTime(): void {
    const { spec, queue, spending, underWay } = this.#parts
    if (this.#timeIsUp || !spending.isOverTime(underWay.expenses)) return
    this.#timeIsUp = true
    queue.end()
    underWay.abandonAllButFurthest(plannedCandidates(spec))
  }

  /** Those that go on; nobody waits for the others any more. */
  #withoutAbandoned(batch: readonly Active[]): readonly Active[] {
    const { queue, changes, underWay } = this.#parts
    for (const { job } of batch.filter(({ abandoned }) => abandoned)) {
      underWay.leave(job)
      queue.drop(job)
      changes.tell()
    }
    return batch.filter(({ abandoned }) => !abandoned)
  }
}

/** The grader, if the run asks for it. */
function gradingOf({ spec, grader = null, control: { signal } }: RunContext): Grading | null {
  const isAsked = [...spec.guide, ...spec.heldOut].includes(graderVerifier)
  return isAsked && grader !== null ? { grader, signal } : null
}
