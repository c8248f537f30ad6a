/** Rows of a batch on their way into a network. */

import type { Feed } from '../sessions.ts'

/**
 * Fewest rows that a network is evaluated with. For a single row runtimes take other kernels (measured: Gemm with
 * one row, ReduceMean over a batch of one), which round in another order: a candidate would depend in its last bits on
 * whether it was alone in its batch. From two rows on, every row is the same bits in any batch.
 */
export const fewestRows = 2

/** The items of a batch that is evaluated: all of them, or the only one with a copy. */
export function enoughRows<Item>(items: readonly Item[]): readonly Item[] {
  return items.length === 1 ? [...items, ...items] : items
}

/**
 * The rows of each evaluation of a graph: lists of row numbers, in order.
 *
 * @param rows numbers of the rows
 * @param most rows that are evaluated together
 * @param least a list that would be shorter is filled up with its last row
 */
export function evaluations(
  rows: readonly number[],
  most: number,
  least: number,
): readonly (readonly number[])[] {
  const lists: (readonly number[])[] = []
  for (let from = 0; from < rows.length; from += most) {
    const some = rows.slice(from, from + most)
    const last = some.slice(-1)
    while (some.length < least) some.push(...last)
    lists.push(some)
  }
  return lists
}

/** Numbers of the rows with the same value, each list in order. */
export function rowsOfValue(values: ArrayLike<number>): readonly (readonly number[])[] {
  const lists = new Map<number, number[]>()
  for (let row = 0; row < values.length; row++) {
    const value = values[row] ?? NaN
    const list = lists.get(value)
    if (list === undefined) lists.set(value, [row])
    else list.push(row)
  }
  return [...lists.values()]
}

/** Some rows of a feed whose first axis is the batch. */
export function rowsOfFeed(feed: Feed, rows: readonly number[]): Feed {
  const [count = 0, ...rest] = feed.dims
  if (rows.length === count && rows.every((row, i) => row === i)) return feed
  const size = feed.data.length / count
  const dims = [rows.length, ...rest]
  if (feed.type === 'int64') {
    const data = new BigInt64Array(rows.length * size)
    rows.forEach((row, i) => data.set(feed.data.subarray(row * size, (row + 1) * size), i * size))
    return { type: 'int64', data, dims }
  }
  const data = new Float32Array(rows.length * size)
  rows.forEach((row, i) => data.set(feed.data.subarray(row * size, (row + 1) * size), i * size))
  return { type: 'float32', data, dims }
}

/** Each part `times` times, one after the other: [a, b] twice is [a, a, b, b]. */
export function repeated(parts: readonly Float32Array[], times: number): Float32Array {
  if (parts.length === 1 && times === 1 && parts[0] !== undefined) return parts[0]
  const whole = new Float32Array(times * parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    for (let i = 0; i < times; i++, at += part.length) whole.set(part, at)
  }
  return whole
}

/** Feeds of one row each, `dims` without the batch's axis, each `times` times, as one feed. */
export function repeatedFeed(parts: readonly Feed[], times: number): Feed {
  const [first] = parts
  if (first === undefined) throw new RangeError('Expected at least one feed, found none')
  const dims = [parts.length * times, ...first.dims]
  if (first.type === 'int64') {
    const all = parts.flatMap(({ data }) => Array.from({ length: times }, () => [...(data as BigInt64Array)]))
    return { type: 'int64', data: BigInt64Array.from(all.flat()), dims }
  }
  return {
    type: 'float32',
    data: repeated(
      parts.map(({ data }) => data as Float32Array),
      times,
    ),
    dims,
  }
}
