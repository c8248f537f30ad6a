/** Does a fresh run say what the published one says? */

import type { Figures } from './figures.ts'

/** Figures are published with six decimals. */
const rounding = 1e-6

/**
 * Holds each fresh mean against the published interval of the same name.
 *
 * @returns how many were compared; a line for each that lies outside; published names that the fresh run lacks
 */
export function compareFigures(
  fresh: Figures,
  published: Figures,
): { readonly compared: number; readonly outside: readonly string[]; readonly missing: readonly string[] } {
  const outside: string[] = []
  const missing: string[] = []
  for (const [name, { low, high }] of Object.entries(published)) {
    const found = fresh[name]?.mean
    if (found === undefined) missing.push(name)
    else if (found < low - rounding || found > high + rounding)
      outside.push(`${name}: expected ${low.toFixed(4)} to ${high.toFixed(4)}, found ${found.toFixed(4)}`)
  }
  return { compared: Object.keys(published).length - missing.length, outside, missing }
}
