/**
 * A PNG without its pixels: what is needed of a picture of any size to learn how it was made. A view sends no more of
 * a file than this, and the command line reads no more of it.
 */

import { StudioError } from './errors.ts'

/** Four texts of 1 MiB and room for the rest of the file. */
export const maxBytesWithoutPixels = 5 * 2 ** 20
const maxChunks = 10_000
const signatureBytes = 8
const kept = ['IHDR', 'tEXt', 'zTXt', 'iTXt', 'IEND']

/**
 * Header, texts and end of a PNG, as they stand in it. A file that is no PNG, or a damaged one, is cut where that shows,
 * so that whoever reads it finds the fault.
 *
 * @param size of the file, in bytes
 * @param read the bytes from one place to another, all of them
 * @throws `bad_input` for texts of more than 5 MiB in all, and more than 10,000 chunks
 */
export async function pngWithoutPixels(
  size: number,
  read: (from: number, to: number) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [await read(0, Math.min(signatureBytes, size))]
  let bytes = signatureBytes
  const keep = async (from: number, to: number): Promise<void> => {
    bytes += to - from
    if (bytes > maxBytesWithoutPixels) throw beyond(`texts of at most ${maxBytesWithoutPixels} bytes`, 'more')
    parts.push(await read(from, to))
  }
  for (let at = signatureBytes, chunks = 0; at < size; chunks += 1) {
    if (chunks === maxChunks) throw beyond(`at most ${maxChunks} chunks`, 'more')
    // Length and type.
    const head = await read(at, Math.min(at + 8, size))
    const length = head.length < 8 ? Infinity : new DataView(head.buffer, head.byteOffset).getUint32(0)
    const type = String.fromCharCode(...head.subarray(4))
    const end = at + 12 + length
    if (end > size) {
      // A cut chunk: its head is enough to tell.
      await keep(at, at + head.length)
      break
    }
    if (kept.includes(type)) await keep(at, end)
    if (type === 'IEND') break
    at = end
  }
  return joined(parts)
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

function beyond(expected: string, found: string): StudioError {
  return new StudioError('bad_input', `Expected ${expected} in a PNG, found ${found}. Choose another PNG.`)
}
