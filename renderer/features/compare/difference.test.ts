import assert from 'node:assert/strict'
import test from 'node:test'

import { describeDifference, differenceOf } from './difference.ts'

const pixels = (...values: number[]) => Uint8ClampedArray.from(values)

test('the same picture twice is black', () => {
  const one = pixels(10, 200, 30, 255, 0, 0, 7, 255)
  const same = differenceOf(one, one.slice(), 8)
  assert.deepEqual([...same.pixels], [0, 0, 0, 255, 0, 0, 0, 255])
  assert.deepEqual([same.mean, same.largest], [0, 0])
  assert.equal(describeDifference(same), 'The two are the same, pixel for pixel.')
})

test('each channel differs by itself, whichever is larger, is amplified, and stops at 255', () => {
  const apart = differenceOf(pixels(10, 200, 30, 255), pixels(16, 197, 130, 0), 4)
  assert.deepEqual([...apart.pixels], [24, 12, 255, 255])
  assert.equal(apart.largest, 100)
  assert.equal(apart.mean, (6 + 3 + 100) / 3)
  assert.equal(describeDifference(apart), 'On average 36.3 of 255 apart, at most 100.')
})

test('pictures of different size are refused', () => {
  assert.throws(() => differenceOf(pixels(0, 0, 0, 0), pixels(), 1), /same size, found 4 and 0/)
})
