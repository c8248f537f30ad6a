/**
 * Arrow keys among the things of a grid or a strip: one stop for the Tab key, arrows move inside. The next thing is
 * found by where it stands on the screen, so the same code serves one row, many rows and rows that wrap.
 */

import type { KeyboardEvent } from 'react'

export type Box = {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/**
 * The index that an arrow, Home or End leads to from `index`; null for any other key and at the edge. Left and right
 * follow the order of the boxes and wrap to the next row; up and down go to the nearest box of the next row.
 */
export function nextIndex(boxes: readonly Box[], index: number, key: string): number | null {
  const here = boxes[index]
  if (here === undefined) return null
  switch (key) {
    case 'ArrowLeft':
      return index > 0 ? index - 1 : null
    case 'ArrowRight':
      return index < boxes.length - 1 ? index + 1 : null
    case 'Home':
      return 0
    case 'End':
      return boxes.length - 1
    case 'ArrowUp':
    case 'ArrowDown':
      return nearestRow(boxes, here, key === 'ArrowDown' ? 1 : -1)
    default:
      return null
  }
}

function nearestRow(boxes: readonly Box[], here: Box, direction: 1 | -1): number | null {
  const middle = (box: Box) => box.left + box.width / 2
  let best: { readonly index: number; readonly rows: number; readonly offset: number } | null = null
  for (const [index, box] of boxes.entries()) {
    const rows = (box.top - here.top) * direction
    if (rows < here.height / 2) continue
    const offset = Math.abs(middle(box) - middle(here))
    const nearerRow = best !== null && rows < best.rows - 1
    const sameRow = best !== null && Math.abs(rows - best.rows) <= 1
    if (best === null || nearerRow || (sameRow && offset < best.offset)) best = { index, rows, offset }
  }
  return best?.index ?? null
}

/** Handles the keys of a container whose members carry `data-rove`: moves the focus among them. */
export function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  const members = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-rove]')]
  const index = members.findIndex((member) => member === event.target)
  if (index < 0) return
  const next = nextIndex(
    members.map((member) => member.getBoundingClientRect()),
    index,
    event.key,
  )
  if (next === null) return
  event.preventDefault()
  const member = members[next]
  member?.focus({ preventScroll: true })
  member?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
}
