/**
 * Random search guided by a population: after each round its winner joins, so that the next round is measured with it
 * (Ma et al. 2025, appendix A.4). What is chosen follows from scores and pictures alone: a run that goes on admits the
 * same winners again.
 */

import type { Candidate, CandidateFailure, Intervention } from '../../../shared/domain.ts'
import { plannedCandidates } from '../../../shared/plan.ts'
import { isRanked, type Scored } from '../../../shared/ranking.ts'
import type { RunSpec } from '../../../shared/run-spec.ts'
import { handAt, inOrder } from '../../../shared/steering.ts'
import { setVerifier } from '../../../shared/vocabulary.ts'
import { populationRound } from '../search/random-search.ts'
import type { Engine, Library, RgbImage } from './adapters.ts'
import type { RunControl } from './control.ts'
import type { SeatedPack } from './panel.ts'
import { PopulationJudge } from './population.ts'

const guide = [setVerifier] as const

type Told = Scored & { readonly image: () => Promise<RgbImage> }

/** As much of a run as its population is made from. */
type GuidedRun = {
  readonly spec: RunSpec
  readonly verifierPacks: readonly SeatedPack[]
  readonly engine: Engine
  readonly library: Pick<Library, 'readImage'>
  readonly control: Pick<RunControl, 'interventions'>
  readonly stored: readonly Candidate[]
  readonly failures: readonly CandidateFailure[]
}

export class PopulationGuide {
  readonly #judge: PopulationJudge
  readonly #candidates: number
  /** Of rounds that are not complete. */
  readonly #told = new Map<number, Told>()
  #round = 0

  /** @param candidates of the whole search */
  constructor(judge: PopulationJudge, candidates: number) {
    this.#judge = judge
    this.#candidates = candidates
  }

  /**
   * The population of a run that is guided by one, with the winners of the rounds that are finished; null for others.
   *
   * @throws the engine's errors, those of pictures that the library has lost
   */
  static async open(run: GuidedRun): Promise<PopulationGuide | null> {
    const { spec, verifierPacks, engine, library, stored, failures, control } = run
    const seated = verifierPacks.find(({ verifiers }) => verifiers.includes(setVerifier))
    if (seated === undefined) return null
    const population = new PopulationGuide(new PopulationJudge(engine, seated), plannedCandidates(spec))
    const known = [...stored, ...failures].filter((one) => population.has(one))
    for (const one of known.toSorted((a, b) => a.seq - b.seq)) {
      if ('error' in one) await population.fail(one.seq, control.interventions)
      else await population.tell(one, () => library.readImage(one.imageSha256), control.interventions)
    }
    return population
  }

  /** Whether a candidate is one that the search proposed: baselines and branches are no part of its rounds. */
  has({ arm, seq }: Pick<Candidate, 'arm' | 'seq'>): boolean {
    return arm === 'search' && seq < this.#candidates
  }

  /** Scores of pictures of the round at work, in order; errors as PopulationJudge. */
  score(images: readonly RgbImage[]): ReturnType<PopulationJudge['score']> {
    return this.#judge.score(images)
  }

  /**
   * A candidate is finished; the last one of a round lets its winner join. Resolves when it has, so that nobody of the
   * next round is scored before.
   *
   * @param image reads the picture, if it is the winner's
   */
  async tell(
    { seq, scores }: Scored,
    image: () => Promise<RgbImage>,
    interventions: readonly Intervention[],
  ): Promise<void> {
    this.#told.set(seq, { seq, scores, image })
    const first = this.#round * populationRound
    const size = Math.min(populationRound, this.#candidates - first)
    const round = Array.from({ length: size }, (_, i) => this.#told.get(first + i))
    const complete = round.filter((one) => one !== undefined)
    if (complete.length < size || size === 0) return
    const winner = inOrder(complete, guide, handAt(interventions, this.#round))[0]
    this.#round += 1
    for (const one of complete) this.#told.delete(one.seq)
    if (winner !== undefined && isRanked(winner, guide)) await this.#judge.admit(await winner.image())
  }

  /** Nothing can be made of a candidate: its round is complete without it. Resolves as `tell`. */
  fail(seq: number, interventions: readonly Intervention[]): Promise<void> {
    const noImage = () => Promise.reject(new Error('A failed candidate has no image'))
    return this.tell({ seq, scores: {} }, noImage, interventions)
  }
}
