import assert from 'node:assert/strict'
import test from 'node:test'

import { fitted, revealed, shownPart, zoomedAt } from './camera.ts'

const window = { width: 1000, height: 600 }

test('the whole tree is in the window, in its middle, and never larger than it is', () => {
  const { x, y, zoom } = fitted({ width: 4000, height: 1000 }, window, 0.1)
  assert.ok(x > 0 && y > 0 && x + 4000 * zoom < 1000 && y + 1000 * zoom < 600)
  assert.ok(Math.abs(x + x + 4000 * zoom - 1000) < 1e-9)
  assert.equal(fitted({ width: 100, height: 50 }, window, 0.1).zoom, 1)
})

test('a tree that would be too small to be seen is shown from its beginning, as high as there is room', () => {
  const { x, zoom } = fitted({ width: 200_000, height: 500 }, window, 0.3)
  assert.equal(zoom, 0.3)
  assert.ok(x > 0 && x < 100)
})

test('what is under the pointer stays under it', () => {
  const before = { x: -120, y: 40, zoom: 0.5 }
  const after = zoomedAt(before, 1.25, { x: 300, y: 200 })
  assert.equal(after.zoom, 0.625)
  assert.ok(Math.abs((300 - before.x) / before.zoom - (300 - after.x) / after.zoom) < 1e-9)
  assert.equal(zoomedAt(before, 1e9, { x: 0, y: 0 }).zoom, 3)
  assert.equal(zoomedAt(before, 1e-9, { x: 0, y: 0 }).zoom, 0.02)
})

test('what is in view stays where it is; what is not comes in by the shortest way', () => {
  const camera = { x: 0, y: 0, zoom: 1 }
  assert.deepEqual(revealed(camera, { x: 100, y: 100, width: 100, height: 100 }, window), camera)
  assert.deepEqual(revealed(camera, { x: 1100, y: -300, width: 100, height: 100 }, window), {
    ...{ x: -236, y: 336, zoom: 1 },
  })
  const large = revealed({ ...camera, zoom: 3 }, { x: 0, y: 0, width: 100, height: 300 }, window)
  assert.equal(large.y, -150)
})

test('the part of the plane that is shown', () => {
  assert.deepEqual(shownPart({ x: -100, y: 50, zoom: 0.5 }, window, 10), {
    ...{ x: 190, y: -110, width: 2020, height: 1220 },
  })
})
