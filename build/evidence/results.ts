/** What is known of each image once it is scored and judged: the rows that all figures are made of. */

import type { Scores } from '../../shared/domain.ts'
import type { Job } from './plan.ts'
import type { Category } from './suite.ts'

/** One claim of the prompt: of which kind, and whether the judge finds it true. */
export type JudgedClaim = readonly [kind: string, holds: boolean]

export type JudgedImage = Job & {
  readonly nfe: number
  readonly forwardPasses: number
  readonly scores: Scores
  /** Null where the judge was not asked. */
  readonly claims: readonly JudgedClaim[] | null
}

/** Everything known of a prompt; a set that was not made yet is missing. */
export type PromptResults = {
  readonly index: number
  readonly category: Category
  readonly prompt: string
  /** Images of scenes, by candidate and steps. */
  readonly large: readonly JudgedImage[]
  /** Images of scenes-mini. */
  readonly small: readonly JudgedImage[]
}

/** 1 when every claim holds, 0 when one does not: the figure that the evidence calls accuracy. */
export function accuracyOf(image: JudgedImage | null): number | null {
  return image?.claims == null ? null : Number(image.claims.every(([, holds]) => holds))
}

/** Share of the claims that hold, 0 to 1. */
export function shareOf(image: JudgedImage | null): number | null {
  return image?.claims == null ? null : image.claims.filter(([, holds]) => holds).length / image.claims.length
}
