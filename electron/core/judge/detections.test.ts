import assert from 'node:assert/strict'
import { test } from 'node:test'

import { pictureOf, type Layout } from './detections.ts'

/** A small detector: 4 x 4 cells of 8 px; channels 0 objectness, 1-2 shapes, 3-4 colours, 5-6 textures, 7-9 place. */
const layout: Layout = {
  image: { width: 32 },
  shapes: ['circle', 'star'],
  colours: ['red', 'blue'],
  textures: ['', 'dotted'],
  backgrounds: ['sky', 'sand', 'night'],
  gridSize: 4,
}
const plane = 16

const detection = (cells: Readonly<Record<number, readonly number[]>>) => {
  const values = new Float32Array(10 * plane)
  values.fill(-5, 0, plane)
  for (const [at, channels] of Object.entries(cells)) {
    channels.forEach((value, channel) => (values[channel * plane + Number(at)] = value))
  }
  return { cells: values, background: Float32Array.of(0, 2, 1) }
}

test('a cell becomes a thing: names by the largest logit, centre and radius in pixels', () => {
  const { things, background } = pictureOf(detection({ 6: [1, 0, 3, 4, 1, -2, -1, 0.25, -0.5, 1.5] }), layout)
  assert.deepEqual(things, [{ x: 22, y: 8, radius: 24, shape: 'star', colour: 'red', texture: 'dotted' }])
  assert.equal(background, 'sand')
})

test('a thing must be likelier than not', () => {
  assert.equal(pictureOf(detection({ 5: [0] }), layout).things.length, 0)
  assert.equal(pictureOf(detection({ 5: [0.01] }), layout).things.length, 1)
})

test('of neighbours the largest is the thing, diagonal ones included; things two cells apart are two', () => {
  const red = [0, 0, 1, 0]
  const seen = pictureOf(
    detection({ 0: [1, 0, 1, 0, 1], 5: [3, ...red], 7: [2, ...red], 15: [1, ...red] }),
    layout,
  ).things
  assert.deepEqual(
    seen.map(({ x, y }) => [x, y]),
    [
      [12, 12],
      [28, 12],
      [28, 28],
    ],
  )
})

test('cells at opposite sides are no neighbours', () => {
  assert.equal(pictureOf(detection({ 3: [1], 4: [2] }), layout).things.length, 2)
})

test('refuses outputs of another detector', () => {
  const good = detection({})
  assert.throws(() => pictureOf({ ...good, cells: good.cells.slice(1) }, layout), RangeError)
  assert.throws(() => pictureOf({ ...good, background: Float32Array.of(1) }, layout), RangeError)
})
