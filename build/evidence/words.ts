/** Figures as text: a mean and its 95 % interval. A figure that could not be had is a dash. */

import type { Estimate } from './statistics.ts'

type Maybe = Estimate | undefined

/** A share in per cent: `71.2 [66.0, 76.1]`. */
export const percentOf = (found: Maybe): string => shown(found, (value) => (100 * value).toFixed(1))

/** A difference of shares in points, with its sign: `+14.3 [+11.0, +17.7]`. */
export const pointsOf = (found: Maybe): string => shown(found, (value) => signed(100 * value, 1))

/** A score: `5.79 [5.71, 5.88]`, to two digits of the interval's width; with its sign where it is a difference. */
export function amountOf(found: Maybe, difference = false): string {
  const width = found === undefined ? 0 : found.high - found.low
  const digits = width > 0 ? Math.min(Math.max(1 - Math.floor(Math.log10(width)), 0), 6) : 3
  return shown(found, (value) => (difference ? signed(value, digits) : value.toFixed(digits)))
}

function shown(found: Maybe, format: (value: number) => string): string {
  return found === undefined ? '-' : `${format(found.mean)} [${format(found.low)}, ${format(found.high)}]`
}

function signed(value: number, digits: number): string {
  const text = value.toFixed(digits)
  if (Number(text) === 0) return text.replace('-', '')
  return value > 0 ? `+${text}` : text
}

/** A Markdown table. */
export function table(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(headers), line(headers.map(() => '---')), ...rows.map(line)].join('\n')
}
