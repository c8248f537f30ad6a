/** Runs a whole search, without engine or library. */

import type { Intervention, Scores } from '../../../../shared/domain.ts'
import type { Scored } from '../../../../shared/ranking.ts'
import type { RunSpec } from '../../../../shared/run-spec.ts'
import { startSearch } from '../index.ts'
import type { Proposal } from '../search-algorithm.ts'
import { twoClouds, type Mixture } from './gaussian-mixture.ts'
import { nearTo, World, type Made, type Verifier } from './world.ts'

/** All proposals of a search by sequence, each with the scores that it was told. */
export function follow(
  spec: RunSpec,
  judge: (proposal: Proposal) => Scores,
  interventions: readonly Intervention[] = [],
): readonly (Proposal & Scored)[] {
  const search = startSearch(spec)
  search.steer(interventions)
  const all: (Proposal & Scored)[] = []
  while (!search.isDone) {
    const proposals = search.ask(4)
    if (proposals.length === 0) throw new Error('Expected proposals of a search that is not done, found none')
    for (const proposal of proposals) {
      const scores = judge(proposal)
      const one = { ...proposal, scores: proposal.scored ? scores : {} }
      search.tell(one)
      all.push(one)
    }
  }
  return all
}

/** Where the verifier of most tests would have a picture. */
export const target = [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]

/** All candidates of a search by sequence, made in the closed-form world. */
export function drive(
  spec: RunSpec,
  { mixture = twoClouds, verifier = nearTo(target) }: { mixture?: Mixture; verifier?: Verifier } = {},
): readonly (Made & Scored)[] {
  const world = new World(spec, mixture, verifier)
  const made = new Map<number, Made>()
  const judged = follow(spec, (proposal) => {
    const one = world.make(proposal)
    made.set(one.seq, one)
    return { clip_score: verifier.score(one.picture) }
  })
  return judged.flatMap((one) => {
    const found = made.get(one.seq)
    return found === undefined ? [] : [{ ...found, scores: one.scores }]
  })
}
