/** Rows of a batch on their way into a network. */

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
