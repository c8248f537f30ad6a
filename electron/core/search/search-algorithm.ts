/**
 * What a search algorithm is here: rounds of candidates, and a choice after each.
 *
 * Everything of a round can be worked on at once; the choice comes when the whole round is in and says what the next
 * one starts from. An algorithm is four pure functions over plain data and knows nothing of models, images or time.
 */

import type { NoiseRecipe } from '../../../shared/domain.ts'
import type { Scored } from '../../../shared/ranking.ts'
import type { Hand } from '../../../shared/steering.ts'

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

/** What a proposal came to; `failed` where nothing could be made of it, which has no scores. */
export type Outcome = Scored & { readonly failed?: boolean }

/** A round that is being worked on. */
export type Round<Spec, Basis> = {
  readonly spec: Spec
  /** 0-based. */
  readonly round: number
  /** Number of its first candidate; the others follow. */
  readonly firstSeq: number
  /** What the choices before it left; plain JSON. */
  readonly basis: Basis
}

/** One algorithm. `rounds.ts` makes a search of it. */
export type SearchAlgorithm<Spec, Basis> = {
  /** What the first round starts from. */
  begin(spec: Spec): Basis
  /** Candidates of a round; 0 when the search is over. */
  size(round: Round<Spec, Basis>): number
  /** The candidate of that number, one of the round's. */
  propose(round: Round<Spec, Basis>, seq: number): Omit<Proposal, 'seq' | 'round'>
  /**
   * What the next round starts from.
   *
   * @param results of the whole round, by sequence
   * @param hand a person's hand in this choice; whoever failed counts as vetoed
   */
  choose(round: Round<Spec, Basis>, results: readonly Scored[], hand: Hand): Basis
}

/**
 * The one of a round's basis that a candidate goes on from, where each has `width` successors in a row; null in the
 * first round, which has no basis.
 *
 * @throws RangeError for a candidate of another round
 */
export function parentOf<One>(
  { round, firstSeq, basis }: Pick<Round<unknown, readonly One[]>, 'round' | 'firstSeq' | 'basis'>,
  seq: number,
  width: number,
): One | null {
  if (round === 0) return null
  const parent = basis[Math.floor((seq - firstSeq) / width)]
  if (parent === undefined) throw new RangeError(`Expected a candidate of round ${round}, found seq ${seq}`)
  return parent
}
