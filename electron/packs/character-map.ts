/**
 * The character map of a sentencepiece model: how its texts are normalised before they are split. The library for
 * tokenizers takes NFKC in its place, which is not quite the same: T5 drops zero-width characters and keeps others.
 */

/** Bytes of a replacement; the longest of T5's map has 33. Without a bound a short text could become a very long one. */
const maxReplacement = 256

/**
 * What a map makes of a text: at every place the longest sequence that the map knows is replaced, other characters stay
 * (sentencepiece, `Normalizer::NormalizePrefix`).
 *
 * @param map base64 of a `precompiled_charsmap`: the length of a double-array trie as uint32, the trie over UTF-8 bytes,
 * and the replacements, each closed by a zero byte
 * @throws RangeError for bytes of another form, and for replacements beyond the bound
 */
export function characterMap(map: string): (text: string) => string {
  const bytes = Buffer.from(map, 'base64')
  const length = bytes.length < 4 ? NaN : bytes.readUInt32LE(0)
  if (!(length % 4 === 0 && 4 + length <= bytes.length)) {
    throw new RangeError(
      `Expected a character map with a trie within its ${bytes.length} bytes, found ${length}`,
    )
  }
  const trie = Uint32Array.from({ length: length / 4 }, (_, i) => bytes.readUInt32LE(4 + 4 * i))
  const replacements = bytes.subarray(4 + length)
  for (let at = 0; at < replacements.length;) {
    const close = replacements.indexOf(0, at)
    const end = close < 0 ? replacements.length : close
    if (end - at > maxReplacement) {
      throw new RangeError(
        `Expected replacements of at most ${maxReplacement} bytes, found one of ${end - at}`,
      )
    }
    at = end + 1
  }
  return (text) => {
    const source = Buffer.from(text, 'utf8')
    const parts: Buffer[] = []
    for (let at = 0; at < source.length;) {
      const { end, value } = longestPrefix(trie, source, at)
      if (value === null) {
        const next = at + characterLength(source[at] ?? 0)
        parts.push(source.subarray(at, next))
        at = next
      } else {
        const close = replacements.indexOf(0, value)
        parts.push(replacements.subarray(value, close < 0 ? undefined : close))
        at = end
      }
    }
    return Buffer.concat(parts).toString('utf8')
  }
}

/** The longest key of the trie that stands at a place: where it ends, and its value. */
function longestPrefix(trie: Uint32Array, source: Uint8Array, start: number) {
  let found: { readonly end: number; readonly value: number | null } = { end: start, value: null }
  let node = offsetOf(trie[0] ?? 0)
  for (let i = start; i < source.length; i++) {
    const byte = source[i] ?? 0
    node ^= byte
    const unit = trie[node]
    // A unit of the trie holds the byte that leads to it; the highest bit marks values.
    if (unit === undefined || (unit & 0x800000ff) !== byte) break
    node ^= offsetOf(unit)
    const hasValue = ((unit >>> 8) & 1) === 1
    if (hasValue) found = { end: i + 1, value: (trie[node] ?? 0) & 0x7fffffff }
  }
  return found
}

/** Darts-clone: how far the children of a unit are. */
function offsetOf(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6)
}

/** Bytes of the UTF-8 character that begins with a byte. */
function characterLength(byte: number): number {
  if (byte < 0x80) return 1
  if (byte < 0xe0) return 2
  return byte < 0xf0 ? 3 : 4
}
