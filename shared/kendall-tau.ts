/** How far two verifiers agree on the order of the same pictures. */

/**
 * Kendall's tau-b: (P - Q) / sqrt((n0 - n1) (n0 - n2)), with P pairs in the same order, Q in opposite orders, n0 all
 * pairs, n1 and n2 those tied in the first and in the second (Kendall 1945, The treatment of ties in ranking problems,
 * Biometrika 33). Counted in O(n log n) by a merge sort (Knight 1966, J. Am. Stat. Assoc. 61).
 *
 * @param a scores of the pictures by one verifier, null where there is none
 * @param b of the same pictures by another; a picture counts where both have one
 * @returns 1 for the same order, -1 for the opposite, 0 for no relation; null where one of the two orders nothing: fewer
 * than two pictures, or all of them equal
 */
export function kendallTau(a: readonly (number | null)[], b: readonly (number | null)[]): number | null {
  if (a.length !== b.length) {
    throw new RangeError(`Expected scores of the same pictures, found ${a.length} and ${b.length}`)
  }
  const pairs = a.flatMap((x, i) => {
    const y = b[i] ?? null
    return x === null || y === null ? [] : [[x, y] as const]
  })
  pairs.sort(([x1, y1], [x2, y2]) => x1 - x2 || y1 - y2)
  const tiedInA = tiedPairs(pairs.map(([x]) => x))
  const tiedInBoth = tiedPairs(pairs, ([x1, y1], [x2, y2]) => x1 === x2 && y1 === y2)
  const { discordant, sorted } = inversions(pairs.map(([, y]) => y))
  const tiedInB = tiedPairs(sorted)
  const all = (pairs.length * (pairs.length - 1)) / 2
  const concordantLessDiscordant = all - tiedInA - tiedInB + tiedInBoth - 2 * discordant
  const scale = Math.sqrt((all - tiedInA) * (all - tiedInB))
  return scale > 0 ? concordantLessDiscordant / scale : null
}

/** Pairs of equals in a sequence in which equals are neighbours. */
function tiedPairs<Item>(items: readonly Item[], same = (x: Item, y: Item) => x === y): number {
  let [pairs, run] = [0, 0]
  for (let i = 1; i < items.length; i++) {
    run = same(items[i - 1] as Item, items[i] as Item) ? run + 1 : 0
    pairs += run
  }
  return pairs
}

/** Pairs of a sequence whose larger number comes first; counted while runs of 1, 2, 4, ... are merged. */
function inversions(values: readonly number[]): {
  readonly discordant: number
  readonly sorted: readonly number[]
} {
  let [from, to] = [Float64Array.from(values), new Float64Array(values.length)]
  let discordant = 0
  for (let width = 1; width < values.length; width *= 2) {
    for (let start = 0; start < values.length; start += 2 * width) {
      const middle = Math.min(start + width, values.length)
      const end = Math.min(start + 2 * width, values.length)
      let [left, right] = [start, middle]
      for (let at = start; at < end; at++) {
        const takesRight = right < end && (left === middle || (from[right] ?? NaN) < (from[left] ?? NaN))
        if (takesRight) discordant += middle - left
        to[at] = from[takesRight ? right++ : left++] ?? NaN
      }
    }
    ;[from, to] = [to, from]
  }
  return { discordant, sorted: [...from] }
}
