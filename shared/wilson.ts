/** How sure a share is that was counted in few cases. */

/** Standard deviations of a 95 % interval. */
const z = 1.959963984540054

/**
 * Wilson's score interval of a share at 95 % (Wilson 1927, J. Am. Stat. Assoc. 22): right for few cases and for shares
 * near 0 and 1, where the textbook interval leaves 0 to 1.
 *
 * @param hits of `cases`; a half counts for a tie
 * @returns 0 to 1; all of it without a case
 */
export function wilsonInterval(hits: number, cases: number): { readonly low: number; readonly high: number } {
  if (cases === 0) return { low: 0, high: 1 }
  const share = hits / cases
  const spread = z * Math.sqrt((share * (1 - share)) / cases + z ** 2 / (4 * cases ** 2))
  const [middle, scale] = [share + z ** 2 / (2 * cases), 1 + z ** 2 / cases]
  return { low: Math.max(0, (middle - spread) / scale), high: Math.min(1, (middle + spread) / scale) }
}
