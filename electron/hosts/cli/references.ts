/** Runs and candidates as a person names them. */

import { readFile } from 'node:fs/promises'

import type { Studio } from '../../core/studio.ts'
import type { Arm, CandidateReference } from '../../../shared/domain.ts'
import { StudioError } from '../../../shared/errors.ts'
import { sha256Of } from '../../library/image-files.ts'
import { readRecipe } from '../../library/png.ts'
import type { ParsedArguments } from './command.ts'

/** Numbers of runs and candidates: digits that a JavaScript number holds. */
const number = String.raw`\d{1,15}`

/** The number of a run, the first operand; throws `bad_input`. */
export function runIdOf(args: ParsedArguments): number {
  const [text = ''] = args.operands
  if (new RegExp(`^${number}$`).test(text)) return Number(text)
  throw new StudioError(
    'bad_input',
    `Expected the number of a run, found ${JSON.stringify(text)}; \`runs\` lists them`,
  )
}

/** RUN/SEQ of the search, RUN/baseline/SEQ, RUN/final/SEQ; null for anything else. */
export function placeOf(text: string): CandidateReference | null {
  const match = new RegExp(`^(${number})/(?:(search|baseline|final)/)?(${number})$`).exec(text)
  if (match === null) return null
  const [, run, arm = 'search', seq] = match
  return { runId: Number(run), arm: arm as Arm, seq: Number(seq) }
}

/** A candidate of a search, RUN/SEQ, the first operand; throws `bad_input`. */
export function searchedOf(args: ParsedArguments): { readonly runId: number; readonly seq: number } {
  const [text = ''] = args.operands
  const place = placeOf(text)
  if (place?.arm === 'search') return { runId: place.runId, seq: place.seq }
  throw new StudioError(
    'bad_input',
    `Expected a candidate of a search as RUN/SEQ, such as 12/3, found ${JSON.stringify(text)}; \`show RUN\` lists them`,
  )
}

/**
 * The candidate that the first operand names: a place, the hash of its image or the beginning of one, or the path of
 * the PNG. Throws `bad_input`, `not_found`.
 */
export async function candidateOf(args: ParsedArguments, studio: Studio): Promise<CandidateReference> {
  const [text = ''] = args.operands
  const place = placeOf(text)
  if (place !== null) return place
  if (/^[0-9a-f]{6,64}$/i.test(text)) return byHash(text.toLowerCase(), studio)
  if (/\.png$/i.test(text)) return byFile(text, studio)
  throw new StudioError(
    'bad_input',
    `Expected a candidate as RUN/SEQ, RUN/baseline/SEQ or RUN/final/SEQ, 6 to 64 hexadecimal digits of its image's hash, or the path of its PNG, found ${JSON.stringify(text)}`,
  )
}

/** Several runs may have made one image: by the same recipe, so any of them will do. */
function byHash(hash: string, studio: Studio): CandidateReference {
  const found = studio.candidatesWithImage(hash)
  const images = [...new Set(found.map(({ imageSha256 }) => imageSha256))]
  const [first] = found
  if (first === undefined) {
    throw new StudioError(
      'not_found',
      `Expected the hash of an image of this library, found ${hash}, which it does not know; --library opens another`,
    )
  }
  if (images.length === 1) return first
  throw new StudioError(
    'bad_input',
    `Expected the beginning of one image's hash, found ${hash}, which ${images.length} begin with: ${images.slice(0, 4).join(', ')}; add digits`,
  )
}

async function byFile(path: string, studio: Studio): Promise<CandidateReference> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new StudioError('bad_input', `Expected a PNG at ${path}, found none that can be read`, {
      detail: String(error),
    })
  })
  const { spec } = readRecipe(bytes).record
  const [found] = studio.candidatesWithImage(sha256Of(bytes))
  if (found !== undefined) return found
  throw new StudioError(
    'not_found',
    `Expected an image of this library, found one of ${JSON.stringify(spec.prompt)} that it does not have; --library opens another`,
  )
}
