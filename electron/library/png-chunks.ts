/**
 * The chunks of a PNG, read within bounds: nothing is decoded, and what is inflated, text or pixels, has a hard limit. A
 * hostile file costs one walk over its chunks.
 */

import { crc32, inflateSync } from 'node:zlib'

import { StudioError } from '../../shared/errors.ts'

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const maxSide = 16_384
const maxPixels = 64 * 2 ** 20
const maxChunks = 10_000
/** Of one text, and of all that are read from one file. */
const maxTextBytes = 2 ** 20
const maxTextsBytes = 4 * 2 ** 20

export type Chunk = { readonly type: string; readonly data: Buffer }

export type PngFile = {
  /** In pixels, each side from 1 to 16,384, 64 Mpixel at most. */
  readonly width: number
  readonly height: number
  /** In their order, IHDR first, IEND last. They share the file's bytes. */
  readonly chunks: readonly Chunk[]
}

/**
 * The chunks of a PNG up to its IEND, each with its length and its checksum checked.
 *
 * @throws `bad_input` when the file is not a PNG, is cut or altered, is larger than the limits, or has too many chunks
 */
export function readChunks(png: Uint8Array): PngFile {
  const bytes = Buffer.from(png.buffer, png.byteOffset, png.byteLength)
  if (!bytes.subarray(0, signature.length).equals(signature)) throw badPng('a PNG file', 'other bytes')
  const chunks: Chunk[] = []
  let size: Pick<PngFile, 'width' | 'height'> | null = null
  for (let offset = signature.length; ;) {
    if (chunks.length === maxChunks) throw badPng(`at most ${maxChunks} chunks`, 'more')
    const chunk = chunkAt(bytes, offset)
    if (size === null && chunk.type !== 'IHDR') throw badPng('IHDR as the first chunk', chunk.type)
    if (chunk.type === 'IHDR') {
      if (size !== null) throw badPng('one IHDR chunk', 'a second one')
      size = readSize(chunk.data)
    }
    chunks.push(chunk)
    offset += chunk.data.length + 12
    if (size !== null && chunk.type === 'IEND') return { ...size, chunks }
  }
}

function chunkAt(bytes: Buffer, offset: number): Chunk {
  if (offset === bytes.length) throw badPng('a complete PNG file', 'one that is cut off')
  if (offset + 12 > bytes.length) throw badPng('a whole chunk', 'a cut one')
  const length = bytes.readUInt32BE(offset)
  if (length > bytes.length - offset - 12) {
    throw badPng(`a chunk within the file's ${bytes.length} bytes`, `one of ${length}`)
  }
  const body = bytes.subarray(offset + 4, offset + 8 + length)
  if (crc32(body) !== bytes.readUInt32BE(offset + 8 + length)) {
    throw badPng('an unaltered PNG file', 'a chunk with a wrong checksum')
  }
  return { type: body.toString('latin1', 0, 4), data: body.subarray(4) }
}

function readSize(header: Buffer): Pick<PngFile, 'width' | 'height'> {
  if (header.length !== 13) throw badPng('13 bytes of IHDR', String(header.length))
  const width = header.readUInt32BE(0)
  const height = header.readUInt32BE(4)
  if (width < 1 || height < 1 || width > maxSide || height > maxSide || width * height > maxPixels) {
    throw badPng(`an image of at most ${maxSide} pixels a side and 64 Mpixel`, `${width} x ${height}`)
  }
  return { width, height }
}

/**
 * The texts of a PNG that have one of these keywords (tEXt, zTXt, iTXt). Others are passed over and not inflated.
 *
 * @throws `bad_input` for a keyword that is there twice, a text above 1 MiB or above 4 MiB with those before it, and
 *   one that cannot be inflated
 */
export function readTexts(
  { chunks }: Pick<PngFile, 'chunks'>,
  keywords: readonly string[],
): ReadonlyMap<string, string> {
  const texts = new Map<string, string>()
  let left = maxTextsBytes
  for (const { type, data } of chunks) {
    if (type !== 'tEXt' && type !== 'zTXt' && type !== 'iTXt') continue
    // A keyword has at most 79 bytes.
    const end = data.subarray(0, 80).indexOf(0)
    const keyword = data.toString('latin1', 0, Math.max(end, 0))
    if (!keywords.includes(keyword)) continue
    if (texts.has(keyword)) throw badPng(`one text ${keyword}`, 'a second one')
    const limit = Math.min(left, maxTextBytes)
    const bytes = textBytes(type, data.subarray(end + 1), limit, keyword)
    left -= bytes.length
    texts.set(keyword, bytes.toString(type === 'iTXt' ? 'utf8' : 'latin1'))
  }
  return texts
}

/** What stands behind the keyword, inflated where it is compressed. */
function textBytes(type: 'tEXt' | 'zTXt' | 'iTXt', data: Buffer, limit: number, keyword: string): Buffer {
  if (type === 'tEXt') return within(data, limit, keyword)
  if (type === 'zTXt') return inflated(data[0], data.subarray(1), limit, keyword)
  // Compression flag, compression method, language, NUL, translated keyword, NUL, text.
  const [flag, method] = data
  const language = data.indexOf(0, 2)
  const translated = language === -1 ? -1 : data.indexOf(0, language + 1)
  if (translated === -1 || (flag !== 0 && flag !== 1)) throw badPng(`a whole text ${keyword}`, 'a cut one')
  const text = data.subarray(translated + 1)
  return flag === 0 ? within(text, limit, keyword) : inflated(method, text, limit, keyword)
}

function within(text: Buffer, limit: number, keyword: string): Buffer {
  if (text.length <= limit) return text
  throw badPng(`a text ${keyword} of at most ${limit} bytes`, String(text.length))
}

function inflated(method: number | undefined, data: Buffer, limit: number, keyword: string): Buffer {
  if (method !== 0) throw badPng(`a text ${keyword} compressed by method 0`, String(method))
  try {
    return inflateSync(data, { maxOutputLength: limit })
  } catch (error) {
    if (error instanceof RangeError) throw badPng(`a text ${keyword} of at most ${limit} bytes`, 'more')
    throw badPng(`a text ${keyword} that can be inflated`, 'one that is damaged')
  }
}

/** Samples of a pixel by the header's colour type. */
const samplesOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }
const maxPixelBytes = 256 * 2 ** 20

/**
 * Makes sure that the image data inflates to what the header says, and to no more, and that colours which it numbers are
 * there: a decoder without a limit may read it.
 *
 * @throws `bad_input`
 */
export function requirePixels({ width, height, chunks }: PngFile): void {
  const header = chunks[0]?.data ?? Buffer.alloc(0)
  const samples = samplesOf[header[9] ?? -1]
  if (samples === undefined) throw badPng('a colour type of PNG', String(header[9]))
  const colours = chunks.find(({ type }) => type === 'PLTE')?.data.length
  if (header[9] === 3 && (colours === undefined || colours > 3 * 256)) {
    throw badPng('a palette of at most 256 colours', colours === undefined ? 'none' : 'more')
  }
  const bits = width * samples * (header[8] ?? 0)
  const row = 1 + Math.ceil(bits / 8)
  // Each row begins with its filter. The passes of an interlaced image have more rows, at most twice as many in all.
  const [least, rows] = header[12] === 0 ? [height * row, height] : [(height * bits) / 8, height * 2]
  const most = (rows + 8) * row
  if (most > maxPixelBytes) throw badPng(`pixels of at most ${maxPixelBytes} bytes`, `${most}`)
  const data = Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map((chunk) => chunk.data))
  if (inflatedBytes(data, most, `${width} x ${height}`) < least) {
    throw badPng(`pixels for ${width} x ${height}`, 'fewer')
  }
}

function inflatedBytes(data: Buffer, most: number, size: string): number {
  try {
    return inflateSync(data, { maxOutputLength: most }).byteLength
  } catch (error) {
    if (error instanceof RangeError) throw badPng(`pixels for ${size}`, 'more')
    throw badPng('pixels that can be inflated', 'damaged ones')
  }
}

/** A chunk as it stands in a file: length, type, data, checksum. */
function chunkBytes({ type, data }: { readonly type: string; readonly data: Uint8Array }): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const ends = Buffer.alloc(8)
  ends.writeUInt32BE(data.length, 0)
  ends.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)])
}

/** A PNG file of these chunks. */
export function pngOf(chunks: readonly Chunk[]): Uint8Array {
  return Buffer.concat([signature, ...chunks.map(chunkBytes)])
}

/** A text for any PNG reader: tEXt where Latin-1 holds it, else iTXt in UTF-8, uncompressed. */
export function textChunk(keyword: string, text: string): Chunk {
  return /^[\n\x20-\x7e\xa0-\xff]*$/.test(text)
    ? { type: 'tEXt', data: Buffer.from(`${keyword}\0${text}`, 'latin1') }
    : { type: 'iTXt', data: Buffer.from(`${keyword}\0\0\0\0\0${text}`, 'utf8') }
}

/** What is wrong with a PNG. */
export function badPng(expected: string, found: string): StudioError {
  return new StudioError('bad_input', `Expected ${expected}, found ${found}. Choose another PNG.`)
}
