/** Answers the wall's questions from its columns: which pictures, in which order. */

import { endianness } from 'node:os'

import { assertNever } from '../../shared/assert-never.ts'
import type { PictureId, Range, WallFilter, WallOrder, WallQuestion } from '../../shared/gallery.ts'
import { arms, flags, folded, type Source, type WallColumns } from './wall-columns.ts'

/**
 * The pictures that a filter lets through, in order.
 *
 * @param onBoard the pictures of the board that the filter names
 */
export function askWall(
  columns: WallColumns,
  { filter, order }: WallQuestion,
  onBoard: ReadonlySet<PictureId> | null,
): readonly PictureId[] {
  const rows = inOrder(columns, order, filtered(columns, filter, onBoard))
  const pictures = new Array<PictureId>(rows.length)
  for (let at = 0; at < rows.length; at += 1) pictures[at] = columns.ids[rows[at] ?? 0] ?? 0
  return pictures
}

/** Rows that the filter lets through, by the numbers of their pictures. */
function filtered(
  columns: WallColumns,
  filter: WallFilter,
  onBoard: ReadonlySet<PictureId> | null,
): Int32Array {
  const { ids, source, arm, flag, rating, unfinished, byNumber } = columns
  const sources = Uint8Array.from(columns.sources, sourceTest(filter))
  const armsWanted = wanted([...arms, 'outside'], filter.arms)
  const flagsWanted = wanted(
    flags.map((one) => one ?? 'none'),
    filter.flags,
  )
  const leastRating = filter.ratingAtLeast ?? 0
  const drafts = filter.unfinished === true ? 1 : 0
  const inScore = rangeTest(filter.score, (verifier) => columns.scores(verifier))
  const inDelta = rangeTest(filter.delta, (verifier) => columns.deltas(verifier))
  const passed = new Int32Array(byNumber.length)
  let count = 0
  for (const row of byNumber) {
    if (
      sources[source[row] ?? 0] === 1 &&
      armsWanted[arm[row] ?? 0] === 1 &&
      flagsWanted[flag[row] ?? 0] === 1 &&
      (rating[row] ?? 0) >= leastRating &&
      (unfinished[row] ?? 0) <= drafts &&
      (onBoard === null || onBoard.has(ids[row] ?? 0)) &&
      inScore(row) &&
      inDelta(row)
    ) {
      passed[count] = row
      count += 1
    }
  }
  return passed.subarray(0, count)
}

/** 1 for each of the values that are wanted; nothing wanted in particular is everything. */
function wanted(values: readonly string[], list: readonly string[] | undefined): Uint8Array {
  return Uint8Array.from(values, (value) =>
    list === undefined || list.length === 0 || list.includes(value) ? 1 : 0,
  )
}

/** Everything that all pictures of a source share is asked once. */
function sourceTest(filter: WallFilter): (source: Source) => 0 | 1 {
  const { packs = [], algorithms = [], origin, run } = filter
  const words = folded(filter.text ?? '')
    .split(/\s+/)
    .filter((word) => word !== '')
  const from = filter.from === undefined ? -Infinity : Date.parse(filter.from)
  const before = filter.before === undefined ? Infinity : Date.parse(filter.before)
  const includes = <Value>(list: readonly Value[], value: Value | null): boolean =>
    list.length === 0 || (value !== null && list.includes(value))
  return (source) =>
    includes(packs, source.pack) &&
    includes(algorithms, source.algorithm) &&
    (origin === undefined || origin === source.kind) &&
    (run === undefined || run === source.run) &&
    source.madeAt >= from &&
    source.madeAt < before &&
    words.every((word) => source.text.includes(word))
      ? 1
      : 0
}

function rangeTest(
  range: Range | undefined,
  column: (verifier: Range['verifier']) => Float64Array,
): (row: number) => boolean {
  if (range === undefined) return () => true
  const values = column(range.verifier)
  const { least = -Infinity, most = Infinity } = range
  return (row) => {
    const value = values[row] ?? NaN
    // Never true of NaN: what lacks the value is in no range of it.
    return value >= least && value <= most
  }
}

/** Sorts rows that stand by number; what lacks the value comes last, by number. */
function inOrder(columns: WallColumns, order: WallOrder, rows: Int32Array): Int32Array {
  const values = valuesOf(columns, order)
  const keys = new Float64Array(rows.length)
  const having = new Int32Array(rows.length)
  const lacking: number[] = []
  let count = 0
  for (const row of rows) {
    const value = values(row)
    if (Number.isNaN(value)) lacking.push(row)
    else {
      // The zeros are one number.
      keys[count] = value + 0
      having[count] = row
      count += 1
    }
  }
  const sorted = new Int32Array(rows.length)
  sorted.set(sortedBy(keys.subarray(0, count), having.subarray(0, count), order.descending))
  sorted.set(lacking, count)
  return sorted
}

function valuesOf(columns: WallColumns, order: WallOrder): (row: number) => number {
  switch (order.by) {
    case 'made': {
      const made = Float64Array.from(columns.sources, ({ madeAt }) => madeAt)
      return (row) => made[columns.source[row] ?? 0] ?? NaN
    }
    case 'rating':
      return (row) => columns.rating[row] || NaN
    case 'score': {
      const scores = columns.scores(order.verifier)
      return (row) => scores[row] ?? NaN
    }
    case 'delta': {
      const deltas = columns.deltas(order.verifier)
      return (row) => deltas[row] ?? NaN
    }
    default:
      return assertNever(order, 'order of the wall')
  }
}

/**
 * Rows by their keys, equals as they were: a radix sort of the keys' bits, 16 at a time. 100,000 rows take a fraction of
 * what a comparing function needs. Plain loops on purpose: with callbacks it takes three times as long.
 */
function sortedBy(keys: Float64Array, rows: Int32Array, descending: boolean): Int32Array {
  const { low, high } = ordered(keys, descending)
  let from: Keyed = { rows, low, high }
  let to: Keyed = { rows: rows.slice(), low: low.slice(), high: high.slice() }
  for (const [half, shift] of [
    ['low', 0],
    ['low', 16],
    ['high', 0],
    ['high', 16],
  ] as const) {
    const starts = startsOf(from[half], shift)
    if (starts === null) continue
    const digits = from[half]
    for (let at = 0; at < rows.length; at += 1) {
      const digit = ((digits[at] ?? 0) >>> shift) & 0xffff
      const place = starts[digit] ?? 0
      starts[digit] = place + 1
      to.rows[place] = from.rows[at] ?? 0
      to.low[place] = from.low[at] ?? 0
      to.high[place] = from.high[at] ?? 0
    }
    ;[from, to] = [to, from]
  }
  return from.rows
}

/** Rows with the halves of their keys. */
type Keyed = { readonly rows: Int32Array; readonly low: Uint32Array; readonly high: Uint32Array }

/** Where the keys with each digit begin when they are sorted by it; null where all have the same. */
function startsOf(words: Uint32Array, shift: 0 | 16): Uint32Array | null {
  const counts = new Uint32Array(0x10000)
  for (let at = 0; at < words.length; at += 1) {
    const digit = ((words[at] ?? 0) >>> shift) & 0xffff
    counts[digit] = (counts[digit] ?? 0) + 1
  }
  let start = 0
  for (let digit = 0; digit < counts.length; digit += 1) {
    const count = counts[digit] ?? 0
    if (count === words.length) return null
    counts[digit] = start
    start += count
  }
  return counts
}

/**
 * The halves of float64 bits as words whose order is that of the values, or the reverse: a negative number has all of
 * its bits turned, another its sign.
 */
function ordered(keys: Float64Array, descending: boolean): { low: Uint32Array; high: Uint32Array } {
  const words = new Uint32Array(keys.buffer, keys.byteOffset, keys.length * 2)
  const lowAt = endianness() === 'LE' ? 0 : 1
  const turn = descending ? 0xffffffff : 0
  const low = new Uint32Array(keys.length)
  const high = new Uint32Array(keys.length)
  for (let at = 0; at < keys.length; at += 1) {
    const top = words[at * 2 + 1 - lowAt] ?? 0
    const negative = top >>> 31 === 1
    low[at] = (words[at * 2 + lowAt] ?? 0) ^ (negative ? 0xffffffff : 0) ^ turn
    high[at] = top ^ (negative ? 0xffffffff : 0x80000000) ^ turn
  }
  return { low, high }
}
