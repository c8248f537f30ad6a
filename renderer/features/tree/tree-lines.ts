/** The tree as lines and points: what an SVG path says. Pure. */

import { scoreBy } from '../../../shared/ranking.ts'
import type { VerifierId } from '../../../shared/vocabulary.ts'
import { shownPart } from './camera.ts'
import type { Camera, Size } from './camera.ts'
import { rootSeq } from './tree-layout.ts'
import type { TreeLayout, TreeNode } from './tree-layout.ts'

/** Steps of the scale of scores (tokens.css). */
export const scaleSteps = 6

/** Lowest and highest score of what is there. */
export type ScoreRange = { readonly least: number; readonly most: number }

export function scoreRange({ nodes }: TreeLayout, shown: VerifierId): ScoreRange | null {
  let [least, most] = [Infinity, -Infinity]
  for (const { candidate } of nodes.values()) {
    const score = candidate === null ? null : scoreBy(candidate, shown)
    if (score === null) continue
    least = Math.min(least, score)
    most = Math.max(most, score)
  }
  return least <= most ? { least, most } : null
}

/** 1 for the lowest scores, `scaleSteps` for the highest; null for none. All the same score is the highest. */
export function stepOf({ candidate }: TreeNode, shown: VerifierId, range: ScoreRange | null): number | null {
  const score = candidate === null ? null : scoreBy(candidate, shown)
  if (score === null || range === null) return null
  const share = range.most === range.least ? 1 : (score - range.least) / (range.most - range.least)
  return Math.min(scaleSteps, 1 + Math.floor(share * scaleSteps))
}

/**
 * Every edge; from the seed only those to the first strip of a block: thousands of lines would be a fan without a
 * figure.
 */
export function edgesPath(layout: TreeLayout): string {
  const parts: string[] = []
  for (const [parentSeq, siblings] of layout.children) {
    for (const node of siblings) {
      if (parentSeq === rootSeq && node.x > (layout.columns[node.column]?.x ?? 0)) continue
      parts.push(edge(layout, parentSeq, node))
    }
  }
  return parts.join('')
}

/** The edges along a line of candidates, from the seed on where it begins there. */
export function linePath(layout: TreeLayout, line: readonly number[]): string {
  return line
    .map((seq, index) => {
      const node = layout.nodes.get(seq)
      return node === undefined ? '' : edge(layout, line[index - 1] ?? rootSeq, node)
    })
    .join('')
}

function edge({ nodes, root, tile }: TreeLayout, parentSeq: number, to: TreeNode): string {
  const from = nodes.get(parentSeq)
  const [x1, y1] = from === undefined ? [root.x, root.y] : [from.x + tile.width, from.y + tile.picture / 2]
  const [x2, y2] = [to.x, to.y + tile.picture / 2]
  const bend = Math.min(80, (x2 - x1) / 2)
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`
}

/** The squares of all candidates of one step of the scale (null: without a score), for when pictures are too small. */
export function pointsPath(
  layout: TreeLayout,
  shown: VerifierId,
  range: ScoreRange | null,
  step: number | null,
): string {
  const { width, picture } = layout.tile
  const parts: string[] = []
  for (const node of layout.nodes.values()) {
    if (stepOf(node, shown, range) === step) parts.push(`M${node.x} ${node.y}h${width}v${picture}h-${width}z`)
  }
  return parts.join('')
}

/** The candidate whose tile holds a place of the plane. */
export function nodeAt({ nodes, tile }: TreeLayout, x: number, y: number): TreeNode | null {
  for (const node of nodes.values()) {
    if (x >= node.x && x <= node.x + tile.width && y >= node.y && y <= node.y + tile.height) return node
  }
  return null
}

/** What is in the window and a little around it; the active one always. */
export function visibleNodes(
  layout: TreeLayout,
  camera: Camera,
  size: Size,
  active: TreeNode | null,
): readonly TreeNode[] {
  const part = shownPart(camera, size, layout.tile.width)
  const isVisible = ({ x, y }: TreeNode) =>
    x + layout.tile.width > part.x &&
    x < part.x + part.width &&
    y + layout.tile.height > part.y &&
    y < part.y + part.height
  return [...layout.nodes.values()].filter((node) => node === active || isVisible(node))
}
