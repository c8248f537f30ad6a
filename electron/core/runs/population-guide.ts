/**
 * Random search guided by a population: after each round its winner joins, so that the next round is measured with it
 * (Ma et al. 2025, appendix A.4). What is chosen follows from scores and pictures alone: a run that goes on admits the
 * same winners again.
 */

import type { Intervention } from '../../../shared/domain.ts'
import { isRanked, type Scored } from '../../../shared/ranking.ts'
import { handAt, inOrder } from '../../../shared/steering.ts'
import { setVerifier } from '../../../shared/vocabulary.ts'
import { populationRound } from '../search/random-search.ts'
import type { RgbImage } from './adapters.ts'
import type { PopulationJudge } from './population.ts'

const guide = [setVerifier] as const

type Told = Scored & { readonly image: () => Promise<RgbImage> }

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
}
