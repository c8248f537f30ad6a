/**
 * First-order search (Ma et al. 2025, appendix C): gradient ascent on the verifier through the sampler, from the noise
 * of stream 0, the baselines' own; after each step the noise is rescaled to the norm of a Gaussian one. Strictly one
 * after the other. NFE = nfe(steps) * (K + nfeOfGradient * (K - 1)): each noise but the last is also gone back through.
 *
 * The next ascent starts from the newest candidate; a person can have it start from another (pin, override), or from
 * the one before (veto). An ascent knows no chance, so a second one from the same noise takes half the step of the one
 * before it: where a step was too long, a shorter one is tried.
 */

import type { RecipeOperation } from '../../../shared/domain.ts'
import type { Scored } from '../../../shared/ranking.ts'
import type { SpecOf } from '../../../shared/run-spec.ts'
import { inOrder } from '../../../shared/steering.ts'
import { noiseRecipe } from '../diffusion/noise.ts'
import type { SearchAlgorithm } from './search-algorithm.ts'

type Spec = SpecOf<'first_order_search'>

/** Plain data. */
export type Ascents = {
  /** The candidate that each one ascends from, that of the next one last; null for the first, which is where it starts. */
  readonly parents: readonly (number | null)[]
  /** The results so far, by sequence. */
  readonly seen: readonly Scored[]
}

export const firstOrderSearch: SearchAlgorithm<Spec, Ascents> = {
  begin: () => ({ parents: [null], seen: [] }),

  size: ({ spec, round }) => (round < spec.iterations ? 1 : 0),

  propose: ({ spec, basis: { parents } }, seq) => ({
    parent: parents[seq] ?? null,
    recipe: { ...noiseRecipe(spec.seed, 0, spec.generator), operations: ascentsTo(seq, spec, parents) },
    continues: false,
    kept: false,
    scored: true,
  }),

  choose({ spec: { guide }, round, basis }, results, hand) {
    const seen = [...basis.seen, ...results]
    const [wanted] = inOrder(
      seen.filter(({ seq }) => seq === hand.first || hand.pinned.has(seq)),
      guide,
      hand,
    )
    return { parents: [...basis.parents, wanted?.seq ?? newestOf(round, basis.parents, hand.vetoed)], seen }
  },
}

/** The candidate itself, or the nearest before it that is not vetoed; at last the first, which has none before it. */
function newestOf(seq: number, parents: Ascents['parents'], vetoed: ReadonlySet<number>): number {
  const before = parents[seq] ?? null
  return vetoed.has(seq) && before !== null ? newestOf(before, parents, vetoed) : seq
}

/** From the first noise, ascent by ascent, to a candidate. */
function ascentsTo(
  seq: number,
  { guide, eta, steps }: Spec,
  parents: Ascents['parents'],
): readonly RecipeOperation[] {
  const [verifier] = guide
  if (verifier === undefined) throw new RangeError('Expected a verifier to ascend, found none')
  const counts = new Map<number | null, number>()
  const etas = parents.slice(0, seq + 1).map((from) => {
    const before = counts.get(from) ?? 0
    counts.set(from, before + 1)
    return eta / 2 ** before
  })
  const ascents: RecipeOperation[] = []
  for (let one = seq; ;) {
    const from = parents[one] ?? null
    if (from === null) return ascents.reverse()
    ascents.push({ kind: 'ascend', verifier, eta: etas[one] ?? NaN, steps })
    one = from
  }
}
