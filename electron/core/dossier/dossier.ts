/**
 * A dossier: one run sealed into one file that can be checked anywhere, without the library it comes from.
 *
 * The file is canonical JSON (sorted keys, no spaces, one line); its seal is the SHA-256 of all the rest. A seal finds
 * every change by whoever does not make a new one; what it cannot find, making the candidates again does.
 */

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'

import { z } from 'zod'

import type { Candidate, Intervention, RunDetail } from '../../../shared/domain.ts'
import { StudioError } from '../../../shared/errors.ts'
import { runSpecSchema } from '../../../shared/run-spec.ts'
import { errorSchema, recipeSchema, scoresSchema } from '../../library/columns.ts'
import { sha256Of } from '../../library/image-files.ts'
import { isRepeatable, readRecipe } from '../../library/png.ts'
import type { Provenance } from '../runs/adapters.ts'

/** Above it, neither written nor read: text of this size still fits into memory several times. */
export const maxDossierBytes = 256 * 2 ** 20
const maxRows = 100_000

const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, { error: 'expected 64 hexadecimal digits' })
const count = z.number().int().nonnegative()
const amount = z.number().nonnegative().max(1e300)

const candidateSchema = z.strictObject({
  arm: z.enum(['search', 'baseline', 'final']),
  seq: count,
  round: count,
  parent: count.nullable(),
  level: z.number().min(0).max(1e4),
  steps: z.number().int().min(1).max(1000),
  recipe: recipeSchema,
  noiseSha256: sha256Schema,
  nfe: count,
  forwardPasses: count,
  verifierCalls: count,
  gflop: amount,
  /** The sealing machine's word: nobody can measure them again. */
  seconds: amount,
  imageSha256: sha256Schema,
  scores: scoresSchema,
}) satisfies z.ZodType<SealedCandidate>

const interventionHead = { id: count, round: count, until: count.nullable(), seq: count }
const interventionSchema = z.discriminatedUnion('kind', [
  z.strictObject({ ...interventionHead, kind: z.enum(['pin', 'veto', 'override']) }),
  z.strictObject({
    ...interventionHead,
    kind: z.literal('branch'),
    cosine: z.number().min(-1).max(1),
    count: z.number().int().min(1).max(maxRows),
    firstSeq: count,
  }),
])

const contentSchema = z.strictObject({
  format: z.literal('goldpan-dossier'),
  version: z.literal(1),
  /** Version of the program that sealed it. */
  program: z.string().max(40),
  createdAt: z.string().max(40),
  status: z.enum(['done', 'paused', 'cancelled', 'interrupted', 'failed']),
  spec: runSpecSchema,
  /** Device and runtime that made the images; null before the first. */
  device: z.string().max(200).nullable(),
  packs: z
    .array(z.strictObject({ id: z.string().max(64), version: z.string().max(40), sha256: sha256Schema }))
    .max(100),
  candidates: z.array(candidateSchema).max(maxRows),
  /** Candidates that nothing could be made of; they fail again. */
  failures: z
    .array(z.strictObject({ arm: candidateSchema.shape.arm, seq: count, error: errorSchema }))
    .max(maxRows),
  interventions: z.array(interventionSchema).max(maxRows),
  ledger: z.strictObject({
    nfe: count,
    forwardPasses: count,
    verifierCalls: count,
    seconds: amount,
    gflop: amount,
  }),
  winner: count.nullable(),
  /** PNG files by their SHA-256, base64; left out unless asked for. */
  images: z.record(sha256Schema, z.string()).optional(),
})

const dossierSchema = contentSchema.extend({ seal: sha256Schema })

/** What a dossier says, without its seal. */
export type DossierContent = Readonly<
  Omit<z.infer<typeof contentSchema>, 'packs' | 'candidates' | 'interventions'>
> & {
  readonly packs: Provenance['packs']
  /** Of all arms: baselines, then the search, then its final images. */
  readonly candidates: readonly SealedCandidate[]
  readonly interventions: readonly Intervention[]
}
export type Dossier = DossierContent & { readonly seal: string }
type SealedCandidate = Omit<Candidate, 'runId'>

/** SHA-256 (hex) of the canonical JSON of everything but the seal. */
function sealOf(content: DossierContent): string {
  return createHash('sha256').update(canonicalJson(content)).digest('hex')
}

/** The text of the file. */
export function dossierText(content: DossierContent): string {
  return `${canonicalJson({ ...content, seal: sealOf(content) })}\n`
}

/** The text of the file and its seal. Throws `bad_input` for more than `maxDossierBytes`. */
export function sealed(content: DossierContent): { readonly dossier: string; readonly seal: string } {
  const dossier = dossierText(content)
  const bytes = Buffer.byteLength(dossier)
  if (bytes > maxDossierBytes) throw tooLarge(bytes)
  return { dossier, seal: sealOf(content) }
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  )
}

/**
 * Reads what may be a dossier.
 *
 * @throws `bad_input` for what is none, with the first thing that does not fit
 */
export function readDossier(bytes: Uint8Array): Dossier {
  if (bytes.byteLength > maxDossierBytes) throw tooLarge(bytes.byteLength)
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch {
    throw notOne('JSON', 'something else')
  }
  const result = dossierSchema.safeParse(json)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw notOne('the parts of a dossier', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'others'}`)
}

/**
 * Whether a file is, byte for byte, what was sealed: as it stands, without what later versions read into an earlier
 * specification.
 *
 * @param bytes of what `readDossier` has read
 */
export function isSealed(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes).toString('utf8')
  const { seal, ...content } = JSON.parse(text) as Dossier
  return seal === sealOf(content) && text === dossierText(content)
}

/**
 * What the dossier of a run says. Reads every picture of the run: each names the packs that it was made with.
 *
 * @param imageFile absolute path of a picture by its hash
 * @throws `bad_input` for a run that is at work, or whose pictures are of a version that told less, or were not all made
 *   with the same packs; `library_damaged` for a picture that is gone or altered
 */
export async function contentOf(
  run: RunDetail,
  program: string,
  imageFile: (imageSha256: string) => string | null,
  withImages: boolean,
): Promise<DossierContent> {
  const { status, createdAt, spec, device, interventions, ledger, winner } = run
  if (status.kind === 'queued' || status.kind === 'running') {
    throw new StudioError(
      'bad_input',
      `Expected a run that rests, found run ${run.id} ${status.kind}; wait for its end, or cancel it`,
    )
  }
  const candidates = [...run.baselines, ...run.candidates, ...run.finals]
  const images: Record<string, string> = {}
  let packs: Provenance['packs'] | null = null
  for (const { arm, seq, imageSha256 } of candidates) {
    const bytes = await readPicture(imageFile(imageSha256), imageSha256)
    const { record } = readRecipe(bytes)
    if (!isRepeatable(record.format)) {
      throw new StudioError(
        'bad_input',
        `Expected pictures that tell all of themselves, found ${arm} ${seq} of run ${run.id} of an earlier one, whose files hold less; start the run anew to seal it`,
      )
    }
    packs ??= record.packs
    if (JSON.stringify(packs) !== JSON.stringify(record.packs)) {
      throw new StudioError(
        'bad_input',
        `Expected one version of each pack in run ${run.id}, found another at ${arm} ${seq}; start the run anew to seal it`,
      )
    }
    if (withImages) images[imageSha256] = Buffer.from(bytes).toString('base64')
  }
  return {
    ...{ format: 'goldpan-dossier', version: 1, program, createdAt, status: status.kind, spec, device },
    packs: packs ?? [],
    candidates: candidates.map(withoutRun),
    failures: run.failures.map(({ arm, seq, error: { code, message } }) => ({
      ...{ arm, seq },
      // Details are of the machine.
      error: { code, message },
    })),
    ...{ interventions, ledger, winner },
    ...(withImages ? { images } : {}),
  }
}

/** A run's number means nothing outside its library. */
function withoutRun(candidate: Candidate): SealedCandidate {
  const { arm, seq, round, parent, level, steps, recipe, noiseSha256, imageSha256, scores } = candidate
  const { nfe, forwardPasses, verifierCalls, gflop, seconds } = candidate
  return {
    ...{ arm, seq, round, parent, level, steps, recipe, noiseSha256, imageSha256, scores },
    ...{ nfe, forwardPasses, verifierCalls, gflop, seconds },
  }
}

async function readPicture(path: string | null, imageSha256: string): Promise<Uint8Array> {
  const bytes = path === null ? null : await readFile(path).catch(() => null)
  if (bytes !== null && sha256Of(bytes) === imageSha256) return bytes
  throw new StudioError(
    'library_damaged',
    `Expected the picture ${imageSha256}, found it ${bytes === null ? 'gone' : 'altered'}; restore it from a copy of the library`,
  )
}

/** For a file that is not even read. */
export function tooLarge(bytes: number): StudioError {
  return new StudioError(
    'bad_input',
    `Expected a dossier of at most ${maxDossierBytes} bytes, found ${bytes}; seal the run without its images`,
  )
}

function notOne(expected: string, found: string): StudioError {
  return new StudioError('bad_input', `Expected ${expected}, found ${found.slice(0, 300)}`)
}
