/** What the views are told of a live run, and how often. */

import type { Candidate, Preview, RunProgress } from '../../../shared/domain.ts'
import { branchesAsked, plannedNfe, planOf } from '../../../shared/plan.ts'
import type { RunSpec } from '../../../shared/run-spec.ts'
import type { ImagePackManifest } from '../../packs/manifest.ts'
import type { DenoiseStep } from '../diffusion/samplers/sampler.ts'
import type { RunControl } from './control.ts'
import { forecastSeconds, shareWithin, type Measured, type Work } from './forecast.ts'
import type { Job } from './jobs.ts'
import { previewRgb } from './preview.ts'
import type { Spending } from './spending.ts'

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
  readonly seconds: number
}

/** The run that is reported on. */
type ReportedRun = {
  readonly runId: number
  readonly spec: RunSpec
  readonly shape: ImagePackManifest['latents']
  readonly control: RunControl
  readonly spending: Spending
  /** What the library had when work began. */
  readonly stored: readonly Pick<Candidate, 'arm' | 'nfe'>[]
  readonly failures: readonly unknown[]
  readonly onProgress: (progress: RunProgress) => void
  /** Milliseconds that only grow. */
  readonly now?: (() => number) | undefined
}

export class ProgressReport {
  /** Images in the library. */
  finished: number
  /** Candidates that failed. */
  failed: number
  readonly #run: ReportedRun
  readonly #now: () => number
  readonly #startedAt: number
  /** NFE of both arms, stored ones included. */
  #nfe: number
  #measured: Measured = { nfe: 0, images: 0, denoiseSeconds: 0, finishSeconds: 0 }
  #lastEmit = -Infinity

  constructor(run: ReportedRun) {
    this.#run = run
    this.#now = run.now ?? (() => performance.now())
    this.#startedAt = this.#now()
    this.finished = run.stored.length
    this.failed = run.failures.length
    this.#nfe = run.stored.reduce((sum, { nfe }) => sum + nfe, 0)
  }

  /** Evaluations came back, those of gradients among them. */
  measured(nfe: number, seconds: number): void {
    this.#nfe += nfe
    const { nfe: before, denoiseSeconds } = this.#measured
    this.#measured = { ...this.#measured, nfe: before + nfe, denoiseSeconds: denoiseSeconds + seconds }
  }

  /** Images were decoded and scored. */
  finishing(images: number, seconds: number): void {
    const { images: before, finishSeconds } = this.#measured
    this.#measured = { ...this.#measured, images: before + images, finishSeconds: finishSeconds + seconds }
  }

  /** Tells the views, unless they were told a moment ago. */
  emit(phase: 'loading' | 'working', active: readonly WorkInProgress[]): void {
    const now = this.#now()
    if (now - this.#lastEmit < reportEveryMs) return
    this.#lastEmit = now
    const { runId, shape, control, onProgress } = this.#run
    const { images, nfe } = this.#planned()
    onProgress({
      runId,
      phase: control.signal.aborted ? 'cancelling' : control.isPausing ? 'pausing' : phase,
      finished: this.finished,
      planned: images,
      failed: this.failed,
      nfe: this.#nfe,
      nfePlanned: nfe,
      secondsElapsed: (now - this.#startedAt) / 1000,
      secondsLeft: this.#secondsLeft(active),
      previews: active.flatMap((work) => previewOf(work, shape)),
    })
  }

  /**
   * Both arms, the final image, and what a person asked more of.
   *
   * @param share part of the search that is expected to happen, 0 to 1
   */
  #planned(share = 1): Work {
    const { spec, control } = this.#run
    const { images, searchNfe, baselineNfe } = planOf(spec)
    const baselines = spec.baselines.length
    const branched = branchesAsked(control.interventions)
    return {
      images: baselines + share * (images - baselines) + branched,
      nfe: baselineNfe + share * searchNfe + branched * plannedNfe(spec.sampler, spec.steps),
    }
  }

  #secondsLeft(active: readonly WorkInProgress[]): number | null {
    const { spec, spending } = this.#run
    const { images, searchNfe } = planOf(spec)
    const verifierCalls = (images - spec.baselines.length) * spec.guide.length
    const expected = this.#planned(shareWithin(spec.budget, { nfe: searchNfe, verifierCalls }))
    // How much of its way a failed candidate did not go is not kept; on the average all of it.
    const alive = 1 - this.failed / expected.images
    const left: Work = {
      nfe: Math.max(0, alive * expected.nfe - this.#nfe),
      images: Math.max(0, alive * expected.images - this.finished),
    }
    const seconds = forecastSeconds(left, this.#measured)
    const { seconds: bound } = spec.budget
    if (seconds === null || bound === null) return seconds
    const underWay = active.filter(({ job }) => job.arm !== 'baseline')
    const spent = underWay.reduce((sum, one) => sum + one.seconds, spending.spent.seconds)
    return Math.min(seconds, Math.max(0, bound - spent))
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
