/**
 * A picture that carries its own recipe: an 8-bit RGB PNG with one tEXt chunk, keyword `goldpan`, whose text is JSON
 * in ASCII. Nothing of time, place or run is in it, so the same recipe gives the same file, byte for byte, anywhere.
 *
 * Reading a recipe never decodes the pixels and never inflates anything: a hostile file costs one walk over its chunk
 * heads. Pixels are decoded only of files whose hash the catalogue knows.
 */

import { decode, encode } from 'fast-png'
import { crc32 } from 'node:zlib'
import { z } from 'zod'

import type { Candidate } from '../../shared/domain.ts'
import { StudioError } from '../../shared/errors.ts'
import { storedSpecSchema, type RunSpec } from '../../shared/run-spec.ts'
import type { Provenance, RgbImage } from '../core/runs/adapters.ts'
import { recipeSchema, scoresSchema } from './columns.ts'

const keyword = 'goldpan'
const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const maxSide = 16_384
const maxPixels = 64 * 2 ** 20
const maxTextBytes = 2 ** 20
const maxChunks = 10_000

const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/)
const count = z.number().int().nonnegative()

const packs = z.array(z.strictObject({ id: z.string(), version: z.string(), sha256: sha256Schema }))

/** 3 since a candidate can come from another, stop on the way and be made again as the final image. */
export const currentFormat = 3

/** What a record says of its candidate. */
const ofCandidate = {
  arm: z.enum(['search', 'baseline', 'final']),
  seq: count,
  round: count,
  parent: count.nullable(),
  level: z.number().min(0).max(1e4),
  steps: z.number().int().positive(),
  recipe: recipeSchema,
  noiseSha256: sha256Schema,
  nfe: count,
  forwardPasses: count,
  verifierCalls: count,
  gflop: z.number().nonnegative().max(1e300),
  scores: scoresSchema,
  packs,
}

function requireParent(
  { arm, seq, parent }: Pick<Candidate, 'arm' | 'seq' | 'parent'>,
  context: z.RefinementCtx,
): void {
  const refuse = (message: string) => context.addIssue({ code: 'custom', path: ['parent'], message })
  if (parent !== null && !(arm === 'final' ? parent === seq : parent < seq)) {
    refuse('expected an earlier candidate, or of a final image the one that it repeats')
  }
  if (arm !== 'search' && (parent === null) !== (arm === 'baseline')) {
    refuse('expected none of a baseline, and one of a final image')
  }
}

/** What the text chunk holds. The order of the keys is the order in the file. */
const currentSchema = z
  .strictObject({ format: z.literal(currentFormat), spec: storedSpecSchema, ...ofCandidate })
  .superRefine(requireParent)

const candidateSchema = z.strictObject(ofCandidate).superRefine(requireParent)

/**
 * Formats 1 and 2 are read for ever. 1 named one verifier where 2 has a guide, which the specification's own schema
 * reads. Each of their candidates was drawn from nothing, sampled to the image and scored by its whole guide; how many
 * operations that took they do not tell.
 */
const earlierSchema = z
  .strictObject({
    format: z.literal([1, 2]),
    spec: storedSpecSchema,
    arm: z.enum(['search', 'baseline']),
    seq: count,
    steps: z.number().int().positive(),
    recipe: recipeSchema,
    noiseSha256: sha256Schema,
    nfe: count,
    forwardPasses: count,
    scores: scoresSchema,
    packs,
  })
  .transform((record) => ({
    ...record,
    round: 0,
    parent: null,
    level: 0,
    verifierCalls: record.spec.guide.length,
    gflop: null,
  }))

const formatSchema = z.object({ format: z.literal([1, 2, currentFormat]) })

/** How a picture was made: enough to make it again, and to put its row back into a catalogue. */
export type ImageRecord = Readonly<z.infer<typeof currentSchema> | z.infer<typeof earlierSchema>>

/** What a picture tells of itself. */
export type ImageFacts = {
  /** In pixels, each side from 1 to 16,384, 64 Mpixel at most. */
  readonly width: number
  readonly height: number
  readonly record: ImageRecord
}

/** What is written into a candidate's picture: everything but run, time and machine. */
export function recordOf(
  candidate: Omit<Candidate, 'runId' | 'seconds' | 'imageSha256'>,
  provenance: Provenance,
): ImageRecord {
  // Through the reader's schemas: whatever is written can be read, and comes in one order of keys.
  const written = candidateSchema.parse({
    arm: candidate.arm,
    seq: candidate.seq,
    round: candidate.round,
    parent: candidate.parent,
    level: candidate.level,
    steps: candidate.steps,
    recipe: candidate.recipe,
    noiseSha256: candidate.noiseSha256,
    nfe: candidate.nfe,
    forwardPasses: candidate.forwardPasses,
    verifierCalls: candidate.verifierCalls,
    gflop: candidate.gflop,
    scores: sortedByKey(candidate.scores),
    packs: provenance.packs,
  })
  return { format: currentFormat, spec: inOneOrder(provenance.spec), ...written }
}

const ordered = new WeakMap<RunSpec, RunSpec>()

/** A specification with its keys in one order; worked out once for all candidates of a run. */
function inOneOrder(spec: RunSpec): RunSpec {
  const known = ordered.get(spec) ?? storedSpecSchema.parse(spec)
  ordered.set(spec, known)
  return known
}

/** The PNG file of an image with its record. The encoder is plain JavaScript: the same bytes on every machine. */
export function encodePng(image: RgbImage, record: ImageRecord): Uint8Array {
  return encode({
    width: image.width,
    height: image.height,
    data: image.data,
    channels: 3,
    depth: 8,
    text: { [keyword]: asciiJson(record) },
  })
}

/** The pixels of a PNG that `encodePng` made. */
export function decodePng(png: Uint8Array): RgbImage {
  const { width, height, data, channels, depth } = decode(png)
  if (channels !== 3 || depth !== 8) throw refused('8-bit RGB', `${channels} channels of ${depth} bits`)
  return { width, height, data: Uint8Array.from(data) }
}

/**
 * What a PNG of ours tells of itself.
 *
 * @throws `bad_input` when the file is not a PNG, is cut or altered, is larger than any of ours, or carries no recipe
 */
export function readRecipe(png: Uint8Array): ImageFacts {
  const bytes = Buffer.from(png.buffer, png.byteOffset, png.byteLength)
  if (!bytes.subarray(0, signature.length).equals(signature)) throw refused('a PNG file', 'other bytes')
  let size: { width: number; height: number } | null = null
  let record: ImageRecord | null = null
  let ended = false
  for (const chunk of chunksOf(bytes)) {
    if (size === null && chunk.type !== 'IHDR') throw refused('IHDR as the first chunk', chunk.type)
    if (chunk.type === 'IHDR') {
      if (size !== null) throw refused('one IHDR chunk', 'a second one')
      size = readSize(chunk.data)
    } else if (chunk.type === 'tEXt' && startsWithKeyword(chunk.data)) {
      if (record !== null) throw refused('one recipe', 'a second one')
      record = readRecord(chunk.data.subarray(keyword.length + 1))
    } else if (chunk.type === 'IEND') {
      ended = true
    }
  }
  if (size === null || !ended) throw refused('a complete PNG file', 'one that is cut off')
  if (record === null) throw refused('an image made by Goldpan', 'a PNG without a recipe')
  return { ...size, record }
}

type Chunk = { readonly type: string; readonly data: Buffer }

/** The chunks of a PNG up to its IEND, each with its length and its checksum checked. */
function* chunksOf(bytes: Buffer): Generator<Chunk> {
  let offset = signature.length
  for (let index = 0; offset < bytes.length; index += 1) {
    if (index === maxChunks) throw refused(`at most ${maxChunks} chunks`, 'more')
    if (offset + 12 > bytes.length) throw refused('a whole chunk', 'a cut one')
    const length = bytes.readUInt32BE(offset)
    if (length > bytes.length - offset - 12) {
      throw refused(`a chunk within the file's ${bytes.length} bytes`, `one of ${length}`)
    }
    const body = bytes.subarray(offset + 4, offset + 8 + length)
    if (crc32(body) !== bytes.readUInt32BE(offset + 8 + length)) {
      throw refused('an unaltered PNG file', 'a chunk with a wrong checksum')
    }
    const type = body.toString('latin1', 0, 4)
    yield { type, data: body.subarray(4) }
    if (type === 'IEND') return
    offset += length + 12
  }
}

function readSize(header: Buffer): { width: number; height: number } {
  if (header.length !== 13) throw refused('13 bytes of IHDR', String(header.length))
  const width = header.readUInt32BE(0)
  const height = header.readUInt32BE(4)
  if (width < 1 || height < 1 || width > maxSide || height > maxSide || width * height > maxPixels) {
    throw refused(`an image of at most ${maxSide} pixels a side and 64 Mpixel`, `${width} x ${height}`)
  }
  return { width, height }
}

function startsWithKeyword(data: Buffer): boolean {
  return data.toString('latin1', 0, keyword.length + 1) === `${keyword}\0`
}

function readRecord(text: Buffer): ImageRecord {
  if (text.length > maxTextBytes) {
    throw refused(`a recipe of at most ${maxTextBytes} bytes`, String(text.length))
  }
  let json: unknown
  try {
    json = JSON.parse(text.toString('latin1'))
  } catch {
    throw refused('a recipe in JSON', 'other text')
  }
  const head = formatSchema.safeParse(json)
  const result = !head.success
    ? head
    : (head.data.format === currentFormat ? currentSchema : earlierSchema).safeParse(json)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw refused(
    'a recipe that this version knows',
    issue === undefined ? 'another one' : `${issue.path.join('.')}: ${issue.message}`,
  )
}

/** JSON with everything outside ASCII as \u escapes: tEXt is Latin-1, and escapes survive every tool. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function sortedByKey(scores: Candidate['scores']): Candidate['scores'] {
  return Object.fromEntries(Object.entries(scores).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function refused(expected: string, found: string): StudioError {
  return new StudioError('bad_input', `Expected ${expected}, found ${found}. Choose a PNG made by Goldpan.`)
}
