/** The figure of a run on paper: left one noise with more steps, right the search, columns of growing compute. */

import { drawing, element, line, papers, picture } from './svg.ts'
import type { DrawnImage, PaperId } from './svg.ts'

export type DrawnColumn = {
  /** `20 steps`, `best of 4`. */
  readonly name: string
  /** What it cost: `80 NFE`, `1.2 s`. */
  readonly costs: readonly [string, string]
  /** Null for what was not made. */
  readonly image: DrawnImage | null
  readonly score: string
  readonly delta: string
  readonly winner: boolean
}

export type DrawnFigure = {
  readonly title: string
  readonly subtitle: string
  /** A half without columns is left out. */
  readonly halves: readonly { readonly title: string; readonly columns: readonly DrawnColumn[] }[]
  /** What the comparison says in words. */
  readonly verdict: string
}

const cellSize = 168
const gap = 12
const between = 40
const margin = 40
const headHeight = 66
const halfHeight = 84

/** The figure as SVG. */
export function figureDrawing({ title, subtitle, halves, verdict }: DrawnFigure, on: PaperId): string {
  const paper = papers[on]
  const drawn = halves.filter(({ columns }) => columns.length > 0)
  const widthOf = (count: number) => count * cellSize + (count - 1) * gap
  const inner = drawn.reduce(
    (sum, { columns }, i) => sum + widthOf(columns.length) + (i > 0 ? between : 0),
    0,
  )
  const width = 2 * margin + Math.max(inner, 560)
  const top = margin + headHeight
  const height = top + halfHeight + cellSize + 56 + margin
  const room = Math.floor((width - 2 * margin) / 10)
  let left = margin
  const parts = drawn.flatMap((half) => {
    const start = left
    const span = widthOf(half.columns.length)
    left += span + between
    return [
      line(half.title, start, top + 14, { size: 14, fill: paper.text, weight: 600 }),
      element('path', { d: `M${start} ${top + 24}h${span}`, stroke: paper.line }),
      ...half.columns.map((column, i) => drawColumn(column, start + i * (cellSize + gap), top + 44, on)),
    ]
  })
  return drawing(width, height, paper, [
    line(title, margin, margin + 20, { size: 20, fill: paper.text, weight: 600, most: room }),
    line(subtitle, margin, margin + 42, { size: 13, fill: paper.dim, most: Math.floor(room * 1.4) }),
    ...parts,
    line(verdict, margin, height - margin + 12, { size: 13, fill: paper.dim, most: Math.floor(room * 1.4) }),
  ])
}

function drawColumn(column: DrawnColumn, x: number, y: number, on: PaperId): string {
  const paper = papers[on]
  const [nfe, seconds] = column.costs
  const under = y + 32 + cellSize + 20
  const box = { x, y: y + 32, width: cellSize, height: cellSize }
  return [
    line(column.name, x, y, { size: 13, fill: paper.text }),
    line(nfe, x, y + 18, { size: 12, fill: paper.dim }),
    line(seconds, x + cellSize, y + 18, { size: 12, fill: paper.dim, anchor: 'end' }),
    column.image === null
      ? element('rect', { ...box, fill: 'none', stroke: paper.line, 'stroke-dasharray': '4 4' })
      : picture(column.image, box.x, box.y, cellSize, cellSize),
    column.winner ? element('rect', { ...box, fill: 'none', stroke: paper.accent, 'stroke-width': 3 }) : '',
    line(column.score, x, under, { size: 13, fill: paper.text, weight: column.winner ? 600 : 400 }),
    line(column.delta, x + cellSize, under, { size: 13, fill: paper.dim, anchor: 'end' }),
  ].join('')
}
