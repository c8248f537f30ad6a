/** Parts of the votes that a verifier is trained and measured on. Pure; the same votes give the same parts. */

import type { PictureId, Vote } from '../../../shared/gallery.ts'

/** Votes by their places: what is trained on, and what is measured on. */
export type Fold = { readonly train: readonly number[]; readonly test: readonly number[] }

/** Parts of the pictures; of many votes fewer parts leave enough, and cost less. */
const partsOf = (votes: number): number => (votes < 150 ? 10 : 6)
/** Below, a part trains on too little to say anything of what all votes can teach. */
const leastTraining = 15

/**
 * Folds in which every vote is tested once, by what was trained on votes that have no picture in common with it.
 *
 * Pictures are dealt into parts: those that votes hang together in a small group stay in one, the others are spread. A
 * vote is tested with those of the same one or two parts, and trained on are the votes that have no picture in these.
 * Where a few pictures were voted on again and again that leaves too little to train on; then pairs are held out, with all
 * of their votes, and what is measured is how well the verifier knows these very pictures.
 */
export function heldOutFolds(votes: readonly Pick<Vote, 'winner' | 'loser'>[]): {
  readonly folds: readonly Fold[]
  readonly unseenPictures: boolean
} {
  const parts = partsOf(votes.length)
  const partOf = dealPictures(votes, parts)
  const partsOfVote = votes.map(({ winner, loser }) => [partOf.get(winner), partOf.get(loser)] as const)
  const cells = Map.groupBy(
    votes.map((_, i) => i),
    (i) => [...(partsOfVote[i] ?? [])].toSorted().join(),
  )
  const folds = [...cells.values()].map((test): Fold => {
    const held = new Set(test.flatMap((i) => partsOfVote[i] ?? []))
    const train = votes.flatMap((_, i) =>
      partsOfVote[i]?.some((part) => held.has(part)) === false ? [i] : [],
    )
    return { train, test }
  })
  if (folds.every(({ train }) => train.length >= leastTraining)) return { folds, unseenPictures: true }
  const pairs = pairsOf(votes)
  const votesOf = (places: readonly number[]) => places.flatMap((place) => pairs[place] ?? [])
  const ofPairs = plainFolds(
    pairs.map((_, place) => place),
    parts,
  )
  return {
    folds: ofPairs.map(({ train, test }) => ({ train: votesOf(train), test: votesOf(test) })),
    unseenPictures: false,
  }
}

/** Places of the votes on each pair, whoever won: the same question asked again is no second witness. */
export function pairsOf(votes: readonly Pick<Vote, 'winner' | 'loser'>[]): readonly (readonly number[])[] {
  const byPair = Map.groupBy(
    votes.map((_, i) => i),
    (i) => [votes[i]?.winner, votes[i]?.loser].toSorted().join(' '),
  )
  return [...byPair.values()]
}

/** Every vote in one of so many parts, each tested by what was trained on the others. */
export function plainFolds(votes: readonly number[], parts: number): readonly Fold[] {
  const shuffled = votes.toSorted((a, b) => shuffle(a) - shuffle(b))
  return Array.from({ length: Math.min(parts, votes.length) }, (_, part) => ({
    train: shuffled.filter((_, i) => i % parts !== part),
    test: shuffled.filter((_, i) => i % parts === part),
  }))
}

/**
 * The part of each picture. Groups that are larger than a part are dealt out picture by picture, by when they were first
 * voted on: their numbers tell in which order a library happened to get them.
 */
function dealPictures(
  votes: readonly Pick<Vote, 'winner' | 'loser'>[],
  parts: number,
): ReadonlyMap<PictureId, number> {
  const partOf = new Map<PictureId, number>()
  const turn = new Map<PictureId, number>()
  for (const id of votes.flatMap(({ winner, loser }) => [winner, loser]))
    if (!turn.has(id)) turn.set(id, turn.size)
  const load = Array.from({ length: parts }, () => 0)
  const lightest = (): number => load.indexOf(Math.min(...load))
  const groups = [...groupsOf(votes).values()].toSorted((a, b) => b.votes - a.votes)
  for (const group of groups) {
    const isSmall = group.votes * parts <= votes.length
    const ids = [...group.pictures].toSorted((a, b) => shuffle(turn.get(a) ?? 0) - shuffle(turn.get(b) ?? 0))
    let part = lightest()
    for (const id of ids) {
      partOf.set(id, part)
      load[part] = (load[part] ?? 0) + group.votes / ids.length
      if (!isSmall) part = lightest()
    }
  }
  return partOf
}

type Group = { readonly pictures: Set<PictureId>; votes: number }

/** Pictures that votes lead from one to the other, by any of them. */
function groupsOf(votes: readonly Pick<Vote, 'winner' | 'loser'>[]): ReadonlySet<Group> {
  const groupOf = new Map<PictureId, Group>()
  for (const { winner, loser } of votes) {
    const [a, b] = [winner, loser].map((id) => groupOf.get(id) ?? { pictures: new Set([id]), votes: 0 })
    if (a === undefined || b === undefined) continue
    const [large, small] = a.pictures.size < b.pictures.size ? [b, a] : [a, b]
    if (large !== small) {
      for (const id of small.pictures) large.pictures.add(id)
      large.votes += small.votes
    }
    large.votes++
    for (const id of large.pictures) groupOf.set(id, large)
  }
  return new Set(groupOf.values())
}

/** A number that orders others as if by chance, the same every time (the finaliser of MurmurHash3). */
function shuffle(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
