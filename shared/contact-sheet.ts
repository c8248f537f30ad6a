/** A contact sheet: many pictures on one page, each with a few words under it. */

import { drawing, element, line, papers, picture } from './svg.ts'
import type { DrawnImage, PaperId } from './svg.ts'

export type SheetPicture = {
  readonly image: DrawnImage
  /** Under the picture: its name and score. */
  readonly caption: readonly [string, string]
  readonly stars: number
  readonly picked: boolean
}

export type SheetOptions = {
  readonly title: string
  readonly subtitle: string
  readonly columns: number
  readonly paper: PaperId
  readonly captions: boolean
}

/** Pictures that fit on one sheet; a larger one would be no picture that other programs open. */
export const maxOnSheet = 400

const cellSize = 240
const gap = 16
const margin = 40
const headHeight = 66
const captionHeight = 40

/**
 * The sheet as SVG, rows filled from the left. Cells are squares of 240 units, pictures of any shape stand whole in them.
 *
 * @param pictures at most `maxOnSheet`; the others are left out
 */
export function contactSheet(pictures: readonly SheetPicture[], options: SheetOptions): string {
  const { title, subtitle, columns, captions } = options
  const paper = papers[options.paper]
  const shown = pictures.slice(0, maxOnSheet)
  const across = Math.max(1, Math.min(columns, shown.length))
  const rowHeight = cellSize + (captions ? captionHeight : 0) + gap
  const width = 2 * margin + across * cellSize + (across - 1) * gap
  const height = margin + headHeight + Math.ceil(shown.length / across) * rowHeight - gap + margin
  const room = Math.floor((width - 2 * margin) / 10)
  const cells = shown.map((one, i) => {
    const x = margin + (i % across) * (cellSize + gap)
    const y = margin + headHeight + Math.floor(i / across) * rowHeight
    const [name, score] = one.caption
    const words = [
      line(name, x, y + cellSize + 17, { size: 12, fill: paper.text, most: 26 }),
      line(score, x + cellSize, y + cellSize + 17, { size: 12, fill: paper.dim, anchor: 'end' }),
      line('★'.repeat(one.stars), x, y + cellSize + 34, { size: 12, fill: paper.accent }),
    ]
    const ring = { x: x - 2, y: y - 2, width: cellSize + 4, height: cellSize + 4, fill: 'none' }
    return [
      picture(one.image, x, y, cellSize, cellSize),
      one.picked ? element('rect', { ...ring, stroke: paper.accent, 'stroke-width': 2 }) : '',
      ...(captions ? words : []),
    ].join('')
  })
  return drawing(width, height, paper, [
    line(title, margin, margin + 20, { size: 20, fill: paper.text, weight: 600, most: room }),
    line(subtitle, margin, margin + 42, { size: 13, fill: paper.dim, most: Math.floor(room * 1.4) }),
    ...cells,
  ])
}
