/** What the keys do while the tree has the focus. */

import { zoomStride } from './camera.ts'
import { walkTree } from './tree-layout.ts'
import type { TreeLayout, TreeNode } from './tree-layout.ts'
import type { CameraHandle } from './use-camera.ts'

type Press = Pick<KeyboardEvent, 'key' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey'>

type TreeAtHand = {
  readonly layout: TreeLayout
  /** Numbers of the winner and what it comes from. */
  readonly winnerLine: readonly number[]
  /** What is selected, or stands for it; null for an empty tree. */
  readonly active: TreeNode | null
  readonly camera: CameraHandle
  readonly onSelect: (node: TreeNode) => void
  readonly onOpen: () => void
}

/** Pixels that an arrow with Shift moves the tree. */
const panStride = 90

const arrows: Readonly<Record<string, { readonly x: number; readonly y: number }>> = {
  ArrowLeft: { x: 1, y: 0 },
  ArrowRight: { x: -1, y: 0 },
  ArrowUp: { x: 0, y: 1 },
  ArrowDown: { x: 0, y: -1 },
}

/** Zooms, moves, walks or opens. Returns whether the key was one of the tree's. */
export function actOnKey(
  { key, shiftKey, ctrlKey, metaKey, altKey }: Press,
  { layout, winnerLine, active, camera, onSelect, onOpen }: TreeAtHand,
): boolean {
  if (ctrlKey || metaKey || altKey) return false
  const boxOf = ({ x, y }: TreeNode) => ({ x, y, width: layout.tile.width, height: layout.tile.height })
  switch (key) {
    case '+':
    case '=':
      camera.zoom(zoomStride)
      return true
    case '-':
    case '_':
      camera.zoom(1 / zoomStride)
      return true
    case 'z':
    case 'Z':
      if (camera.camera.zoom === 1 || active === null) camera.fit()
      else camera.focus(boxOf(active))
      return true
    case 'Enter':
    case ' ':
      if (active?.candidate == null) return false
      onSelect(active)
      onOpen()
      return true
  }
  const arrow = arrows[key]
  if (shiftKey) {
    if (arrow !== undefined) camera.pan(arrow.x * panStride, arrow.y * panStride)
    return arrow !== undefined
  }
  if (active === null) return false
  const seq = walkTree(layout, active.seq, key, new Set(winnerLine))
  const next = seq === null ? undefined : layout.nodes.get(seq)
  // An arrow at the tree's edge scrolls nothing.
  if (next === undefined) return arrow !== undefined
  onSelect(next)
  camera.reveal(boxOf(next))
  return true
}
