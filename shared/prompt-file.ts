/**
 * Files of prompts for a batch: plain text with a prompt a line, or a table with a prompt a row. One reader for the
 * window and the command line.
 */

import { parse } from 'csv-parse/browser/esm/sync'

import { StudioError } from './errors.ts'
import { parameters } from './parameters.ts'

export const maxPromptFileBytes = 1024 * 1024
export const maxPrompts = 1000

/** Fields of a run that a table can set for each row, beside the parameters of the algorithms. `size` is `768x512`. */
const runFields = [
  ...['prompt', 'negativePrompt', 'pack', 'guide', 'heldOut', 'algorithm', 'sampler', 'schedule', 'shift'],
  ...['steps', 'guidance', 'size', 'device', 'finalSteps', 'budgetNfe', 'budgetVerifierCalls'],
  ...['budgetSeconds', 'baselines', 'seed', 'generator'],
]
const fieldNames: readonly string[] = [...runFields, ...Object.keys(parameters)]

/** A prompt with what its row says of its run. */
export type PromptRow = {
  /** In the file, from 1. */
  readonly line: number
  readonly prompt: string
  /** Further fields by their names in a specification, as text; the budget's as `budgetNfe`. Empty cells are left out. */
  readonly values: Readonly<Record<string, string>>
  /** What keeps the row from being read as it stands; null for nothing. */
  readonly fault: string | null
}

export type PromptFile = {
  /** In the order of the file. */
  readonly rows: readonly PromptRow[]
  /** Columns that are no field of a run, by the names in the file. */
  readonly passedOver: readonly string[]
}

/**
 * Reads a file of prompts: `.csv` and `.tsv` as a table whose first line names the columns (`prompt`,
 * `negative_prompt`, `seed`, any field of a run), everything else as text in which blank lines and lines that begin
 * with `#` are passed over. What is in it is only ever text; whether a run can be made of it, its host checks.
 *
 * @param bytes UTF-8, or UTF-16 with a byte order mark
 * @throws `bad_input` for a file that is too long, is no text, has no prompts, or has no column for them
 */
export function readPromptFile(name: string, bytes: Uint8Array): PromptFile {
  if (bytes.length > maxPromptFileBytes) {
    throw new StudioError(
      'bad_input',
      `${name}: expected at most 1 MiB of prompts, found ${bytes.length} bytes; split the file`,
    )
  }
  const text = decoded(name, bytes)
  const file = /\.(csv|tsv)$/i.test(name) ? readTable(name, text) : readLines(text)
  if (file.rows.length === 0) {
    throw new StudioError('bad_input', `${name}: expected a prompt a line, found none`)
  }
  if (file.rows.length > maxPrompts) {
    throw new StudioError(
      'bad_input',
      `${name}: expected at most ${maxPrompts} prompts, found more; split the file`,
    )
  }
  return file
}

function decoded(name: string, bytes: Uint8Array): string {
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe
  try {
    const text = new TextDecoder(isUtf16 ? 'utf-16le' : 'utf-8', { fatal: true }).decode(bytes)
    if (!text.includes('\0')) return text
  } catch {
    // Said below.
  }
  throw new StudioError(
    'bad_input',
    `${name}: expected text in UTF-8, found other bytes; save it as plain text or CSV in UTF-8`,
  )
}

function readLines(text: string): PromptFile {
  const rows = text.split(/\r\n|\r|\n/).flatMap((line, index): PromptRow[] => {
    const prompt = line.trim()
    if (prompt === '' || prompt.startsWith('#')) return []
    return [{ line: index + 1, prompt, values: {}, fault: null }]
  })
  return { rows, passedOver: [] }
}

type Record_ = { readonly record: readonly string[]; readonly info: { readonly lines: number } }

function readTable(name: string, text: string): PromptFile {
  let records: readonly Record_[]
  try {
    records = parse(text, {
      delimiter: delimiterOf(text),
      info: true,
      skipEmptyLines: true,
      relaxColumnCount: true,
      // A quote within a text that begins without one is a part of it.
      relaxQuotes: true,
      trim: true,
      // A million short lines take seconds to read; one too many is enough to refuse them.
      to: maxPrompts + 2,
    }) as unknown as readonly Record_[]
  } catch (error) {
    const line = (error as { readonly lines?: number }).lines
    throw new StudioError(
      'bad_input',
      `${name}: expected a table, its quotes closed and doubled inside of texts, found a fault at line ${line ?? 1}; correct that line`,
      { detail: error instanceof Error ? error.message : String(error) },
    )
  }
  const [head, ...body] = records
  const columns = (head?.record ?? []).map(fieldOf)
  const twice = columns.find((column, at) => column !== null && columns.indexOf(column) !== at)
  if (twice !== undefined) {
    throw new StudioError('bad_input', `${name}: expected each column once, found ${twice} twice`)
  }
  if (!columns.includes('prompt')) {
    const found = (head?.record ?? []).join(', ').slice(0, 120) || 'nothing'
    throw new StudioError(
      'bad_input',
      `${name}: expected a column named prompt in the first line, found ${found}`,
    )
  }
  const rows = body.map(({ record, info }): PromptRow => {
    const cells = columns.flatMap((column, at) => {
      const cell = record[at] ?? ''
      return column === null || cell === '' ? [] : [[column, cell] as const]
    })
    const { prompt = '', ...values } = Object.fromEntries(cells)
    const fits = record.length === columns.length
    return {
      line: info.lines,
      prompt,
      values,
      fault: fits
        ? null
        : `Expected ${columns.length} columns, found ${record.length}; put quotes around a prompt with commas`,
    }
  })
  return {
    rows,
    passedOver: (head?.record ?? []).filter((_, at) => columns[at] === null),
  }
}

/** What spreadsheets of all languages put between columns, by the first line. */
function delimiterOf(text: string): string {
  const head = /^[^\r\n]*/.exec(text)?.[0] ?? ''
  if (head.includes('\t')) return '\t'
  return head.includes(';') && !head.includes(',') ? ';' : ','
}

/** The field that a column is for: `negative_prompt`, `Negative Prompt` and `negativePrompt` are one. */
function fieldOf(column: string): string | null {
  const plain = column.toLowerCase().replace(/[^a-z]/g, '')
  const wanted = plain === 'prompts' || plain === 'text' ? 'prompt' : plain
  return fieldNames.find((field) => field.toLowerCase() === wanted) ?? null
}
