/**
 * Zero-order search (Ma et al. 2025, section 3.2): each round tries N neighbours of a pivot at a fixed cosine; the best
 * of them becomes the pivot if it beats it. NFE = K * N * nfe(steps): the pivot's scores are remembered, never made
 * again.
 *
 * The first pivot is the noise of stream 0, the baselines' own. It is not sampled, so the best of the first round
 * takes its place whatever its score.
 */

import type { RecipeOperation } from '../../../shared/domain.ts'
import { isRanked, type Scored } from '../../../shared/ranking.ts'
import type { SpecOf } from '../../../shared/run-spec.ts'
import { inOrder } from '../../../shared/steering.ts'
import { noiseRecipe } from '../diffusion/noise.ts'
import type { SearchAlgorithm } from './search-algorithm.ts'

type Spec = SpecOf<'zero_order_search'>

/** Plain data. */
export type Pivots = {
  /** The pivot of each round, that of the next round last; null is the first noise, of which there is no picture. */
  readonly pivots: readonly (number | null)[]
  /** The results of the rounds before, by sequence. */
  readonly seen: readonly Scored[]
}

export const zeroOrderSearch: SearchAlgorithm<Spec, Pivots> = {
  begin: () => ({ pivots: [null], seen: [] }),

  size: ({ spec, round }) => (round < spec.rounds ? spec.neighbours : 0),

  propose: ({ spec, round, basis: { pivots } }, seq) => ({
    parent: pivots[round] ?? null,
    recipe: { ...noiseRecipe(spec.seed, 0, spec.generator), operations: stepsTo(seq, spec, pivots) },
    continues: false,
    kept: false,
    scored: true,
  }),

  /**
   * Among the pivot and the round's candidates, by the guide, who is pinned or put first before the others, from
   * whatever round. A vetoed pivot gives way to the best of the round; without one, the search is back at its first
   * noise.
   */
  choose({ spec: { guide }, round, basis: { pivots, seen } }, results, hand) {
    const pivot = pivots[round]
    const isWanted = ({ seq }: Scored) => seq === pivot || seq === hand.first || hand.pinned.has(seq)
    const contenders = inOrder([...seen.filter(isWanted), ...results], guide, hand)
    const next = contenders.find((one) => isRanked(one, guide) || isWanted(one))
    return { pivots: [...pivots, next?.seq ?? null], seen: [...seen, ...results] }
  },
}

/** From the first noise, neighbour by neighbour, to a candidate. */
function stepsTo(
  seq: number,
  { neighbours, cosine }: Spec,
  pivots: Pivots['pivots'],
): readonly RecipeOperation[] {
  const steps: RecipeOperation[] = []
  for (let one: number | null = seq; one !== null; one = pivots[Math.floor(one / neighbours)] ?? null) {
    steps.push({ kind: 'neighbour', stream: one, cosine })
  }
  return steps.reverse()
}
