import assert from 'node:assert/strict'
import test from 'node:test'

import { actualSize, fitInto, isCrisp, panned, toggled, wholePicture, zoomed } from './zoom.ts'
import type { Frame } from './zoom.ts'

const square: Frame = { pane: { width: 400, height: 400 }, fitted: { width: 400, height: 400 } }
const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-9, `${a} is not ${b}`)

test('a picture fits into its pane without being cut off', () => {
  assert.deepEqual(fitInto({ width: 400, height: 300 }, { width: 100, height: 100 }), {
    width: 300,
    height: 300,
  })
  assert.deepEqual(fitInto({ width: 400, height: 300 }, { width: 200, height: 50 }), {
    width: 400,
    height: 100,
  })
})

test('100 % is one pixel of the picture to one of the screen', () => {
  assert.equal(actualSize({ width: 400, height: 400 }, { width: 1600, height: 1600 }, 1), 4)
  assert.equal(actualSize({ width: 400, height: 400 }, { width: 1600, height: 1600 }, 2), 2)
  assert.equal(actualSize({ width: 400, height: 400 }, { width: 100, height: 100 }, 1), 0.25)
})

test('what is under the pointer stays under it', () => {
  const at = { x: 120, y: -60 }
  const under = (view: { x: number; y: number; magnification: number }) => [
    view.x + at.x / (400 * view.magnification),
    view.y + at.y / (400 * view.magnification),
  ]
  const once = zoomed(wholePicture, 3, square, 4, at)
  const twice = zoomed(once, 7, square, 4, at)
  const [x = 0, y = 0] = under(wholePicture)
  for (const view of [once, twice]) {
    const [nowX = 0, nowY = 0] = under(view)
    near(nowX, x)
    near(nowY, y)
  }
})

test('the magnification has ends: 100 % or the whole picture, and 32 screen pixels a pixel', () => {
  assert.equal(zoomed(wholePicture, 1000, square, 4).magnification, 128)
  assert.equal(zoomed(wholePicture, 1000, square, 0.1).magnification, 8)
  assert.equal(zoomed(wholePicture, 0.01, square, 4).magnification, 1)
  assert.equal(zoomed(wholePicture, 0.01, square, 0.25).magnification, 0.25)
})

test('a picture is moved until its edge meets the edge of the pane, a smaller one not at all', () => {
  const view = { magnification: 2, x: 0.5, y: 0.5 }
  const right = panned(view, { x: -40, y: 0 }, square)
  near(right.x, 0.55)
  assert.deepEqual(panned(view, { x: 9999, y: -9999 }, square), { magnification: 2, x: 0.25, y: 0.75 })
  assert.deepEqual(panned(wholePicture, { x: 50, y: 50 }, square), wholePicture)
  const wide: Frame = { pane: { width: 400, height: 400 }, fitted: { width: 400, height: 100 } }
  // Twice as large it is wider than the pane and still less high.
  const moved = panned(view, { x: -100, y: -100 }, wide)
  near(moved.x, 0.625)
  assert.equal(moved.y, 0.5)
})

test('one key leads to 100 % and back', () => {
  const large = toggled(wholePicture, square, 4)
  assert.equal(large.magnification, 4)
  assert.deepEqual(toggled(large, square, 4), wholePicture)
})

test('pixels are squares above 200 %, and never in the whole picture', () => {
  assert.equal(isCrisp({ magnification: 8, x: 0.5, y: 0.5 }, 4), false)
  assert.equal(isCrisp({ magnification: 8.1, x: 0.5, y: 0.5 }, 4), true)
  assert.equal(isCrisp(wholePicture, 0.25), false)
  assert.equal(isCrisp({ magnification: 1.25, x: 0.5, y: 0.5 }, 0.25), true)
})
