/**
 * Search over paths (Ma et al. 2025, section 3.2 and appendix A.3): N noises are sampled down to the level sigma; then,
 * round by round, each unfinished sample is noised M times from its level up by forward (Delta f), each of the N * M is
 * sampled down by backward (Delta b > Delta f) with L evaluations, one more evaluation gives the x-prediction that the
 * verifier sees, and the best N stay, until the level is 0 and the picture an image.
 *
 * NFE = N * steps(1 -> sigma) + rounds * N * M * (L + 1) - N * M: at level 0 the sample is its own x-prediction.
 */

import type { NoiseRecipe, RecipeOperation } from '../../../shared/domain.ts'
import { pathLevels, stepsToStartLevel } from '../../../shared/plan.ts'
import type { SpecOf } from '../../../shared/run-spec.ts'
import { inOrder } from '../../../shared/steering.ts'
import { noiseRecipe } from '../diffusion/noise.ts'
import { parentOf, type Round, type SearchAlgorithm } from './search-algorithm.ts'

type Spec = SpecOf<'search_over_paths'>

/** An unfinished sample that others go on from. */
export type Path = { readonly seq: number; readonly recipe: NoiseRecipe }

/** The basis of a round: the paths that stayed, best first; fewer than N only where a person vetoed. */
export const searchOverPaths: SearchAlgorithm<Spec, readonly Path[]> = {
  begin: () => [],

  size({ spec, round, basis }) {
    if (round === 0) return spec.paths
    return round <= pathLevels(spec).length ? basis.length * spec.width : 0
  },

  propose(round, seq) {
    const parent = parentOf(round, seq, round.spec.width)
    return {
      parent: parent?.seq ?? null,
      recipe: recipeOf(round, seq),
      continues: parent !== null,
      kept: levelAfter(round) > 0,
      scored: parent !== null,
    }
  },

  choose: (round, results, hand) =>
    inOrder(results, round.spec.guide, hand)
      .slice(0, round.spec.paths)
      .map(({ seq }) => ({ seq, recipe: recipeOf(round, seq) })),
}

function recipeOf(round: Round<Spec, readonly Path[]>, seq: number): NoiseRecipe {
  const { spec } = round
  const { operations, ...root } =
    parentOf(round, seq, spec.width)?.recipe ?? noiseRecipe(spec.seed, seq, spec.generator)
  const to = levelAfter(round)
  const legs: readonly RecipeOperation[] =
    round.round === 0
      ? [{ kind: 'descend', to, evaluations: stepsToStartLevel(spec), predict: false }]
      : [
          { kind: 'renoise', to: levelAfter({ spec, round: round.round - 1 }) + spec.forward, stream: seq },
          { kind: 'descend', to, evaluations: spec.length, predict: to > 0 },
        ]
  return { ...root, operations: [...operations, ...legs] }
}

/** The noise level at which the candidates of a round end; 0 in the last. */
function levelAfter({ spec, round }: Pick<Round<Spec, unknown>, 'spec' | 'round'>): number {
  return [spec.startLevel, ...pathLevels(spec)][round] ?? 0
}
