/** Pictures with their marks, costs and scores as a table for spreadsheets. */

import type { Picture } from './gallery.ts'
import { imageVerifiers } from './vocabulary.ts'

/**
 * A header and a line for each picture, as RFC 4180 has it: commas, quotes doubled, CRLF. Numbers are written in full;
 * a score that is missing is an empty cell, never 0. A verifier has a column where at least one picture has a score by it.
 *
 * Texts that a spreadsheet would take for a formula get an apostrophe in front: a prompt may come from a stranger's file.
 */
export function scoresCsv(pictures: readonly Picture[]): string {
  const judges = imageVerifiers.filter((id) => pictures.some(({ scores }) => scores[id] !== undefined))
  const deltas = judges.filter((id) =>
    pictures.some(({ origin }) => origin.kind === 'candidate' && origin.deltas[id] !== undefined),
  )
  const head = [
    ...['picture', 'run', 'arm', 'seq', 'name', 'prompt', 'pack', 'algorithm', 'steps', 'nfe', 'seconds'],
    ...['made_at', 'flag', 'rating', 'image_sha256'],
    ...judges,
    ...deltas.map((id) => `delta_${id}`),
  ]
  const rows = pictures.map((picture) => {
    const { id, origin, prompt, madeAt, flag, rating, imageSha256, scores } = picture
    const made = origin.kind === 'candidate' ? origin : null
    return [
      ...[id, made?.runId, made?.arm, made?.seq, origin.kind === 'outside' ? origin.name : null, prompt],
      ...[made?.pack, made?.algorithm, made?.steps, made?.nfe, made?.seconds],
      ...[madeAt, flag, rating, imageSha256],
      ...judges.map((one) => scores[one]),
      ...deltas.map((one) => made?.deltas[one]),
    ]
  })
  return [head, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('')
}

function cell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number') return String(value)
  const plain = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain
}
