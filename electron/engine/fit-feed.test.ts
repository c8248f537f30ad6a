import assert from 'node:assert/strict'
import { test } from 'node:test'

import { fitFeed } from './fit-feed.ts'
import type { Feed } from './sessions.ts'

const times: Feed = { type: 'float32', data: Float32Array.of(951.9, 951.9), dims: [2] }
const ids: Feed = { type: 'int64', data: BigInt64Array.of(49406n, 0n, -1n), dims: [1, 3] }

test('numbers that fit go in as they are', () => {
  const fitted = fitFeed(times, { type: 'float32', shape: ['batch'] })
  assert.equal(fitted.data, times.data)
  assert.deepEqual(fitted.dims, [2])
})

test('numbers are cast to every declared type, whole ones without what stands behind the point', () => {
  const cast = (feed: Feed, type: string) => {
    const { data, ...rest } = fitFeed(feed, { type, shape: feed.dims })
    assert.equal(rest.type, type)
    return [...data]
  }
  assert.deepEqual(cast(times, 'int64'), [951n, 951n])
  assert.deepEqual(cast(times, 'int32'), [951, 951])
  assert.deepEqual(cast(times, 'float64'), [Math.fround(951.9), Math.fround(951.9)])
  assert.deepEqual(cast(ids, 'int32'), [49406, 0, -1])
  assert.deepEqual(cast(ids, 'float32'), [49406, 0, -1])
  assert.deepEqual(cast(ids, 'bool'), [1, 0, 1])
  // 1, -2 and the halves next to a third, as bits.
  const halves: Feed = { type: 'float32', data: Float32Array.of(1, -2, 1 / 3), dims: [3] }
  assert.deepEqual(cast(halves, 'float16'), [0x3c00, 0xc000, 0x3555])
})

test('a type that no feed has is refused by name', () => {
  assert.throws(() => fitFeed(ids, { type: 'string', shape: [1, 3] }), {
    name: 'RangeError',
    message: /found string/,
  })
})

test('a row of equal numbers becomes the one that is declared; numbers that differ are refused', () => {
  for (const shape of [[], [1]]) {
    const { data, dims } = fitFeed(times, { type: 'float32', shape })
    assert.deepEqual([[...data], dims], [[Math.fround(951.9)], shape])
  }
  const differ: Feed = { type: 'float32', data: Float32Array.of(1, 2), dims: [2] }
  assert.throws(() => fitFeed(differ, { type: 'float32', shape: [] }), RangeError)
})

test('an axis of length 1 is added in front and left out, as declared', () => {
  const places: Feed = { type: 'float32', data: new Float32Array(6), dims: [2, 3] }
  assert.deepEqual(fitFeed(places, { type: 'int64', shape: ['batch', 'tokens', 3] }).dims, [1, 2, 3])
  assert.deepEqual(fitFeed(ids, { type: 'int64', shape: ['tokens'] }).dims, [3])
})
