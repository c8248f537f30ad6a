/** The algorithms by id, and a search at work: an algorithm with its state, whatever their types. */

import { assertNever } from '../../../shared/assert-never.ts'
import type { Intervention } from '../../../shared/domain.ts'
import type { Scored } from '../../../shared/ranking.ts'
import type { RunSpec } from '../../../shared/run-spec.ts'
import { randomSearch } from './random-search.ts'
import type { Proposal, SearchAlgorithm } from './search-algorithm.ts'

/** A search at work. */
export type Search = {
  /** Proposals that can be worked on now, at most `most`. */
  ask(most: number): readonly Proposal[]
  tell(result: Scored): void
  steer(interventions: readonly Intervention[]): void
  readonly round: number
  readonly isDone: boolean
}

/** Starts the search that a specification asks for. */
export function startSearch(spec: RunSpec): Search {
  switch (spec.algorithm) {
    case 'random_search':
      return running(randomSearch, spec)
    case 'zero_order_search':
    case 'search_over_paths':
    case 'first_order_search':
    case 'draft_cull_resume':
    case 'fk_steering':
      throw new RangeError(`${spec.algorithm} is on its way`)
    default:
      return assertNever(spec, 'algorithm')
  }
}

function running<Spec, State>(algorithm: SearchAlgorithm<Spec, State>, spec: Spec): Search {
  let state = algorithm.start(spec)
  return {
    ask(most) {
      const asked = algorithm.ask(state, most)
      state = asked.state
      return asked.proposals
    },
    tell(result) {
      state = algorithm.tell(state, result)
    },
    steer(interventions) {
      state = algorithm.steer(state, interventions)
    },
    get round() {
      return algorithm.round(state)
    },
    get isDone() {
      return algorithm.isDone(state)
    },
  }
}
