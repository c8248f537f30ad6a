/**
 * Random search (Ma et al. 2025, section 3.1): N independent starting noises, each sampled to the end; the best score
 * wins. NFE = N * nfe(steps).
 *
 * Candidate 0 has stream 0, which is also the noise of every baseline: the comparison starts from the same noise.
 */

import type { SpecOf } from '../../../shared/run-spec.ts'
import { setVerifier } from '../../../shared/vocabulary.ts'
import { noiseRecipe } from '../diffusion/noise.ts'
import { requireOut, type SearchAlgorithm } from './search-algorithm.ts'

/**
 * Candidates among which a population verifier chooses at a time: each is measured with the winners of the rounds
 * before it, so a round must be complete before the next one starts.
 */
export const populationRound = 4

/** Plain data. `asked` counts the proposals given out, `told` lists those whose results are in. */
export type RandomSearchState = {
  readonly seed: string
  readonly candidates: number
  /** Candidates of a round. */
  readonly perRound: number
  readonly asked: number
  readonly told: number
  /** Sequence numbers that are out. */
  readonly out: readonly number[]
}

export const randomSearch: SearchAlgorithm<SpecOf<'random_search'>, RandomSearchState> = {
  start: ({ seed, candidates, guide }) => ({
    seed,
    candidates,
    perRound: guide.includes(setVerifier) ? populationRound : candidates,
    asked: 0,
    told: 0,
    out: [],
  }),

  ask(state, most) {
    const { candidates, perRound, asked, told } = state
    const open = Math.min(candidates, (Math.floor(told / perRound) + 1) * perRound)
    const count = Math.max(0, Math.min(most, open - asked))
    const proposals = Array.from({ length: count }, (_, i) => {
      const seq = asked + i
      return {
        seq,
        round: Math.floor(seq / perRound),
        parent: null,
        recipe: noiseRecipe(state.seed, seq),
        continues: false,
        kept: false,
        scored: true,
      }
    })
    const out = [...state.out, ...proposals.map(({ seq }) => seq)]
    return { proposals, state: { ...state, asked: asked + count, out } }
  },

  tell: (state, { seq }) => ({ ...state, told: state.told + 1, out: requireOut(state.out, seq) }),

  // Nothing is chosen before the end, and the end is the winner's choice.
  steer: (state) => state,
  round: ({ told, perRound }) => Math.floor(told / perRound),
  isDone: ({ told, candidates }) => told === candidates,
}
