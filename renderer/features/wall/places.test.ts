import assert from 'node:assert/strict'
import { test } from 'node:test'

import {
  heightOf,
  keptSelection,
  movedIndex,
  scrollAnchored,
  scrollToShow,
  shapeOf,
  successor,
  topOf,
  wallGap,
} from './places.ts'

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index)

test('tiles fill the row, are never narrower than wished where two fit, and one fits anywhere', () => {
  for (let width = 40; width < 3000; width += 37) {
    for (const wished of [80, 160, 320]) {
      const { columns, tile } = shapeOf(width, wished)
      assert.ok(Math.abs(columns * tile + (columns - 1) * wallGap - Math.max(1, width - 2 * wallGap)) < 1e-6)
      if (columns > 1) assert.ok(tile >= wished)
      assert.ok(columns >= 1 && tile > 0)
    }
  }
})

test('arrows walk the grid in two dimensions and stop at its edges', () => {
  const walk = (index: number, ...keys: readonly string[]) =>
    keys.reduce((at, key) => movedIndex(at, key, { columns: 4, count: 10, rows: 2 }) ?? -1, index)
  assert.equal(walk(0, 'ArrowRight', 'ArrowDown'), 5)
  assert.equal(walk(0, 'ArrowLeft', 'ArrowUp'), 0)
  assert.equal(walk(3, 'ArrowRight'), 4)
  assert.equal(walk(7, 'ArrowDown'), 9, 'the last row is not full')
  assert.equal(walk(9, 'ArrowRight', 'ArrowDown'), 9)
  assert.equal(walk(9, 'ArrowUp'), 5)
  assert.equal(walk(1, 'PageDown'), 9)
  assert.equal(walk(9, 'PageUp'), 1)
  assert.equal(walk(4, 'End'), 9)
  assert.equal(walk(4, 'Home'), 0)
  assert.equal(movedIndex(4, 'p', { columns: 4, count: 10, rows: 2 }), null)
})

test('a row is scrolled to just as far as it takes', () => {
  const shape = { columns: 2, tile: 100, row: 130 }
  assert.equal(scrollToShow(0, shape, 500, 300), 0)
  assert.equal(scrollToShow(4, shape, 100, 400), 100)
  const down = scrollToShow(9, shape, 0, 300)
  assert.equal(down + 300, topOf(9, shape) + shape.row)
  assert.equal(scrollToShow(9, shape, down, 300), down)
  assert.equal(heightOf(10, shape), topOf(9, shape) + shape.row)
})

test('who leaves the wall is followed by the next, at the end by the one before', () => {
  const before = [5, 9, 2, 7]
  assert.equal(successor(9, before, new Set([5, 2, 7])), 2)
  assert.equal(successor(9, before, new Set([5, 7])), 7)
  assert.equal(successor(7, before, new Set([5, 9])), 9)
  assert.equal(successor(7, before, new Set()), null)
  assert.equal(successor(1, before, new Set([5])), null)
})

test('only what is shown is selected, and the focus stays or goes on', () => {
  const chosen = (ids: readonly number[], active: number) => ({ selected: new Set(ids), active })
  assert.equal(keptSelection(chosen([2, 9], 9), [5, 9, 2], [9, 2, 1]), null)
  assert.equal(keptSelection({ selected: new Set(), active: null }, [1], []), null)
  assert.deepEqual(keptSelection(chosen([2, 9], 9), [5, 9, 2], [5, 9]), { selected: [9], active: 9 })
  assert.deepEqual(keptSelection(chosen([2, 9], 9), [5, 9, 2], [5, 2]), { selected: [2], active: 2 })
  assert.deepEqual(keptSelection(chosen([9], 9), [5, 9, 2], [5, 2]), { selected: [2], active: 2 })
  assert.deepEqual(keptSelection(chosen([9], 9), null, [5, 2]), { selected: [], active: null })
  assert.deepEqual(keptSelection(chosen([9], 9), [9], []), { selected: [], active: null })
})

test('what is seen stays where it is when pictures come, go, or change their size', () => {
  const shape = { columns: 4, tile: 100, row: 130 }
  const ids = range(100, 200)
  const placed = { ids, shape, scrollTop: 400, height: 600 }
  const yOf = (id: number, among: readonly number[], at: number, form = shape) =>
    topOf(among.indexOf(id), form) - at

  const more = [...range(0, 40), ...ids]
  const active = 121
  const moved = scrollAnchored(placed, active, more, shape)
  assert.equal(yOf(active, more, moved), yOf(active, ids, 400))

  // 199 is far below: the first row that is seen is the anchor.
  const first = ids[Math.floor((400 - wallGap) / 130) * 4] ?? -1
  assert.equal(yOf(first, more, scrollAnchored(placed, 199, more, shape)), yOf(first, ids, 400))
  const fewer = ids.filter((id) => id !== first)
  assert.equal(yOf(first + 1, fewer, scrollAnchored(placed, null, fewer, shape)), yOf(first, ids, 400))

  const larger = { columns: 2, tile: 210, row: 240 }
  const resized = scrollAnchored(placed, active, ids, larger)
  assert.equal(yOf(active, ids, resized, larger), yOf(active, ids, 400))
})

test('at the top new pictures come into view, unless that would move the one in front', () => {
  const shape = { columns: 4, tile: 100, row: 130 }
  const placed = { ids: range(100, 200), shape, scrollTop: 0, height: 600 }
  const more = [...range(0, 8), ...placed.ids]
  assert.equal(scrollAnchored(placed, null, more, shape), 0)
  assert.equal(scrollAnchored(placed, 100, more, shape), 260)
})
