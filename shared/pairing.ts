/** Which two images the A/B slider compares, and what may honestly be said about them. */

import { isImage } from './figure.ts'
import type { Column, Figure } from './figure.ts'
import { formatCount, formatDelta } from './format.ts'

/** A is one noise with more steps, B is what the search found. */
export type Pair = { readonly a: Column; readonly b: Column }

/** The columns that can be compared: finished ones with an image, not with the look of a draft. */
export function comparable(columns: readonly Column[]): readonly Column[] {
  return columns.filter(({ complete, image }) => complete && image !== null && isImage(image))
}

/** The baseline of the same NFE as a search column, else the one nearest in NFE; the cheaper of two equally near. */
export function baselineFor(figure: Figure, search: Column): Column | null {
  return comparable(figure.baselines).reduce<Column | null>((nearest, column) => {
    if (nearest === null) return column
    return Math.abs(column.nfe - search.nfe) < Math.abs(nearest.nfe - search.nfe) ? column : nearest
  }, null)
}

/** The pair shown first: everything the search found against the same compute spent on steps. */
export function equalCostPair(figure: Figure): Pair | null {
  const b = comparable(figure.search).at(-1)
  if (b === undefined) return null
  const a = baselineFor(figure, b)
  return a === null ? null : { a, b }
}

/** Says plainly when two columns do not cost the same; null when they do. */
export function costDifference({ a, b }: Pair): string | null {
  if (a.nfe === b.nfe) return null
  return `Not the same cost: ${formatCount(a.nfe)} vs ${formatCount(b.nfe)} NFE.`
}

/**
 * What the pair shows, in one sentence.
 *
 * @param by name of the verifier whose scores the columns hold; null where there is only one
 */
export function verdict({ a, b }: Pair, by: string | null = null): string {
  const judged = by === null ? '' : ` by ${by}`
  const cost = a.nfe === b.nfe ? `At ${formatCount(b.nfe)} NFE each` : 'At different cost'
  if (a.score === null || b.score === null) return `${cost}, one of the two has no score${judged}.`
  const delta = b.score - a.score
  if (Number(delta.toFixed(3)) === 0) return `${cost}, search and more steps score the same${judged}.`
  return delta > 0
    ? `${cost}, search scores ${formatDelta(delta)} over more steps${judged}.`
    : `${cost}, more steps score ${formatDelta(-delta)} over search${judged}.`
}
