/**
 * What a search algorithm is here: ask/tell over plain data.
 *
 * `ask` proposes candidates, `tell` takes the scores of one in; the state is plain JSON. An algorithm chooses only
 * when a round is complete, so its state is a fold over the results, whatever order they come in: a killed run starts
 * again, is told what the library has, and goes on where it was. Nothing in an algorithm knows of models, images or
 * time.
 */

import type { Intervention, NoiseRecipe } from '../../../shared/domain.ts'
import type { Scored } from '../../../shared/ranking.ts'

/** A candidate to be made, looked at and, if `scored`, judged. */
export type Proposal = {
  /** Below plannedCandidates(spec); each number is proposed once. */
  readonly seq: number
  readonly round: number
  /** Candidate that its recipe goes on from. */
  readonly parent: number | null
  readonly recipe: NoiseRecipe
  /**
   * It goes on from the end of its parent, whose operations are the first of its own: only the others are carried out.
   * False: everything from the noise on.
   */
  readonly continues: boolean
  /** Others will go on from its end, so the end must be kept. */
  readonly kept: boolean
  /** False: the algorithm wants no verdict on it; it is told with empty scores. */
  readonly scored: boolean
}

/** One algorithm over its own specification and state. All functions are pure. */
export type SearchAlgorithm<Spec, State> = {
  start(spec: Spec): State
  /** Proposals that can be worked on now, in order, at most `most`, and the state in which they are out. */
  ask(state: State, most: number): { readonly proposals: readonly Proposal[]; readonly state: State }
  /** Takes the scores of one proposal in; throws RangeError for one that is not out. */
  tell(state: State, result: Scored): State
  /** All of a person's hand so far; what a choice that has been made was made with does not change. */
  steer(state: State, interventions: readonly Intervention[]): State
  /** The round that is being worked on, 0-based: its choice comes next. */
  round(state: State): number
  /** True when nothing is left to ask and nothing is out. */
  isDone(state: State): boolean
}

/** The proposals that are out without one of them; throws RangeError where that one is not out. */
export function requireOut(out: readonly number[], seq: number): readonly number[] {
  if (!out.includes(seq))
    throw new RangeError(`Expected the result of a proposal that is out, found seq ${seq}`)
  return out.filter((one) => one !== seq)
}
