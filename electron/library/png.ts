/**
 * A picture that carries its own recipe: an 8-bit RGB PNG with a tEXt chunk, keyword `goldpan`, whose text is JSON in
 * ASCII, and beside it what other programs read (parameters-text.ts). Nothing of time, place or run is in it, so the
 * same recipe gives the same file, byte for byte, anywhere.
 *
 * Reading a recipe never decodes the pixels and never inflates anything. Pixels are inflated within the limit that the
 * header sets.
 */

import { encode } from 'fast-png'
import { z } from 'zod'

import type { Candidate } from '../../shared/domain.ts'
import { storedSpecSchema, type RunSpec } from '../../shared/run-spec.ts'
import type { Provenance, RgbImage } from '../core/runs/adapters.ts'
import { recipeSchema, scoresSchema } from './columns.ts'
import { sha256Of } from './image-files.ts'
import { parametersText } from './parameters-text.ts'
import { badPng, pngOf, readChunks, readTexts, textChunk, type PngFile } from './png-chunks.ts'
import { decodeSamples } from './png-pixels.ts'

const keyword = 'goldpan'

const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/)
const count = z.number().int().nonnegative()

const packs = z.array(z.strictObject({ id: z.string(), version: z.string(), sha256: sha256Schema }))

/**
 * 4 since pictures can have another size, device, generator and a negative prompt, and tell other programs of
 * themselves. A picture of format 3 is made again as it was, to the byte.
 */
const currentFormat = 4

/** Formats that tell all that is needed to make their file again. */
const repeatableFormats = [3, currentFormat] as const
type RepeatableFormat = (typeof repeatableFormats)[number]

/** What a specification of format 3 does not say. */
const sinceFormat4 = ['negativePrompt', 'size', 'device', 'generator'] as const satisfies (keyof RunSpec)[]

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
  gflop: z.number().nonnegative().lt(1e300),
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
  .strictObject({ format: z.literal(repeatableFormats), spec: storedSpecSchema, ...ofCandidate })
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

const formatSchema = z.object({ format: z.literal([1, 2, ...repeatableFormats]) })

/** How a picture was made: enough to make it again, and to put its row back into a catalogue. */
export type ImageRecord = Readonly<z.infer<typeof currentSchema> | z.infer<typeof earlierSchema>>

/** What a picture tells of itself. */
type ImageFacts = {
  /** In pixels, each side from 1 to 16,384, 64 Mpixel at most. */
  readonly width: number
  readonly height: number
  readonly record: ImageRecord
}

/** Whether a picture of this format can be made again to the byte. */
export function isRepeatable(format: ImageRecord['format']): format is RepeatableFormat {
  return (repeatableFormats as readonly number[]).includes(format)
}

/** What is written into a candidate's picture: everything but run, time and machine. */
export function recordOf(
  candidate: Omit<Candidate, 'runId' | 'seconds' | 'imageSha256'>,
  provenance: Provenance,
  format: RepeatableFormat = currentFormat,
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
  return { format, spec: inOneOrder(provenance.spec), ...written }
}

const ordered = new WeakMap<RunSpec, RunSpec>()

/** A specification with its keys in one order; worked out once for all candidates of a run. */
function inOneOrder(spec: RunSpec): RunSpec {
  const known = ordered.get(spec) ?? storedSpecSchema.parse(spec)
  ordered.set(spec, known)
  return known
}

/**
 * The PNG file of an image with its record, in the record's format. The encoder is plain JavaScript: the same bytes on
 * every machine.
 */
export function encodePng(image: RgbImage, record: ImageRecord): Uint8Array {
  const { width, height, data } = image
  const png = encode({
    width,
    height,
    data,
    channels: 3,
    depth: 8,
    text: { [keyword]: asciiJson(asWritten(record)) },
  })
  if (record.format !== currentFormat) return png
  const [header, ...rest] = readChunks(png).chunks
  if (header === undefined) throw new Error('Expected a header from the encoder, found none')
  // Before the pixels, where also those find it who read no further.
  return pngOf([header, textChunk('parameters', parametersText(record, image)), ...rest])
}

/** A record with what its format has room for. */
function asWritten(record: ImageRecord): object {
  if (record.format === currentFormat) return record
  const spec = Object.entries(record.spec).filter(
    ([field]) => !(sinceFormat4 as readonly string[]).includes(field),
  )
  return { ...record, spec: Object.fromEntries(spec) }
}

/**
 * The same picture with nothing but its pixels: header, image data and end.
 *
 * @throws `bad_input` for what is no PNG
 */
export function withoutMetadata(png: Uint8Array): Uint8Array {
  return pngOf(readChunks(png).chunks.filter(({ type }) => ['IHDR', 'IDAT', 'IEND'].includes(type)))
}

/**
 * The file of a candidate as it is written now; where an earlier format gives the hash that is known of it, in that one.
 *
 * @param known SHA-256 of the file as it was written before; null where it never was
 */
export function fileOf(
  candidate: Parameters<typeof recordOf>[0],
  image: RgbImage,
  provenance: Provenance,
  known: string | null,
): Uint8Array {
  const write = (format: RepeatableFormat): Uint8Array =>
    encodePng(image, recordOf(candidate, provenance, format))
  const now = write(currentFormat)
  if (known === null || sha256Of(now) === known) return now
  const earlier = repeatableFormats.filter((format) => format !== currentFormat).map(write)
  return earlier.find((file) => sha256Of(file) === known) ?? now
}

/**
 * The pixels of a PNG as 8-bit RGB: greys and palettes spread out, 16 bits cut to 8, transparency left out, as Pillow's
 * `convert("RGB")` does, whose pictures the verifiers know.
 *
 * @throws `bad_input` for what is no whole PNG, is beyond the limits, or is grey in fewer than 8 bits
 */
export function decodePng(png: Uint8Array): RgbImage {
  const { width, height, channels, data } = decodeSamples(png)
  const shift = data instanceof Uint16Array ? 8 : 0
  const isGrey = channels < 3
  const rgb = new Uint8Array(width * height * 3)
  for (let at = 0; at < rgb.length; at += 1) {
    const pixel = Math.floor(at / 3)
    rgb[at] = (data[pixel * channels + (isGrey ? 0 : at % 3)] ?? 0) >> shift
  }
  return { width, height, data: rgb }
}

/**
 * What a PNG of ours tells of itself.
 *
 * @throws `bad_input` when the file is not a PNG, is cut or altered, is larger than any of ours, or carries no recipe
 */
export function readRecipe(png: Uint8Array): ImageFacts {
  const file = readChunks(png)
  const text = recordIn(file)
  if (text === undefined) throw badPng('an image made by Goldpan', 'a PNG without a recipe')
  return { width: file.width, height: file.height, record: readRecord(text) }
}

/** Whether a PNG says that Goldpan made it. Throws `bad_input` for what is no whole PNG. */
export function hasRecipe(png: Uint8Array): boolean {
  return recordIn(readChunks(png)) !== undefined
}

function recordIn({ chunks }: PngFile): string | undefined {
  return readTexts({ chunks: chunks.filter(({ type }) => type === 'tEXt') }, [keyword]).get(keyword)
}

function readRecord(text: string): ImageRecord {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw badPng('a recipe in JSON', 'other text')
  }
  const head = formatSchema.safeParse(json)
  const result = !head.success
    ? head
    : (isRepeatable(head.data.format) ? currentSchema : earlierSchema).safeParse(json)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw badPng(
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
