import assert from 'node:assert/strict'
import { test } from 'node:test'

import { chooseDiverse } from './diverse.ts'

const at = (degrees: number, length = 1) =>
  Float32Array.of(length * Math.cos((degrees * Math.PI) / 180), length * Math.sin((degrees * Math.PI) / 180))

/** Four near-duplicates that are best, then three of other directions. */
const features = [at(0), at(1), at(2, 5), at(3), at(60), at(120), at(180, 0.1)]
const quality = [1, 0.95, 0.9, 0.85, 0.6, 0.5, 0.1]

test('near-duplicates give way to what looks different, at a stated loss of quality', () => {
  const best = chooseDiverse(quality, features, 3, 0)
  assert.deepEqual(best.chosen, [0, 1, 2])
  assert.deepEqual(best.best, [0, 1, 2])
  assert.equal(best.spread, best.spreadOfBest)
  assert.equal(best.quality, best.qualityOfBest)
  const diverse = chooseDiverse(quality, features, 3, 0.6)
  assert.deepEqual(diverse.chosen, [0, 5, 4])
  assert.deepEqual(diverse.best, [0, 1, 2])
  assert.ok(diverse.spread > 10 * diverse.spreadOfBest)
  assert.ok(Math.abs(diverse.quality - 0.7) < 1e-12 && Math.abs(diverse.qualityOfBest - 0.95) < 1e-12)
  // Cosines of 120, 60 and 60 degrees.
  assert.ok(Math.abs(diverse.spread - (1.5 + 0.5 + 0.5) / 3) < 1e-6)
})

test('spread alone goes for the farthest, from the best on; all of them is all of them', () => {
  assert.deepEqual(chooseDiverse(quality, features, 2, 1).chosen, [0, 6])
  const all = chooseDiverse(quality, features, 20, 0.5)
  assert.deepEqual(all.chosen.toSorted(), [0, 1, 2, 3, 4, 5, 6])
  assert.equal(all.chosen[0], 0)
})

test('pictures that all look the same are chosen by quality, and equals in their order', () => {
  const same = quality.map(() => at(30))
  assert.deepEqual(chooseDiverse(quality, same, 3, 0.9).chosen, [0, 1, 2])
  assert.deepEqual(
    chooseDiverse(
      quality.map(() => 1),
      same,
      3,
      0.9,
    ).chosen,
    [0, 1, 2],
  )
  assert.deepEqual(chooseDiverse([], [], 3, 0.5).chosen, [])
})
