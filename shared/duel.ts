/** Which two pictures a blind duel shows next. Pure and seeded: the same votes and the same turn give the same pair. */

import { artistScores } from './bradley-terry.ts'
import type { PictureId, Vote } from './gallery.ts'

/** Two pictures as they stand on the screen. */
export type DuelPair = { readonly left: PictureId; readonly right: PictureId }

/** A picture that may be in a duel. "Which is better" is a question only between pictures of one prompt. */
export type Contender = { readonly id: PictureId; readonly prompt: string }

type Votes = readonly Pick<Vote, 'winner' | 'loser'>[]

/** The contenders by prompt, where there are at least two of one; in the order in which the prompts first come. */
export function duelGroups(contenders: readonly Contender[]): readonly (readonly PictureId[])[] {
  const groups = new Map<string, PictureId[]>()
  for (const { id, prompt } of contenders) {
    const group = groups.get(prompt)
    if (group === undefined) groups.set(prompt, [id])
    else if (!group.includes(id)) group.push(id)
  }
  return [...groups.values()].filter((group) => group.length > 1)
}

/**
 * The pair from which most is learned: one picture of those with the fewest duels so far, against the one of its prompt
 * that it has met least often and whose outcome with it is least certain under the strengths so far (Bradley and Terry
 * 1952: nearest to one half where the strengths are nearest to each other). Among equals chance decides, as it does
 * over the sides. Takes time proportional to the pictures and the votes.
 *
 * @param groups of `duelGroups`
 * @param votes those among the contenders; others do no harm
 * @param previous pairs that are not to come again, whichever way round: the one on the screen, the one that waits
 * @param seed any number; another one each turn
 * @returns null where there is no other pair
 */
export function nextPair(
  groups: readonly (readonly PictureId[])[],
  votes: Votes,
  previous: readonly DuelPair[],
  seed: number,
): DuelPair | null {
  const random = generator(seed)
  const strengths = artistScores([], votes)
  const strengthOf = (id: PictureId) => strengths.get(id) ?? 0
  const duels = new Map<PictureId, number>()
  const count = (id: PictureId) => duels.set(id, (duels.get(id) ?? 0) + 1)
  // A pair that is shown or waits is as good as voted on: the next ones are others, where there are others.
  for (const { winner, loser } of votes) [winner, loser].forEach(count)
  for (const { left, right } of previous) [left, right].forEach(count)
  const duelsOf = (id: PictureId) => duels.get(id) ?? 0

  const firsts = sortedBy(groups.flat(), random, [duelsOf])
  for (const first of firsts) {
    const met = new Map<PictureId, number>()
    for (const { winner, loser } of votes) {
      if (winner === first) met.set(loser, (met.get(loser) ?? 0) + 1)
      if (loser === first) met.set(winner, (met.get(winner) ?? 0) + 1)
    }
    const rivals = (groups.find((group) => group.includes(first)) ?? []).filter(
      (id) => id !== first && !previous.some((pair) => isPair(pair, first, id)),
    )
    const [second] = sortedBy(rivals, random, [
      (id) => met.get(id) ?? 0,
      (id) => Math.abs(strengthOf(id) - strengthOf(first)),
      duelsOf,
    ])
    if (second === undefined) continue
    return random() < 0.5 ? { left: first, right: second } : { left: second, right: first }
  }
  return null
}

function isPair({ left, right }: DuelPair, a: PictureId, b: PictureId): boolean {
  return (left === a && right === b) || (left === b && right === a)
}

/** By the first key in which two differ, the lowest first; equals in random order. */
function sortedBy(
  ids: readonly PictureId[],
  random: () => number,
  keys: readonly ((id: PictureId) => number)[],
): readonly PictureId[] {
  return ids
    .map((id) => ({ id, keys: [...keys.map((key) => key(id)), random()] }))
    .sort((a, b) => {
      const at = a.keys.findIndex((key, place) => key !== b.keys[place])
      return at < 0 ? 0 : (a.keys[at] ?? 0) - (b.keys[at] ?? 0)
    })
    .map(({ id }) => id)
}

/** Numbers from 0 to below 1, the same for the same seed: Mulberry32, which is enough for the order of a few pictures. */
function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let bits = Math.imul(state ^ (state >>> 15), state | 1)
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61)
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }
}

/** What the votes say of one picture among others of its prompt. */
export type Standing = {
  readonly id: PictureId
  /** In logits, 0 for the average; see `artistScores`. */
  readonly strength: number
  /** Half the width of a 95 % interval of the strength, in logits. */
  readonly spread: number
  readonly wins: number
  readonly losses: number
}

/** Standard deviations of a 95 % interval. */
const z = 1.96

/**
 * Pictures by their strengths in blind duels, the best first; those without a duel are left out.
 *
 * The spread comes from the curvature of the log posterior in the picture's own strength, those of the others taken as
 * they are: 1 / sqrt(1 + sum of p (1 - p) over its duels). It is a little too narrow for that, and never wider than the
 * prior's own.
 */
export function standings(pictures: readonly PictureId[], votes: Votes): readonly Standing[] {
  const members = new Set(pictures)
  const among = votes.filter(({ winner, loser }) => members.has(winner) && members.has(loser))
  const strengths = artistScores([], among)
  const strengthOf = (id: PictureId) => strengths.get(id) ?? 0
  const records = new Map<PictureId, { wins: number; losses: number; information: number }>()
  const recordOf = (id: PictureId) => {
    const record = records.get(id) ?? { wins: 0, losses: 0, information: 1 }
    records.set(id, record)
    return record
  }
  for (const { winner, loser } of among) {
    const p = 1 / (1 + Math.exp(strengthOf(loser) - strengthOf(winner)))
    const [won, lost] = [recordOf(winner), recordOf(loser)]
    won.wins++
    lost.losses++
    won.information += p * (1 - p)
    lost.information += p * (1 - p)
  }
  return [...records]
    .map(([id, { wins, losses, information }]) => ({
      id,
      strength: strengthOf(id),
      spread: z / Math.sqrt(information),
      wins,
      losses,
    }))
    .sort((a, b) => b.strength - a.strength || a.id - b.id)
}

/** Whether a picture can be told from the one behind it: their difference is larger than both spreads together allow. */
export function isAhead(one: Standing, behind: Standing): boolean {
  return one.strength - behind.strength > Math.hypot(one.spread, behind.spread)
}
