/** The algorithms by id, and a search at work: an algorithm with its state, whatever their types. */

import { assertNever } from '../../../shared/assert-never.ts'
import type { Intervention } from '../../../shared/domain.ts'
import type { RunSpec } from '../../../shared/run-spec.ts'
import { draftCullResume } from './draft-cull-resume.ts'
import { firstOrderSearch } from './first-order-search.ts'
import { fkSteering } from './fk-steering.ts'
import { randomSearch } from './random-search.ts'
import { inRounds } from './rounds.ts'
import type { Outcome, Proposal, SearchAlgorithm } from './search-algorithm.ts'
import { searchOverPaths } from './search-over-paths.ts'
import { zeroOrderSearch } from './zero-order-search.ts'

/** A search at work. */
export type Search = {
  /** Proposals that can be worked on now, at most `most`. */
  ask(most: number): readonly Proposal[]
  tell(outcome: Outcome): void
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
      return running(zeroOrderSearch, spec)
    case 'search_over_paths':
      return running(searchOverPaths, spec)
    case 'first_order_search':
      return running(firstOrderSearch, spec)
    case 'draft_cull_resume':
      return running(draftCullResume, spec)
    case 'fk_steering':
      return running(fkSteering, spec)
    default:
      return assertNever(spec, 'algorithm')
  }
}

function running<Spec, Basis>(algorithm: SearchAlgorithm<Spec, Basis>, spec: Spec): Search {
  const search = inRounds(algorithm)
  let state = search.start(spec)
  return {
    ask(most) {
      const asked = search.ask(state, most)
      state = asked.state
      return asked.proposals
    },
    tell(outcome) {
      state = search.tell(state, outcome)
    },
    steer(interventions) {
      state = search.steer(state, interventions)
    },
    get round() {
      return state.round
    },
    get isDone() {
      return search.isDone(state)
    },
  }
}
