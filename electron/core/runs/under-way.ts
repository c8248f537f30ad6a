/** Candidates of a run that are being made, from the moment they are taken until they are kept, failed or given up. */

import type { DenoiseStep } from '../diffusion/samplers/sampler.ts'
import type { PathEnd, PathRule } from '../diffusion/path.ts'
import type { EarlyLook } from './early-look.ts'
import type { Job } from './jobs.ts'
import type { MadeNoise } from './noise-maker.ts'
import type { WorkInProgress } from './progress.ts'
import type { Expense } from './spending.ts'

/** A candidate on its way, with what it has cost so far. */
export type Active = WorkInProgress & {
  readonly path: Generator<DenoiseStep, PathEnd, Float32Array>
  readonly noise: Float32Array
  readonly rule: PathRule
  /** Evaluations that the whole way takes. */
  readonly nfePlanned: number
  request: DenoiseStep
  latestX0: Float32Array | null
  /** Since its parent's end; null where no verifier asks for it. */
  early: EarlyLook
  /** What its noise took. Until more evaluations are counted, the way to its parent's end is gone again. */
  readonly noiseCost: Pick<MadeNoise, 'nfe' | 'forwardPasses' | 'gflop'>
  nfe: number
  forwardPasses: number
  seconds: number
  /** The budget ran out under it: it goes no further. */
  abandoned: boolean
}

/** A candidate at the end of its path. */
export type Finished = { readonly active: Active; readonly end: PathEnd }

/** The candidates of all lanes. */
export class UnderWay {
  readonly #all = new Map<Job, Active | Expense>()

  /** A job is taken and its noise is being made. It counts at once, because another lane may ask for room meanwhile. */
  expect(job: Job, nfePlanned: number): void {
    this.#all.set(job, { job, nfe: 0, nfePlanned, seconds: 0 })
  }

  /** A job has its noise and goes its way. */
  begin(active: Active): void {
    this.#all.set(active.job, active)
  }

  /** A job is kept, has failed or is given up. */
  leave(job: Job): void {
    this.#all.delete(job)
  }

  /** What is expected to be spent on all of them, those without a noise yet included. */
  get expenses(): Iterable<Expense> {
    return this.#all.values()
  }

  /** Those that have their noise. */
  get active(): readonly Active[] {
    return [...this.#all.values()].filter((one) => 'path' in one)
  }

  /**
   * The seconds are spent: of the candidates that the search proposed only the one that is furthest is still made. What a
   * person asked for is, too.
   *
   * @param planned candidates of the search; branches are numbered behind them
   */
  abandonAllButFurthest(planned: number): void {
    const searching = this.active.filter(({ job }) => job.arm === 'search' && job.seq < planned)
    const furthest = searching.toSorted((a, b) => a.nfePlanned - a.nfe - (b.nfePlanned - b.nfe))[0]
    for (const one of searching) one.abandoned = one !== furthest
  }
}
