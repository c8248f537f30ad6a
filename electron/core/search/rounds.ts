/**
 * A search round by round: ask for candidates, tell their scores.
 *
 * Choices are made only when a round is complete, so the state is a fold over the results, whatever order they come in:
 * a killed run starts again, is told what the library has, and goes on where it was. The state is plain JSON.
 */

import type { Intervention } from '../../../shared/domain.ts'
import type { Scored } from '../../../shared/ranking.ts'
import { handAt } from '../../../shared/steering.ts'
import type { Outcome, Proposal, Round, SearchAlgorithm } from './search-algorithm.ts'

export type SearchState<Spec, Basis> = Round<Spec, Basis> & {
  /** Candidates of the round that were proposed. */
  readonly asked: number
  /** Those of them that are out, by sequence. */
  readonly out: readonly number[]
  /** Results of the others, by sequence. */
  readonly results: readonly Scored[]
  /** Those of this round and before that failed, by sequence: they survive no choice. */
  readonly failed: readonly number[]
  /** All of a person's hand so far. */
  readonly interventions: readonly Intervention[]
}

/** The search by one algorithm, as pure functions. */
export type RoundSearch<Spec, Basis> = {
  start(spec: Spec): SearchState<Spec, Basis>
  /** Proposals that can be worked on now, in order, at most `most`, and the state in which they are out. */
  ask(
    state: SearchState<Spec, Basis>,
    most: number,
  ): { readonly proposals: readonly Proposal[]; readonly state: SearchState<Spec, Basis> }
  /** Takes in what one proposal came to; throws RangeError for one that is not out. */
  tell(state: SearchState<Spec, Basis>, outcome: Outcome): SearchState<Spec, Basis>
  /** All of a person's hand so far; what a choice that has been made was made with does not change. */
  steer(state: SearchState<Spec, Basis>, interventions: readonly Intervention[]): SearchState<Spec, Basis>
  /** True when nothing is left to ask and nothing is out. */
  isDone(state: SearchState<Spec, Basis>): boolean
}

/** The search that an algorithm makes: asks round after round, and chooses once a round is in. */
export function inRounds<Spec, Basis>(algorithm: SearchAlgorithm<Spec, Basis>): RoundSearch<Spec, Basis> {
  return {
    start: (spec) => ({
      spec,
      round: 0,
      firstSeq: 0,
      basis: algorithm.begin(spec),
      asked: 0,
      out: [],
      results: [],
      failed: [],
      interventions: [],
    }),

    ask(state, most) {
      const { round, firstSeq, asked, out } = state
      const count = Math.max(0, Math.min(most, algorithm.size(state) - asked))
      const seqs = Array.from({ length: count }, (_, i) => firstSeq + asked + i)
      return {
        proposals: seqs.map((seq) => ({ seq, round, ...algorithm.propose(state, seq) })),
        state: { ...state, asked: asked + count, out: [...out, ...seqs] },
      }
    },

    tell(state, { seq, scores, failed: hasFailed = false }) {
      if (!state.out.includes(seq)) {
        throw new RangeError(`Expected the result of a proposal that is out, found seq ${seq}`)
      }
      const out = state.out.filter((one) => one !== seq)
      const results = [...state.results, { seq, scores }].sort((a, b) => a.seq - b.seq)
      const failed = hasFailed ? [...state.failed, seq].sort((a, b) => a - b) : state.failed
      const size = algorithm.size(state)
      if (results.length < size) return { ...state, out, results, failed }
      const hand = handAt(state.interventions, state.round)
      const vetoed = new Set([...hand.vetoed, ...failed])
      return {
        ...state,
        round: state.round + 1,
        firstSeq: state.firstSeq + size,
        basis: algorithm.choose(state, results, { ...hand, vetoed }),
        asked: 0,
        out,
        results: [],
        failed,
      }
    },

    steer: (state, interventions) => ({ ...state, interventions }),

    isDone: (state) => algorithm.size(state) === 0,
  }
}
