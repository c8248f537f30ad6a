/**
 * Philox4x32-10: a counter-based random generator (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").
 *
 * A block of four 32-bit words is a pure function of a 128-bit counter and a 64-bit key, so any part of any stream can
 * be made in any order, after any crash, without the numbers before it.
 */

/** Multiplier and key increment (Weyl) constants of the paper, section 3.3 and its reference implementation. */
const m0 = 0xd2511f53
const m1 = 0xcd9e8d57
const w0 = 0x9e3779b9
const w1 = 0xbb67ae85
const rounds = 10

/**
 * One block.
 *
 * @param counter four unsigned 32-bit words, least significant first
 * @param key two unsigned 32-bit words
 * @param out receives four unsigned 32-bit words
 */
export function philoxBlock(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
  out: Uint32Array,
): void {
  let [c0, c1, c2, c3] = counter
  let [k0, k1] = key
  for (let round = 0; round < rounds; round++) {
    const low0 = Math.imul(m0, c0)
    const low1 = Math.imul(m1, c2)
    const high0 = multiplyHigh(m0, c0)
    const high1 = multiplyHigh(m1, c2)
    c0 = high1 ^ c1 ^ k0
    c1 = low1
    c2 = high0 ^ c3 ^ k1
    c3 = low0
    k0 = (k0 + w0) | 0
    k1 = (k1 + w1) | 0
  }
  // Writing into a Uint32Array takes the signed results of the bit operations back to unsigned.
  out[0] = c0
  out[1] = c1
  out[2] = c2
  out[3] = c3
}

/** High 32 bits of the 64-bit product of two unsigned 32-bit numbers, by 16-bit halves. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff
  const aHigh = a >>> 16
  const bLow = b & 0xffff
  const bHigh = b >>> 16
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16)
  const cross = aLow * bHigh + (middle & 0xffff)
  // Both sums stay below 2^33, where a double is exact; division instead of >>> keeps the bits above 32.
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(cross / 0x10000)) | 0
}
