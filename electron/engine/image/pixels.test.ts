import assert from 'node:assert/strict'
import { test } from 'node:test'

import { toPictures, toPixels } from './pixels.ts'

test('a decoder output becomes bytes: clamped, rounded half to even, planes interleaved', () => {
  // A picture of one pixel for each sample: what -1, 0 (127.5, to even), 1 and values beyond become.
  const [first, second] = toPictures(Float32Array.of(-1, 0, 1, -7, 7, 1 / 255), 2, 1, 1)
  assert.deepEqual(first, { width: 1, height: 1, data: Uint8Array.of(0, 128, 255) })
  assert.deepEqual(second, { width: 1, height: 1, data: Uint8Array.of(0, 255, 128) })
  const [wide] = toPictures(Float32Array.of(-1, 1, 0, 0, 1, -1), 1, 2, 1)
  assert.deepEqual(wide?.data, Uint8Array.of(0, 128, 255, 255, 128, 0))
})

test('every byte survives the way to a model and back', () => {
  const bytes = Uint8Array.from({ length: 256 * 3 }, (_, i) => Math.floor(i / 3))
  const image = { width: 16, height: 16, data: bytes }
  const pixels = toPixels([image], [0.5, 0.5, 0.5], [0.5, 0.5, 0.5])
  assert.deepEqual(toPictures(pixels, 1, 16, 16)[0]?.data, bytes)
})

test('pixels are normalised by the mean and spread of their own channel', () => {
  const image = { width: 2, height: 1, data: Uint8Array.of(0, 51, 255, 255, 51, 0) }
  const pixels = toPixels([image, image], [0, 0.2, 0.5], [1, 0.5, 0.25])
  assert.deepEqual([...pixels.subarray(0, 6)], [0, 1, 0, 0, 2, -2])
  assert.deepEqual(pixels.subarray(0, 6), pixels.subarray(6))
})
