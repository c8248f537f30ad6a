/** What the views are told of a live run, and how often. */

import type { Preview, RunProgress } from '../../../shared/domain.ts'
import { plannedNfe, plannedRunNfe } from '../../../shared/plan.ts'
import type { RunSpec } from '../../../shared/run-spec.ts'
import type { ImagePackManifest } from '../../packs/manifest.ts'
import type { DenoiseStep } from '../diffusion/samplers/sampler.ts'
import { BatchCosts, batchesAhead, forecastSeconds } from './forecast.ts'
import type { Job, JobQueue } from './jobs.ts'
import { previewRgb } from './preview.ts'

/** Views redraw at most this often; a step of a small model can be much shorter. */
const reportEveryMs = 100

/** An image on its way, as far as a view cares. */
export type WorkInProgress = {
  readonly job: Job
  /** The evaluation asked for next. */
  readonly request: DenoiseStep
  /** The last x-prediction; null before the first answer. */
  readonly latestX0: Float32Array | null
  readonly nfe: number
}

/** The run that is reported on. */
type ReportedRun = {
  readonly runId: number
  readonly spec: RunSpec
  readonly shape: ImagePackManifest['latents']
  readonly queue: JobQueue
  /** Samplers that run at once. */
  readonly slots: number
  readonly signal: AbortSignal
  readonly onProgress: (progress: RunProgress) => void
}

export class ProgressReport {
  /** Images in the library. */
  finished = 0
  readonly #run: ReportedRun
  readonly #costs = new BatchCosts()
  readonly #startedAt = performance.now()
  #nfe = 0
  #lastEmit = -Infinity

  constructor(run: ReportedRun) {
    this.#run = run
  }

  /** One denoise call came back. */
  measured(batch: number, seconds: number): void {
    this.#nfe += batch
    this.#costs.add(batch, seconds)
  }

  /** Tells the views, unless they were told a moment ago. */
  emit(phase: 'loading' | 'working', active: readonly WorkInProgress[]): void {
    const now = performance.now()
    if (now - this.#lastEmit < reportEveryMs) return
    this.#lastEmit = now
    const { runId, spec, shape, queue, slots, signal, onProgress } = this.#run
    const left = active.map(({ job, nfe }) => plannedNfe(spec.sampler, job.steps) - nfe)
    const waiting = queue.stepsWaiting().map((steps) => plannedNfe(spec.sampler, steps))
    onProgress({
      runId,
      phase: signal.aborted ? 'cancelling' : phase,
      finished: this.finished,
      planned: spec.candidates + spec.baselines.length,
      nfe: this.#nfe,
      nfePlanned: plannedRunNfe(spec),
      secondsElapsed: (now - this.#startedAt) / 1000,
      secondsLeft: forecastSeconds(batchesAhead(left, waiting, slots), this.#costs),
      previews: active.flatMap((work) => previewOf(work, shape)),
    })
  }
}

/** None before the first answer. */
function previewOf(work: WorkInProgress, shape: ImagePackManifest['latents']): Preview[] {
  if (work.latestX0 === null) return []
  const { arm, seq, steps } = work.job
  const { width, height } = shape
  const rgb = previewRgb(work.latestX0, shape)
  return [{ arm, seq, step: work.request.step - 1, steps, width, height, rgb }]
}
