/** Where things are on a wall of rows of one height: keys, ranges of rows, and what stays in its place. Pure. */

import type { PictureId } from '../../../shared/gallery.ts'

/** All lengths in CSS pixels; `tile` is the width of one, `row` its height with the gap under it. */
export type WallShape = { readonly columns: number; readonly tile: number; readonly row: number }

/** Between tiles and around them, and the line under each picture. */
export const wallGap = 12
const captionHeight = 22

/** As many tiles of about the wished width as fit beside each other, widened to fill the row. */
export function shapeOf(width: number, wished: number): WallShape {
  const room = Math.max(1, width - 2 * wallGap)
  const columns = Math.max(1, Math.floor((room + wallGap) / (wished + wallGap)))
  const tile = Math.max(1, (room - wallGap * (columns - 1)) / columns)
  return { columns, tile, row: Math.round(tile) + captionHeight + wallGap }
}

/** Distance of a row's top from that of the wall. */
export function topOf(index: number, { columns, row }: WallShape): number {
  return wallGap + Math.floor(index / columns) * row
}

/** The whole wall's height. */
export function heightOf(count: number, { columns, row }: WallShape): number {
  return wallGap + Math.ceil(count / columns) * row
}

/** The index that a key leads to, null for other keys; at an edge it stays. `rows` fit on the screen. */
export function movedIndex(
  index: number,
  key: string,
  { columns, count, rows }: { readonly columns: number; readonly count: number; readonly rows: number },
): number | null {
  const last = count - 1
  /** Up and down stay in the column, and below a row that is not full go to its end. */
  const byRows = (by: number) => {
    const row = Math.floor(index / columns) + by
    const lastRow = Math.floor(last / columns)
    const wanted = Math.min(Math.max(row, 0), lastRow) * columns + (index % columns)
    return Math.min(wanted, last)
  }
  switch (key) {
    case 'ArrowLeft':
      return Math.max(0, index - 1)
    case 'ArrowRight':
      return Math.min(last, index + 1)
    case 'ArrowUp':
      return byRows(-1)
    case 'ArrowDown':
      return byRows(1)
    case 'PageUp':
      return byRows(-Math.max(1, rows))
    case 'PageDown':
      return byRows(Math.max(1, rows))
    case 'Home':
      return 0
    case 'End':
      return last
    default:
      return null
  }
}

/** Where to scroll so that a row is seen whole, from where the wall is now. */
export function scrollToShow(index: number, shape: WallShape, now: number, height: number): number {
  const top = topOf(index, shape) - wallGap
  const bottom = topOf(index, shape) + shape.row
  if (top < now) return top
  return bottom > now + height ? bottom - height : now
}

/**
 * The picture that takes the place of one that has left: the next after it that is still there, or the last before it.
 * Null where none of them is.
 */
export function successor(
  gone: PictureId,
  before: readonly PictureId[],
  there: ReadonlySet<PictureId>,
): PictureId | null {
  const place = before.indexOf(gone)
  if (place < 0) return null
  for (let index = place + 1; index < before.length; index++) {
    const id = before[index]
    if (id !== undefined && there.has(id)) return id
  }
  return before.slice(0, place).findLast((id) => there.has(id)) ?? null
}

export type Chosen = { readonly selected: readonly PictureId[]; readonly active: PictureId | null }

/**
 * The selection after the wall has changed: what is not shown is not selected, and the focus goes on where it was.
 * Null where everything is still there.
 *
 * @param before what the wall showed; null where it has another question now, or is seen for the first time
 */
export function keptSelection(
  { selected, active }: { readonly selected: ReadonlySet<PictureId>; readonly active: PictureId | null },
  before: readonly PictureId[] | null,
  now: readonly PictureId[],
): Chosen | null {
  if (selected.size === 0) return null
  const there = new Set(now)
  const left = [...selected].filter((id) => there.has(id))
  if (left.length === selected.size) return null
  if (active !== null && there.has(active)) return { selected: left, active }
  const [first] = left
  if (first !== undefined) return { selected: left, active: first }
  const next = active === null || before === null ? null : successor(active, before, there)
  return { selected: next === null ? [] : [next], active: next }
}

/** What the wall showed where, for finding the same place again. */
export type Placed = {
  readonly ids: readonly PictureId[]
  readonly shape: WallShape
  readonly scrollTop: number
  /** Of the window on the wall. */
  readonly height: number
}

/**
 * Where to scroll so that nothing moves under the eye when pictures come or go or tiles change their size: what is in
 * front keeps its place if it is seen, else the first picture that is seen. At the very top the wall stays there, and
 * new pictures come into view.
 */
export function scrollAnchored(
  { ids, shape, scrollTop, height }: Placed,
  active: PictureId | null,
  now: readonly PictureId[],
  nowShape: WallShape,
): number {
  const activeIndex = active === null ? -1 : ids.indexOf(active)
  const y = topOf(activeIndex, shape) - scrollTop
  const seen = activeIndex >= 0 && y > -shape.row && y < height
  if (!seen && scrollTop <= wallGap) return 0
  const from = seen ? activeIndex : Math.max(0, Math.floor((scrollTop - wallGap) / shape.row)) * shape.columns
  // What stood there may have gone: the next one that is left stands for it.
  for (let index = from; index < ids.length; index++) {
    const id = ids[index]
    const found = id === undefined ? -1 : now.indexOf(id)
    if (found >= 0) return Math.max(0, topOf(found, nowShape) - (topOf(from, shape) - scrollTop))
    if (index - from > 500) break
  }
  return scrollTop
}
