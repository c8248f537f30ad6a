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
  return Array.from(rows, (row) => columns.ids[row] ?? 0)
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
      keys[count] = value
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
 * Rows by their keys, equals as they were: a radix sort of the keys' bits, four passes of 16. 100,000 rows take a
 * fraction of what a comparing function needs.
 */
function sortedBy(keys: Float64Array, rows: Int32Array, descending: boolean): Int32Array {
  const words = ordered(keys, descending)
  let from = Uint32Array.from(rows, (_, place) => place)
  let to = new Uint32Array(rows.length)
  for (const [word, shift] of [
    [low, 0],
    [low, 16],
    [high, 0],
    [high, 16],
  ] as const) {
    const digitOf = (place: number): number => ((words[place * 2 + word] ?? 0) >>> shift) & 0xffff
    const starts = new Uint32Array(0x10001)
    for (const place of from) starts[digitOf(place) + 1] = (starts[digitOf(place) + 1] ?? 0) + 1
    for (let digit = 1; digit <= 0xffff; digit += 1) {
      starts[digit] = (starts[digit] ?? 0) + (starts[digit - 1] ?? 0)
    }
    for (const place of from) {
      const start = starts[digitOf(place)] ?? 0
      to[start] = place
      starts[digitOf(place)] = start + 1
    }
    ;[from, to] = [to, from]
  }
  return Int32Array.from(from, (place) => rows[place] ?? 0)
}

/** Where the halves of a float64 stand, as two 32-bit words. */
const low = endianness() === 'LE' ? 0 : 1
const high = 1 - low

/**
 * The bits of float64 as words whose order as whole numbers is that of the values, or the reverse: a negative number
 * has all of its bits turned, another its sign.
 */
function ordered(keys: Float64Array, descending: boolean): Uint32Array {
  // Adding zero makes the zeros one.
  const words = new Uint32Array(keys.map((key) => key + 0).buffer)
  const turn = descending ? 0xffffffff : 0
  for (let at = 0; at < words.length; at += 2) {
    const negative = (words[at + high] ?? 0) >>> 31 === 1
    words[at + low] = (words[at + low] ?? 0) ^ (negative ? 0xffffffff : 0) ^ turn
    words[at + high] = (words[at + high] ?? 0) ^ (negative ? 0xffffffff : 0x80000000) ^ turn
  }
  return words
}
