import assert from 'node:assert/strict'
import test from 'node:test'

import { niceScale, place } from './scale.ts'

test('an axis ends on round numbers and holds every value', () => {
  assert.deepEqual(niceScale(0, 160, 4), {
    from: 0,
    to: 200,
    ticks: [0, 50, 100, 150, 200],
    decimals: 0,
  })
  const scores = niceScale(0.43, 0.71, 4)
  assert.ok(scores.from <= 0.43 && scores.to >= 0.71)
  assert.ok(scores.ticks.length >= 3 && scores.ticks.length <= 7)
})

test('one single score still gets an axis of some height', () => {
  for (const score of [0, 0.7, -0.2]) {
    const scale = niceScale(score, score, 4)
    assert.ok(scale.to > scale.from && scale.from <= score && scale.to >= score)
  }
})

test('values map to places linearly, also upside down', () => {
  const scale = { from: 0, to: 10, ticks: [], decimals: 0 }
  assert.equal(place(scale, 5, 0, 200), 100)
  assert.equal(place(scale, 0, 200, 0), 200)
})

test('ticks have the decimals that tell neighbours apart, and no more', () => {
  const decimals = [
    [0, 1],
    [0, 8],
    [0.4, 0.7],
    [0.0002, 0.0011],
    [0, 3e-9],
  ].map(([from = 0, to = 0]) => niceScale(from, to, 4).decimals)
  assert.deepEqual(decimals, [2, 0, 1, 5, 9])
})
