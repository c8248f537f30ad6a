/** The files of a tokenizer, and reading them: within bounds of bytes, parts and entries. */

import { StudioError } from '../../../shared/errors.ts'

export const tokenizerFamilies = ['clip', 't5', 'bert', 'siglip'] as const

/** How a family of models splits text. */
export type TokenizerFamily = (typeof tokenizerFamilies)[number]

/** The files of a tokenizer's folder, whichever there are. */
export type TokenizerFiles = {
  /** tokenizer.json */
  readonly tokenizerJson?: Uint8Array | string
  /** tokenizer_config.json */
  readonly tokenizerConfig?: Uint8Array | string
  /** special_tokens_map.json */
  readonly specialTokens?: Uint8Array | string
  /** added_tokens.json */
  readonly addedTokens?: Uint8Array | string
  /** vocab.json */
  readonly vocab?: Uint8Array | string
  /** merges.txt */
  readonly merges?: Uint8Array | string
  /** vocab.txt */
  readonly vocabTxt?: Uint8Array | string
  /** spiece.model */
  readonly spiece?: Uint8Array
}

/** Of the files of one tokenizer together; those of mT5, with 250,000 entries, have 21 million. */
export const maxTokenizerBytes = 24_000_000
/** Commas, brackets and lines: what each value costs in memory, however few bytes it has. */
const maxParts = 1_000_000
export const maxEntries = 300_000
/** UTF-16 units of a token. */
const maxTokenLength = 256
/** Of a character map, base64; that of T5 has 316,720. */
export const maxCharacterMap = 2_000_000

/** A token's id, checked. */
export function idOf(id: unknown, token: string): number {
  if (typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < 2 * maxEntries) return id
  throw invalid(`a whole number as the id of ${shown(token)}`, shown(id))
}

/** A token that is not too long, itself. */
export function short(token: string): string {
  if (token.length <= maxTokenLength) return token
  throw invalid(`tokens of at most ${maxTokenLength} characters`, `one of ${token.length}`)
}

/** A text file of few enough bytes and parts. */
export function textOf(file: string, content: Uint8Array | string): string {
  sized(file, content.length)
  requireFewParts(file, content)
  // Without the mark that editors on Windows put before a text.
  return typeof content === 'string' ? content : new TextDecoder().decode(content)
}

/** @throws StudioError `pack_invalid` for a file of more than maxTokenizerBytes */
export function sized(file: string, length: number): void {
  if (length > maxTokenizerBytes) {
    throw invalid(`at most ${maxTokenizerBytes / 1e6} MB in ${file}`, `${Math.ceil(length / 1e6)} MB`)
  }
}

const marksOf = (text: string): readonly number[] => [...Buffer.from(text)]
const partMarks = { json: marksOf(',[{'), text: marksOf('\n') }

/** Before a parser makes objects of a text: an empty list is a byte or two there, and a hundred in memory. */
function requireFewParts(file: string, content: Uint8Array | string): void {
  const marks = file.endsWith('.json') ? partMarks.json : partMarks.text
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  let parts = 0
  for (const byte of bytes) if (marks.includes(byte)) parts++
  if (parts > maxParts) throw invalid(`at most ${maxParts} parts in ${file}`, String(parts))
}

/** A JSON file's object; empty where there is no file. */
export function objectOf(
  file: string,
  content: Uint8Array | string | undefined,
): Readonly<Record<string, unknown>> {
  if (content === undefined) return {}
  const text = textOf(file, content)
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return recordOf(value)
  } catch {
    // Said below.
  }
  throw invalid(`a JSON object in ${file}`, 'something else')
}

/** A list of a tokenizer.json, of not too many entries. */
export function listOf(name: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw invalid(`a list as ${name} of tokenizer.json`, shown(value))
  if (value.length > maxEntries) throw tooMany(`${name} of tokenizer.json`)
  return value
}

/** An object as it is; anything else as an empty one. */
export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {}
}

export function tooMany(where: string): StudioError {
  return invalid(`at most ${maxEntries} entries in ${where}`, 'more')
}

/** A value of a file in an error's message. */
export function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

export function invalid(expected: string, found: string): StudioError {
  return new StudioError(
    'pack_invalid',
    `The tokenizer cannot be taken: expected ${expected}, found ${found}. Get its files again from where the model was published.`,
  )
}
