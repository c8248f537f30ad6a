import assert from 'node:assert/strict'
import test from 'node:test'

import { nextIndex } from './rove.ts'
import type { Box } from './rove.ts'

/** Boxes of 100 by 120 in rows of the given lengths. */
function rows(...lengths: readonly number[]): readonly Box[] {
  return lengths.flatMap((length, row) =>
    Array.from({ length }, (_, column) => ({ left: column * 110, top: row * 130, width: 100, height: 120 })),
  )
}

test('left and right follow the order and stop at the ends', () => {
  const boxes = rows(3, 3)
  assert.equal(nextIndex(boxes, 2, 'ArrowRight'), 3)
  assert.equal(nextIndex(boxes, 3, 'ArrowLeft'), 2)
  assert.equal(nextIndex(boxes, 0, 'ArrowLeft'), null)
  assert.equal(nextIndex(boxes, 5, 'ArrowRight'), null)
})

test('up and down go to the nearest of the next row', () => {
  const boxes = rows(4, 4, 2)
  assert.equal(nextIndex(boxes, 1, 'ArrowDown'), 5)
  assert.equal(nextIndex(boxes, 7, 'ArrowUp'), 3)
  assert.equal(nextIndex(boxes, 7, 'ArrowDown'), 9)
  assert.equal(nextIndex(boxes, 9, 'ArrowDown'), null)
  assert.equal(nextIndex(boxes, 0, 'ArrowUp'), null)
})

test('Home and End go to the ends, other keys nowhere', () => {
  const boxes = rows(4)
  assert.equal(nextIndex(boxes, 2, 'Home'), 0)
  assert.equal(nextIndex(boxes, 1, 'End'), 3)
  assert.equal(nextIndex(boxes, 1, 'a'), null)
})
