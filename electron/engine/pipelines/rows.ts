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
