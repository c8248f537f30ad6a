/**
 * The search tree as places on a plane: rounds from left to right, in each its candidates in the order in which they are
 * drawn. A place follows from the plan and the candidate's number alone, so that nothing moves while the run grows.
 * Pure; the time is linear in the candidates.
 */

import type { Candidate, RunDetail } from '../../../shared/domain.ts'
import { plannedCandidates } from '../../../shared/plan.ts'
import { plannedRounds } from '../../../shared/rounds.ts'
import { strideOf } from '../../logic/lineage.ts'

/** One candidate's place; `x` and `y` of its left upper corner, in pixels at zoom 1. */
export type TreeNode = {
  readonly seq: number
  /** Null while it is being made. */
  readonly candidate: Candidate | null
  readonly column: number
  /** From top to bottom, then in the next strip of the same round. */
  readonly slot: number
  readonly x: number
  readonly y: number
}

/** A round, or the candidates that a person asked for in it. */
export type TreeColumn = {
  readonly name: string
  readonly x: number
  readonly width: number
  /** Candidates above each other before the next strip begins. */
  readonly rows: number
}

export type TreeLayout = {
  /** Of every tile, its caption included. */
  readonly tile: { readonly width: number; readonly height: number; readonly picture: number }
  readonly width: number
  readonly height: number
  /** Where everything that has no parent comes from: the run's seed. */
  readonly root: { readonly x: number; readonly y: number }
  readonly columns: readonly TreeColumn[]
  /** By sequence. */
  readonly nodes: ReadonlyMap<number, TreeNode>
  /** By column and slot: what Up and Down walk. */
  readonly inColumns: readonly (readonly TreeNode[])[]
  /** By sequence, those that go on from it; under -1 those without a parent that is there. */
  readonly children: ReadonlyMap<number, readonly TreeNode[]>
}

const tileWidth = 112
const captionHeight = 24
const gap = 12
/** Between two rounds: room for the edges and what they say. */
const bandGap = 120
/** Up to so many stand above each other even where that makes the tree flat. */
const fewRows = 8
/** Width over height that a tree of many candidates is brought near to. */
const wantedAspect = 1.7

/** What `children` calls the run's seed. */
export const rootSeq = -1

/**
 * The places of everything that a run has, and of what it is making.
 *
 * @param working numbers of candidates of the search that are being made
 * @param aspect width over height of the pictures
 */
export function layoutTree(
  { spec, candidates }: Pick<RunDetail, 'spec' | 'candidates'>,
  working: readonly number[],
  aspect: number,
): TreeLayout {
  const picture = Math.round(tileWidth / aspect)
  const tile = { width: tileWidth, height: picture + captionHeight, picture }
  const pitch = { x: tile.width + gap, y: tile.height + gap }
  const rounds = plannedRounds(spec)
  const planned = plannedCandidates(spec)
  const rowsLimit = rowsOf(
    rounds.map((round) => round.candidates),
    pitch,
  )

  const columns: TreeColumn[] = []
  const addColumn = (name: string, size: number, rows: number): void => {
    const before = columns.at(-1)
    const x = (before === undefined ? 0 : before.x + before.width) + bandGap
    columns.push({ name, x, width: Math.max(1, Math.ceil(size / rows)) * pitch.x - gap, rows })
  }
  for (const { name, candidates: size } of rounds) {
    // Strips of one block are equally long, as far as the number allows.
    const strips = Math.max(1, Math.ceil(size / rowsLimit))
    addColumn(name, size, Math.max(1, Math.ceil(size / strips)))
  }
  const plannedRows = Math.max(...columns.map(({ rows }) => rows))
  const plannedHeight = plannedRows * pitch.y - gap

  const firsts = firstNumbers(rounds, candidates, planned)
  const nodes = new Map<number, TreeNode>()
  const inColumns: TreeNode[][] = columns.map(() => [])
  const put = (node: TreeNode): void => {
    nodes.set(node.seq, node)
    inColumns[node.column]?.push(node)
  }
  const known = new Set(candidates.map(({ seq }) => seq))
  const inSearch = [
    ...candidates.map((candidate) => ({ seq: candidate.seq, candidate })),
    ...working.filter((seq) => !known.has(seq)).map((seq) => ({ seq, candidate: null })),
  ].toSorted((a, b) => a.seq - b.seq)

  for (const { seq, candidate } of inSearch) {
    if (seq >= planned) continue
    const column = candidate?.round ?? firsts.findLastIndex((first) => first <= seq)
    const slot = seq - (firsts[column] ?? 0)
    const { x, rows } = columns[column] ?? { x: 0, rows: 1 }
    const top = ((plannedRows - rows) * pitch.y) / 2
    const strip = Math.floor(slot / rows)
    put({ seq, candidate, column, slot, x: x + strip * pitch.x, y: top + (slot % rows) * pitch.y })
  }

  // What a person asked for stands below the plan, one column after what it resembles.
  const below = plannedHeight + 2 * gap
  const bottoms: number[] = columns.map(() => below)
  for (const { seq, candidate } of inSearch) {
    if (seq < planned || candidate === null) continue
    const parent = candidate.parent === null ? undefined : nodes.get(candidate.parent)
    const column = (parent?.column ?? columns.length - 1) + 1
    if (column === columns.length) {
      addColumn('more by hand', 1, Infinity)
      inColumns.push([])
      bottoms.push(0)
    }
    const { x, rows } = columns[column] ?? { x: 0, rows: 1 }
    const y = bottoms[column] ?? 0
    bottoms[column] = y + pitch.y
    // Behind all slots of the plan and a strip further, so that they are in no row with any of those.
    const behind = Number.isFinite(rows) ? (rounds[column]?.candidates ?? 0) + 2 * rows : 0
    put({ seq, candidate, column, slot: behind + (inColumns[column]?.length ?? 0), x, y })
  }

  const children = new Map<number, TreeNode[]>()
  for (const node of nodes.values()) {
    const parent = node.candidate === null ? null : (node.candidate.parent ?? rootSeq)
    if (parent === null) continue
    const key = nodes.has(parent) ? parent : rootSeq
    const siblings = children.get(key)
    if (siblings === undefined) children.set(key, [node])
    else siblings.push(node)
  }

  const last = columns.at(-1)
  const used = bottoms.flatMap((bottom, column) =>
    bottom > (column < rounds.length ? below : 0) ? [bottom - gap] : [],
  )
  return {
    tile,
    width: last === undefined ? 0 : last.x + last.width,
    height: Math.max(plannedHeight, ...used),
    root: { x: 0, y: plannedHeight / 2 },
    columns,
    nodes,
    inColumns,
    children,
  }
}

/** Candidates above each other, so that many make a broad block instead of one long column. */
function rowsOf(sizes: readonly number[], pitch: { readonly x: number; readonly y: number }): number {
  const most = Math.max(1, ...sizes)
  for (let rows = fewRows; rows < most; rows = Math.ceil(rows * 1.2)) {
    const width = sizes.reduce((sum, size) => sum + Math.ceil(size / rows) * pitch.x + bandGap, 0)
    if (width <= wantedAspect * rows * pitch.y) return rows
  }
  return most
}

/** The number of each round's first candidate: as planned, or lower where candidates that failed made rounds smaller. */
function firstNumbers(
  rounds: readonly { readonly candidates: number }[],
  candidates: readonly Candidate[],
  planned: number,
): readonly number[] {
  const firsts: number[] = []
  let next = 0
  for (const { candidates: size } of rounds) {
    firsts.push(next)
    next += size
  }
  for (const { seq, round } of candidates) {
    const first = firsts[round]
    if (seq < planned && first !== undefined && seq < first) firsts[round] = seq
  }
  return firsts
}

/** What was done on the way from a candidate to those that go on from it, at the place where the edges say so. */
export type TreeLabel = { readonly x: number; readonly y: number; readonly text: string }

/** Least distance between two labels of one gap. */
const labelPitch = 20

/**
 * The angle or the noise levels of the edges: once for all children of a parent to which the same was done. Where the
 * labels of a gap would stand upon each other, they give way downwards.
 */
export function labelsOf(layout: TreeLayout): readonly TreeLabel[] {
  const { nodes, children } = layout
  const groups = new Map<string, { column: number; sum: number; count: number; text: string }>()
  for (const [parentSeq, siblings] of children) {
    const parent = nodes.get(parentSeq)
    for (const node of siblings) {
      const { candidate, column } = node
      if (candidate === null) continue
      const text = edgeText(parent, candidate)
      if (text === null) continue
      const key = `${parentSeq} ${column} ${text}`
      const group = groups.get(key) ?? { column, sum: 0, count: 0, text }
      groups.set(key, {
        ...group,
        sum: group.sum + labelY(layout, parent, node),
        count: group.count + 1,
      })
    }
  }
  const byColumn = Map.groupBy(groups.values(), ({ column }) => column)
  return [...byColumn].flatMap(([column, all]) => {
    const x = (layout.columns[column]?.x ?? 0) - bandGap * 0.4
    let free = Number.NEGATIVE_INFINITY
    return all
      .map(({ sum, count, text }) => ({ y: sum / count, text }))
      .toSorted((a, b) => a.y - b.y)
      .map(({ y, text }) => {
        const at = Math.max(y, free)
        free = at + labelPitch
        return { x, y: at, text }
      })
  })
}

/** What the edges along a line of candidates say, from the seed on where it begins there; `x` is where each edge ends. */
export function labelsAlong(layout: TreeLayout, line: readonly number[]): readonly TreeLabel[] {
  return line.flatMap((seq, index) => {
    const node = layout.nodes.get(seq)
    if (node === undefined || node.candidate === null) return []
    const parent = layout.nodes.get(line[index - 1] ?? rootSeq)
    const text = edgeText(parent, node.candidate)
    return text === null
      ? []
      : [{ x: layout.columns[node.column]?.x ?? 0, y: labelY(layout, parent, node), text }]
  })
}

/** What was done along an edge, as short as it has room for: of a path's noise levels the one that it reached. */
function edgeText(parent: TreeNode | undefined, candidate: Candidate): string | null {
  return strideOf(parent?.candidate ?? null, candidate)?.replace(/σ .* → /, 'σ ') ?? null
}

/** Two thirds of the way: where the edges of one parent have parted from those of the others. */
function labelY({ root, tile }: TreeLayout, parent: TreeNode | undefined, { y }: TreeNode): number {
  const from = parent === undefined ? root.y : parent.y + tile.picture / 2
  return from + (y + tile.picture / 2 - from) * 0.66
}

/** A line of small text and an average character of it, in CSS pixels. */
const lineHeight = 16
const characterWidth = 7

/** The labels that can be read at a zoom in small text: each that stands on none of those before it. */
export function legible(labels: readonly TreeLabel[], zoom: number): readonly TreeLabel[] {
  const kept: TreeLabel[] = []
  for (const label of labels) {
    const isFree = kept.every(({ x, y, text }) => {
      const apart = ((text.length + label.text.length) / 2 + 1) * characterWidth
      return Math.abs(x - label.x) * zoom >= apart || Math.abs(y - label.y) * zoom >= lineHeight
    })
    if (isFree) kept.push(label)
  }
  return kept
}

/**
 * Where a key leads from a candidate: left to its parent, right to what goes on from it (along `line` where that is
 * possible), up and down within the round. Where there is no parent or child, to the next strip of the same round.
 * Null where there is nothing.
 *
 * @param line numbers of the winner and what it comes from
 */
export function walkTree(
  { nodes, children, inColumns, columns }: TreeLayout,
  seq: number,
  key: string,
  line: ReadonlySet<number>,
): number | null {
  const here = nodes.get(seq)
  if (here === undefined) return null
  const round = inColumns[here.column] ?? []
  const index = round.indexOf(here)
  const inStrip = (by: 1 | -1) => {
    const slot = here.slot + by * (columns[here.column]?.rows ?? 1)
    return round.find((node) => node.slot === slot)?.seq ?? null
  }
  switch (key) {
    case 'ArrowUp':
      return round[index - 1]?.seq ?? null
    case 'ArrowDown':
      return round[index + 1]?.seq ?? null
    case 'ArrowLeft': {
      const parent = here.candidate?.parent ?? null
      return parent !== null && nodes.has(parent) ? parent : inStrip(-1)
    }
    case 'ArrowRight': {
      const next = children.get(seq) ?? []
      return (next.find((node) => line.has(node.seq)) ?? next[0])?.seq ?? inStrip(1)
    }
    case 'Home':
      return inColumns.find((column) => column.length > 0)?.[0]?.seq ?? null
    case 'End':
      return inColumns.findLast((column) => column.length > 0)?.at(-1)?.seq ?? null
    default:
      return null
  }
}
