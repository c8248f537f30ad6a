import assert from 'node:assert/strict'
import { test } from 'node:test'

import { packed, unpacked } from './packing.ts'

const size = { height: 4, width: 6 }
/** Two rows of two channels; a value says where it stands: row, channel, y, x. */
const latents = Float32Array.from({ length: 2 * 2 * 24 }, (_, i) => {
  const [row, channel, y, x] = [Math.floor(i / 48), Math.floor(i / 24) % 2, Math.floor(i / 6) % 4, i % 6]
  return 1000 * row + 100 * channel + 10 * y + x
})

test('a token holds the square of each channel, row by row', () => {
  const tokens = packed(latents, 2, size)
  // The second token of the first line, and the last token of the second row.
  assert.deepEqual([...tokens.slice(8, 16)], [2, 3, 12, 13, 102, 103, 112, 113])
  assert.deepEqual([...tokens.slice(-8)], [1024, 1025, 1034, 1035, 1124, 1125, 1134, 1135])
})

test('unpacking gives back what was packed', () => {
  assert.deepEqual(unpacked(packed(latents, 2, size), 2, size), latents)
})

test('an odd side is refused', () => {
  assert.throws(() => packed(new Float32Array(6), 1, { height: 2, width: 3 }), { code: 'bad_input' })
})
