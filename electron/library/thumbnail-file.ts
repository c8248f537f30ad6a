/** Thumbnails as files: made from a picture's PNG, kept, and thrown away again. Runs in a thread of its own. */

import { createHash, randomUUID } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'

import { encode } from 'fast-png'

import { badPng, pngOf, readChunks } from './png-chunks.ts'
import { decodeSamples } from './png-pixels.ts'
import { shrink, type Pixels } from './shrink.ts'

/** How the bytes of a file are to be understood as colours; the page does, so a thumbnail says the same. */
const colourChunks = ['cICP', 'iCCP', 'sRGB', 'gAMA', 'cHRM']
/** Of a profile, which is not looked at here. */
const maxColourBytes = 2 ** 20

/**
 * The PNG of a picture at most `side` pixels long: 8 bits, with its alpha channel and its colour space, without its
 * recipe and anything else.
 *
 * @param png of the picture
 * @throws `bad_input` for what `decodeSamples` refuses, and for transparency that is no channel
 */
export function thumbnailOf(png: Uint8Array, side: number): Uint8Array {
  const { chunks } = readChunks(png)
  if (chunks.some(({ type }) => type === 'tRNS')) throw badPng('transparency as a channel', 'as one colour')
  const small = shrink(pixelsOf(decodeSamples(png)), side)
  const [header, ...rest] = readChunks(encode({ ...small, depth: 8 })).chunks
  if (header === undefined) throw new Error('Expected a header from the encoder, found none')
  const colour = chunks.filter(({ type }) => colourChunks.includes(type))
  const size = colour.reduce((sum, { data }) => sum + data.length, 0)
  return pngOf([header, ...(size > maxColourBytes ? [] : colour), ...rest])
}

/** 8 of 16 bits, and grey as three equal colours. */
function pixelsOf({ width, height, channels, data }: ReturnType<typeof decodeSamples>): Pixels {
  if (channels >= 3 && data instanceof Uint8Array)
    return { width, height, channels: channels === 4 ? 4 : 3, data }
  const shift = data instanceof Uint16Array ? 8 : 0
  const colours = channels < 3 ? 1 : 3
  const out = channels === colours ? 3 : 4
  const bytes = new Uint8Array(width * height * out)
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let at = 0; at < out; at++) {
      const from = at === 3 ? colours : Math.min(at, colours - 1)
      bytes[pixel * out + at] = (data[pixel * channels + from] ?? 0) >> shift
    }
  }
  return { width, height, channels: out, data: bytes }
}

/** What a thread is asked to make. */
export type ThumbnailTask = {
  /** Absolute path of the picture. */
  readonly picture: string
  readonly sha256: string
  readonly side: number
  /** Where the thumbnail is kept. */
  readonly file: string
}

/**
 * Makes a thumbnail and keeps it. It need not survive a power cut: whoever reads it checks that it is whole. A cache
 * that cannot be written is no reason to show nothing.
 *
 * @returns its bytes; null where the picture is not as it was written or cannot be decoded
 */
export function makeThumbnail({ picture, sha256, side, file }: ThumbnailTask): Uint8Array | null {
  let png: Uint8Array
  try {
    const original = readFileSync(picture)
    if (createHash('sha256').update(original).digest('hex') !== sha256) return null
    png = thumbnailOf(original, side)
  } catch {
    return null
  }
  try {
    keep(png, file)
  } catch {
    // What is kept is made again at will; a full disk, or one that cannot be written, is told where pictures are.
  }
  return png
}

function keep(png: Uint8Array, file: string): void {
  mkdirSync(path.dirname(file), { recursive: true })
  const partial = path.join(path.dirname(file), `${randomUUID()}${partialEnding}`)
  try {
    writeFileSync(partial, png, { flag: 'wx' })
    renameSync(partial, file)
  } finally {
    rmSync(partial, { force: true })
  }
}

/** What of the cache is to be thrown away. */
export type SweepTask = {
  /** The folder of thumbnails. */
  readonly folder: string
  /** The most that stays, in bytes. */
  readonly limit: number
  /** Where the picture of a thumbnail lies. */
  readonly pictureOf: (sha256: string) => string
}

const thumbnailName = /^([0-9a-f]{64})-\d+\.png$/
const partialEnding = '.part'
/** Younger ones may still be written. */
const partialMs = 3_600_000
/** What is left of the limit once it was reached, so that the next thumbnail does not reach it again. */
const sweptTo = 0.8

/**
 * Removes thumbnails whose picture is gone, what a crash left half-written, and, where the rest is beyond the limit, the
 * ones made longest ago. Files that are not ours stay.
 *
 * @returns bytes of the thumbnails that stay
 */
export function sweepThumbnails({ folder, limit, pictureOf }: SweepTask): number {
  if (!existsSync(folder)) return 0
  const kept: { readonly file: string; readonly bytes: number; readonly madeMs: number }[] = []
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name)
    const sha256 = thumbnailName.exec(entry.name)?.[1]
    const isPartial = entry.name.endsWith(partialEnding)
    const facts = entry.isFile() ? statSync(file, { throwIfNoEntry: false }) : undefined
    if (facts === undefined || (sha256 === undefined && !isPartial)) continue
    const isLeft =
      sha256 === undefined ? Date.now() - facts.mtimeMs > partialMs : !existsSync(pictureOf(sha256))
    if (isLeft) rmSync(file, { force: true })
    else if (sha256 !== undefined) kept.push({ file, bytes: facts.size, madeMs: facts.mtimeMs })
  }
  let total = kept.reduce((sum, { bytes }) => sum + bytes, 0)
  if (total <= limit) return total
  for (const { file, bytes } of kept.sort((one, other) => one.madeMs - other.madeMs)) {
    if (total <= limit * sweptTo) break
    rmSync(file, { force: true })
    total -= bytes
  }
  return total
}
