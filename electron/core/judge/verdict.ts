/**
 * Which claims of a prompt a picture keeps. models/recipes/claims.py holds the same rules for training and measuring
 * the judge; parity.test.ts compares the two.
 *
 * Who is who: a thing can answer for a noun if it has the noun's shape or its colour, a noun takes at most as many things
 * as it counts, and of all such assignments the one counts in which most colours, shapes and textures agree; among
 * equals one that keeps the position, then the first in reading order. So a picture with one fault breaks the claim of
 * that fault, and not all others with it.
 *
 * A claim holds when there is a thing for its noun and
 *
 * - colour, shape, texture: every thing of the noun has it;
 * - size: the mean radius of the noun's things is nearer to the radius of that size than to that of the other one, both
 *   for the prompt's count and layout; the unmarked size in between is nobody's claim;
 * - count: the noun has exactly that many things, and the picture holds no thing beyond the prompt's;
 * - position: every thing of noun 0 is clear of the thing of noun 1 on the named side: their centres lie apart along
 *   that axis by at least three quarters of the sum of their radii;
 * - background: the picture's background is the named one.
 */

import { assertNever } from '../../../shared/assert-never.ts'
import type { Claim, Noun, Relation, Size } from './claims.ts'
import type { Picture, Thing } from './detections.ts'

export type Verdict = { readonly claim: Claim; readonly holds: boolean }

/** Radius in pixels of the 128 px image for small and large things, by count (world.py: RADII_ALONE, RADII_RELATED). */
const radiiAlone: readonly (readonly [small: number, large: number])[] = [
  [13.5, 34.5],
  [13, 27],
  [12.5, 22.5],
  [12, 21],
]
const radiiRelated: typeof radiiAlone = [
  [13, 29],
  [12, 18.5],
  [11.5, 15.5],
  [11, 14],
]

/** Rendered relations have at least 1; things beside each other that are no relation rarely more than this. */
const clear = 0.75

/**
 * Says of each claim whether the picture keeps it.
 *
 * @param claims all claims of one prompt (`claimsOf`): they decide together which thing is which noun
 * @param picture of the 128 px world (`pictureOf`)
 * @returns the claims in their order
 */
export function verdict(claims: readonly Claim[], picture: Picture): readonly Verdict[] {
  const { things, background } = picture
  const nouns = assign(claims, things)
  const over = things.length - nouns[0].length - nouns[1].length
  const holds = (claim: Claim): boolean => {
    if (claim.kind === 'background') return background === claim.value
    const own = nouns[claim.noun]
    if (own.length === 0) return false
    switch (claim.kind) {
      case 'colour':
      case 'shape':
      case 'texture':
        return own.every((thing) => thing[claim.kind] === claim.value)
      case 'count':
        return own.length === claim.value && over === 0
      case 'size':
        return sizeOf(own, claims) === claim.value
      case 'position': {
        const [other] = nouns[1]
        return other !== undefined && own.every((thing) => isClear(thing, claim.value, other))
      }
      default:
        return assertNever(claim, 'claim')
    }
  }
  return claims.map((claim) => ({ claim, holds: holds(claim) }))
}

/** Things by noun. */
type Assignment = readonly [readonly Thing[], readonly Thing[]]

function assign(claims: readonly Claim[], things: readonly Thing[]): Assignment {
  const count = countOf(claims, 0)
  const relation = claims.find(({ kind }) => kind === 'position')?.value as Relation | undefined
  const agreement = (noun: Noun, thing: Thing): number => agreementOf(claims, noun, thing)
  const answering = (noun: Noun): readonly Thing[] => things.filter((thing) => agreement(noun, thing) > 0)
  const sum = (noun: Noun, taken: readonly Thing[]): number =>
    taken.reduce((total, thing) => total + agreement(noun, thing), 0)

  const others = countOf(claims, 1) === 0 ? [] : answering(1).map((thing) => [thing])
  let best: Assignment = [[], []]
  let [bestScore, bestPlaced] = [-1, false]
  for (const other of [...others, []]) {
    const group = answering(0)
      .filter((thing) => !other.includes(thing))
      .toSorted((a, b) => agreement(0, b) - agreement(0, a))
      .slice(0, count)
    const score = sum(0, group) + sum(1, other)
    const placed =
      relation !== undefined && group.every((one) => other.every((two) => isClear(one, relation, two)))
    if (score < bestScore || (score === bestScore && (bestPlaced || !placed))) continue
    best = [group, other]
    ;[bestScore, bestPlaced] = [score, placed]
  }
  return best
}

/** How many of the looks that a noun claims a thing has; 0 where it has neither its shape nor its colour. */
function agreementOf(claims: readonly Claim[], noun: Noun, thing: Thing): number {
  const kinds = claims.flatMap((claim) => {
    const isLook = claim.kind === 'colour' || claim.kind === 'shape' || claim.kind === 'texture'
    return isLook && claim.noun === noun && thing[claim.kind] === claim.value ? [claim.kind] : []
  })
  return kinds.includes('shape') || kinds.includes('colour') ? kinds.length : 0
}

/** 0 where the prompt has no such noun. */
function countOf(claims: readonly Claim[], noun: Noun): number {
  for (const claim of claims) if (claim.kind === 'count' && claim.noun === noun) return claim.value
  return 0
}

function sizeOf(things: readonly Thing[], claims: readonly Claim[]): Size {
  const radii = countOf(claims, 1) === 0 ? radiiAlone : radiiRelated
  const [small, large] = radii[countOf(claims, 0) - 1] ?? [NaN, NaN]
  const mean = things.reduce((sum, { radius }) => sum + radius, 0) / things.length
  return mean < (small + large) / 2 ? 'small' : 'large'
}

/** Whether one thing is clear of the other on the named side. */
function isClear(one: Thing, relation: Relation, other: Thing): boolean {
  const distance = {
    'left of': other.x - one.x,
    'right of': one.x - other.x,
    above: other.y - one.y,
    below: one.y - other.y,
  }[relation]
  return distance >= clear * (one.radius + other.radius)
}
