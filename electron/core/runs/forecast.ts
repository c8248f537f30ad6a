/** How long the rest of a run will take. */

import type { RunSpec } from '../../../shared/run-spec.ts'
import type { Amounts } from '../search/budget.ts'

/** Finished images before a forecast is worth showing. */
export const imagesBeforeForecast = 3

/** Evaluations and pictures. */
export type Work = { readonly nfe: number; readonly images: number }

/** What the engine spent on work of both kinds. */
export type Measured = Work & {
  readonly denoiseSeconds: number
  /** Decoding and scoring of the images. */
  readonly finishSeconds: number
}

/**
 * Seconds that work takes at the rates measured so far; null before the first three images. The engine does one thing
 * at a time, so its seconds add up to the wall clock's.
 */
export function forecastSeconds(left: Work, measured: Measured): number | null {
  if (measured.images < imagesBeforeForecast) return null
  const { nfe, images, denoiseSeconds, finishSeconds } = measured
  return left.nfe * (nfe === 0 ? 0 : denoiseSeconds / nfe) + left.images * (finishSeconds / images)
}

/**
 * The part of a search that its budget of evaluations and verdicts lets happen, 0 to 1.
 *
 * @param planned what the search takes without a budget
 */
export function shareWithin(
  { nfe, verifierCalls }: RunSpec['budget'],
  planned: Pick<Amounts, 'nfe' | 'verifierCalls'>,
): number {
  return Math.min(1, (nfe ?? Infinity) / planned.nfe, (verifierCalls ?? Infinity) / planned.verifierCalls)
}
