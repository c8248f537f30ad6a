/** Ranking of results: a total order in which NaN and missing scores never win. */

import type { Result } from './search-algorithm.ts'

/** Best first; ties by sequence; a missing or non-finite score last. A total order, so sorting is stable everywhere. */
export function compareResults(a: Result, b: Result): number {
  const scoreA = finite(a.score)
  const scoreB = finite(b.score)
  if (scoreA !== null && scoreB !== null && scoreA !== scoreB) return scoreB - scoreA
  if ((scoreA === null) !== (scoreB === null)) return scoreA === null ? 1 : -1
  return a.seq - b.seq
}

/** The winner: highest finite score, lowest sequence among equals; null when nothing has a score. */
export function bestResult(results: readonly Result[]): Result | null {
  const [best] = [...results].sort(compareResults)
  return best === undefined || finite(best.score) === null ? null : best
}

function finite(score: number | null): number | null {
  return score !== null && Number.isFinite(score) ? score : null
}
