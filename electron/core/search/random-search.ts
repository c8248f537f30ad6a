/**
 * Random search (Ma et al. 2025, section 3): N independent starting noises, each sampled to the end; the best score
 * wins. NFE = N * nfe(steps).
 *
 * Candidate 0 has stream 0, which is also the noise of every baseline: the comparison starts from the same noise.
 */

import type { SpecOf } from '../../../shared/run-spec.ts'
import { setVerifier } from '../../../shared/vocabulary.ts'
import { noiseRecipe } from '../diffusion/noise.ts'
import type { SearchAlgorithm } from './search-algorithm.ts'

/**
 * Candidates among which a population verifier chooses at a time: each is measured with the winners of the rounds
 * before it, so a round must be complete before the next one starts.
 */
export const populationRound = 4

/** Nothing is chosen before the end, and the end is the winner's choice: no round has anything to start from. */
export const randomSearch: SearchAlgorithm<SpecOf<'random_search'>, null> = {
  begin: () => null,

  size({ spec: { candidates, guide }, firstSeq }) {
    const perRound = guide.includes(setVerifier) ? populationRound : candidates
    return Math.min(perRound, candidates - firstSeq)
  },

  propose: ({ spec }, seq) => ({
    parent: null,
    recipe: noiseRecipe(spec.seed, seq, spec.generator),
    continues: false,
    kept: false,
    scored: true,
  }),

  choose: () => null,
}
