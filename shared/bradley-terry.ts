/** Stars, flags and blind votes as one score: what the artist thinks of each picture. */

import type { Mark, PictureId, Vote } from './gallery.ts'

/** Logits that a mark is worth: three stars are the middle, each star one step, a pick one more, a reject three less. */
const middleRating = 3
const worthOfFlag = { pick: 1, reject: -3 } as const
/** Sweeps, and steps of each, after which the strengths are taken as they are; far fewer suffice. */
const mostSweeps = 1000
const mostSteps = 60
/** In logits: a change that no order on the screen shows. */
const tolerance = 1e-9

/**
 * The artist's score of each picture, in logits: of two pictures the first is preferred in a blind duel with probability
 * 1 / (1 + exp(-(difference))) (Bradley and Terry 1952, Biometrika 39).
 *
 * The scores are the most probable ones given the votes, each with a Gaussian prior of standard deviation 1 around what
 * its stars and flag are worth, so that marks and votes are one opinion: a mark counts as much as a few votes. With the
 * prior the log posterior is strictly concave: there is one answer, finite also for a picture that won all of its votes.
 * It is climbed one strength at a time, each to its own maximum, so that every sweep gains.
 *
 * @param marks without flag and stars: as if it were not named
 * @param votes between any pictures, any number of them
 * @returns by picture; one with neither a mark nor a vote is absent
 */
export function artistScores(
  marks: readonly Mark[],
  votes: readonly Pick<Vote, 'winner' | 'loser'>[],
): ReadonlyMap<PictureId, number> {
  const prior = new Map(
    marks
      .filter(({ flag, rating }) => flag !== null || rating !== 0)
      .map(({ picture, flag, rating }) => [picture, worthOf(flag, rating)]),
  )
  const strengths = new Map(prior)
  const votesOf = new Map<PictureId, (typeof votes)[number][]>()
  for (const vote of votes) {
    for (const picture of [vote.winner, vote.loser]) {
      if (!strengths.has(picture)) strengths.set(picture, 0)
      const known = votesOf.get(picture)
      if (known === undefined) votesOf.set(picture, [vote])
      else known.push(vote)
    }
  }
  for (let sweep = 0; sweep < mostSweeps; sweep++) {
    let largest = 0
    for (const [picture, own] of votesOf) {
      const before = strengths.get(picture) ?? 0
      const after = strongest(picture, before, prior.get(picture) ?? 0, own, strengths)
      strengths.set(picture, after)
      largest = Math.max(largest, Math.abs(after - before))
    }
    if (largest < tolerance) break
  }
  return strengths
}

/**
 * The most probable strength of one picture while those of the others stay: Newton's method on a slope that only falls,
 * kept between two bounds, because each vote pulls by at most 1 and the prior by the distance from it.
 */
function strongest(
  picture: PictureId,
  start: number,
  mean: number,
  votes: readonly Pick<Vote, 'winner' | 'loser'>[],
  strengths: ReadonlyMap<PictureId, number>,
): number {
  let strength = start
  let [low, high] = [mean - votes.length, mean + votes.length]
  for (let step = 0; step < mostSteps; step++) {
    let [slope, curvature] = [mean - strength, 1]
    for (const { winner, loser } of votes) {
      const won = winner === picture
      const expected = logistic(strength - (strengths.get(won ? loser : winner) ?? 0))
      slope += won ? 1 - expected : -expected
      curvature += expected * (1 - expected)
    }
    if (slope > 0) low = strength
    else high = strength
    const newton = strength + slope / curvature
    const next = newton > low && newton < high ? newton : (low + high) / 2
    if (Math.abs(slope / curvature) < tolerance / 10) break
    strength = next
  }
  return strength
}

function worthOf(flag: Mark['flag'], rating: Mark['rating']): number {
  return (rating === 0 ? 0 : rating - middleRating) + (flag === null ? 0 : worthOfFlag[flag])
}

function logistic(logit: number): number {
  return 1 / (1 + Math.exp(-logit))
}
