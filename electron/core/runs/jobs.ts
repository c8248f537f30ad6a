/** What a run has to make, in the order in which work starts. */

import type { Arm, NoiseRecipe } from '../../../shared/domain.ts'
import type { RunSpec } from '../../../shared/run-spec.ts'
import { noiseRecipe } from '../diffusion/noise.ts'
import { randomSearch, type RandomSearchState } from '../search/random-search.ts'

/** One image to make: a noise and a step count. */
export type Job = {
  readonly arm: Arm
  readonly seq: number
  readonly steps: number
  readonly recipe: NoiseRecipe
}

/**
 * Baselines: the search's first noise (stream 0), only with other step counts (METHOD, section 6).
 *
 * `seq` follows ascending step counts; the list is longest first, so that a long baseline keeps one slot of the batch
 * busy while everything else passes through the others, instead of running alone at the end.
 */
export function baselineJobs(spec: RunSpec): readonly Job[] {
  return spec.baselines
    .map((steps, seq): Job => ({ arm: 'baseline', seq, steps, recipe: noiseRecipe(spec.seed, 0) }))
    .reverse()
}

/** The work of one run: baselines first, then whatever the search asks for. */
export class JobQueue {
  readonly #spec: RunSpec
  readonly #baselines: Job[]
  #search: RandomSearchState

  constructor(spec: RunSpec) {
    this.#spec = spec
    this.#baselines = [...baselineJobs(spec)]
    this.#search = randomSearch.start({ seed: spec.seed, candidates: spec.candidates })
  }

  /** At most `most` jobs that can start now. */
  take(most: number): readonly Job[] {
    const jobs = this.#baselines.splice(0, most)
    const { proposals, state } = randomSearch.ask(this.#search, most - jobs.length)
    this.#search = state
    for (const { seq, recipe } of proposals) {
      jobs.push({ arm: 'search', seq, steps: this.#spec.steps, recipe })
    }
    return jobs
  }

  /** The score of a search job; the algorithm decides with it what to ask next. */
  tell(seq: number, score: number | null): void {
    this.#search = randomSearch.tell(this.#search, { seq, score })
  }

  get isDone(): boolean {
    return this.#baselines.length === 0 && randomSearch.isDone(this.#search)
  }

  /** Step counts of the jobs that have not started, in order: for the forecast. */
  stepsWaiting(): readonly number[] {
    const candidates = this.#spec.candidates - this.#search.asked
    return [
      ...this.#baselines.map(({ steps }) => steps),
      ...Array.from({ length: candidates }, () => this.#spec.steps),
    ]
  }
}
