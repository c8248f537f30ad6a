/**
 * What a search algorithm is here: ask/tell over plain data.
 *
 * `ask` proposes noises, `tell` takes a result in; the state is plain JSON that the library can store, so a killed run
 * can go on from its rows. Nothing in an algorithm knows of models, images or time.
 */

import type { NoiseRecipe } from '../../../shared/domain.ts'
import type { Result } from '../../../shared/ranking.ts'

/** A noise to be sampled to the end and scored. */
export type Proposal = { readonly seq: number; readonly recipe: NoiseRecipe }

/** One algorithm over its own state type. All functions are pure. */
export type SearchAlgorithm<Params, State> = {
  start(params: Params): State
  /** Proposals that can be worked on now, in order, at most `most`, and the state in which they are out. */
  ask(state: State, most: number): { readonly proposals: readonly Proposal[]; readonly state: State }
  /** Takes one result in; results may come in any order. */
  tell(state: State, result: Result): State
  /** True when nothing is left to ask and nothing is out. */
  isDone(state: State): boolean
}
