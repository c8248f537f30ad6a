/**
 * Draft, cull, resume: all N candidates are sampled for a few steps and judged by the x-prediction of the last of them;
 * the worst are dropped, the others go on from where they stood, to the bits of a candidate that never stopped.
 * NFE = N * nfe(draft) + survivors * (nfe(steps) - nfe(draft)).
 *
 * Beyond Ma et al. 2025, whose candidates are all sampled to the end.
 */

import type { NoiseRecipe } from '../../../shared/domain.ts'
import type { SpecOf } from '../../../shared/run-spec.ts'
import { inOrder } from '../../../shared/steering.ts'
import { noiseRecipe } from '../diffusion/noise.ts'
import type { SearchAlgorithm } from './search-algorithm.ts'

type Spec = SpecOf<'draft_cull_resume'>

/** The basis of the second round: the drafts that survived, best first, so that the best is finished first. */
export const draftCullResume: SearchAlgorithm<Spec, readonly number[]> = {
  begin: () => [],

  size({ spec, round, basis }) {
    if (round === 0) return spec.candidates
    return round === 1 ? basis.length : 0
  },

  propose({ spec, round, firstSeq, basis }, seq) {
    if (round === 0) {
      return {
        parent: null,
        recipe: recipeOf(spec, seq, [spec.draftSteps]),
        continues: false,
        kept: true,
        scored: true,
      }
    }
    const draft = basis[seq - firstSeq]
    if (draft === undefined) throw new RangeError(`Expected a survivor of ${basis.length}, found seq ${seq}`)
    return {
      parent: draft,
      recipe: recipeOf(spec, draft, [spec.draftSteps, spec.steps]),
      continues: true,
      kept: false,
      scored: true,
    }
  },

  choose: ({ spec, round }, results, hand) =>
    round === 0
      ? inOrder(results, spec.guide, hand)
          .slice(0, spec.survivors)
          .map(({ seq }) => seq)
      : [],
}

/** The steps all draw from the draft's stream: a stop between them changes nothing. */
function recipeOf({ seed, generator }: Spec, draft: number, stops: readonly number[]): NoiseRecipe {
  return {
    ...noiseRecipe(seed, draft, generator),
    operations: stops.map((to) => ({ kind: 'steps', to, stream: draft })),
  }
}
