import assert from 'node:assert/strict'
import { test } from 'node:test'

import { fitPreview, type DecodedSample } from './fit-preview.ts'

const matrix = [
  [0.05, -0.02, 0.01],
  [0.02, 0.06, -0.03],
  [-0.04, 0.01, 0.05],
  [0.01, 0.02, 0.03],
]
const bias = [0.5, 0.4, 0.6]

/** Latents [4, 6, 4] and the picture of 12 x 8 pixels that the map above makes of them, each pixel 2 x 2. */
function sample(seed: number): DecodedSample {
  const [height, width, factor] = [6, 4, 2]
  const latents = Float32Array.from({ length: 4 * height * width }, (_, i) => 2 * Math.sin(seed + i * i))
  const data = new Uint8Array(3 * height * width * factor * factor)
  for (let y = 0; y < height * factor; y++) {
    for (let x = 0; x < width * factor; x++) {
      const place = Math.floor(y / factor) * width + Math.floor(x / factor)
      for (let i = 0; i < 3; i++) {
        const value = matrix.reduce(
          (sum, line, c) => sum + (line[i] ?? NaN) * (latents[c * height * width + place] ?? NaN),
          bias[i] ?? NaN,
        )
        data[3 * (y * width * factor + x) + i] = Math.round(255 * value)
      }
    }
  }
  return { latents, picture: { width: width * factor, height: height * factor, data } }
}

test('the map that made the pictures is found again, whatever their proportions', () => {
  const { previewMatrix, previewBias } = fitPreview([sample(1), sample(2), sample(3)], 4)
  const found = [...previewMatrix, previewBias].flat()
  const expected = [...matrix, bias].flat()
  assert.equal(found.length, expected.length)
  // Rounding to 8 bits hides half a level, 0.002, in every pixel.
  found.forEach((value, i) => {
    assert.ok(Math.abs(value - (expected[i] ?? NaN)) < 1e-3, `${i}: ${value} for ${expected[i]}`)
  })
})

test('channels that are always 0 take no part, and the picture gives the bias', () => {
  const { picture } = sample(4)
  const { previewMatrix, previewBias } = fitPreview([{ latents: new Float32Array(4 * 24), picture }], 4)
  assert.deepEqual(previewMatrix.flat(), Array<number>(12).fill(0))
  const red = picture.data.filter((_, i) => i % 3 === 0)
  const mean = red.reduce((sum, value) => sum + value, 0) / red.length / 255
  assert.ok(Math.abs(previewBias[0] - mean) < 1e-9)
})

test('latents that do not divide the picture are refused', () => {
  const { latents, picture } = sample(5)
  assert.throws(() => fitPreview([{ latents: latents.subarray(4), picture }], 4), {
    name: 'RangeError',
    message: /12/,
  })
  assert.throws(() => fitPreview([], 4), RangeError)
})
