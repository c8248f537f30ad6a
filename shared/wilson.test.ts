import assert from 'node:assert/strict'
import { test } from 'node:test'

import { wilsonInterval } from './wilson.ts'

test('the interval is that of the published formula, and never leaves 0 to 1', () => {
  // statsmodels.stats.proportion.proportion_confint(count, nobs, method='wilson')
  for (const [hits, cases, low, high] of [
    [8, 10, 0.49016247153664183, 0.9433178485456247],
    [0, 10, 0, 0.2775327998628892],
    [10, 10, 0.7224672001371107, 1],
    [55, 100, 0.4524460032406139, 0.6438546131814012],
  ] as const) {
    const found = wilsonInterval(hits, cases)
    assert.ok(Math.abs(found.low - low) < 1e-4, `${hits} of ${cases}: ${found.low}`)
    assert.ok(Math.abs(found.high - high) < 1e-4, `${hits} of ${cases}: ${found.high}`)
  }
})

test('without a case everything is possible; more cases of one share narrow it', () => {
  assert.deepEqual(wilsonInterval(0, 0), { low: 0, high: 1 })
  const [few, many] = [wilsonInterval(6, 8), wilsonInterval(75, 100)]
  assert.ok(few.low < many.low && many.high < few.high)
})
