/**
 * Random search (Ma et al. 2025, section 3.1): N independent starting noises, each sampled to the end; the best score
 * wins. NFE = N * nfe(steps).
 *
 * Candidate 0 has stream 0, which is also the noise of every baseline: the comparison starts from the same noise.
 */

import type { Result } from '../../../shared/ranking.ts'
import { noiseRecipe } from '../diffusion/noise.ts'
import type { SearchAlgorithm } from './search-algorithm.ts'

export type RandomSearchParams = { readonly seed: string; readonly candidates: number }

/** Plain data. `asked` counts the proposals given out; `results` are those that came back, in their order. */
export type RandomSearchState = RandomSearchParams & {
  readonly asked: number
  readonly results: readonly Result[]
}

export const randomSearch: SearchAlgorithm<RandomSearchParams, RandomSearchState> = {
  start: ({ seed, candidates }) => ({ seed, candidates, asked: 0, results: [] }),

  ask(state, most) {
    const count = Math.max(0, Math.min(most, state.candidates - state.asked))
    const proposals = Array.from({ length: count }, (_, i) => {
      const seq = state.asked + i
      return { seq, recipe: noiseRecipe(state.seed, seq) }
    })
    return { proposals, state: { ...state, asked: state.asked + count } }
  },

  tell(state, result) {
    if (result.seq >= state.asked || state.results.some(({ seq }) => seq === result.seq)) {
      throw new RangeError(`Expected the result of a proposal that is out, found seq ${result.seq}`)
    }
    return { ...state, results: [...state.results, result] }
  },

  isDone: (state) => state.results.length === state.candidates,
}
