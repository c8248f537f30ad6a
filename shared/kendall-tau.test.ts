import assert from 'node:assert/strict'
import { test } from 'node:test'

import { kendallTau } from './kendall-tau.ts'

test('the same order is 1, the opposite -1, and a known example is as published', () => {
  assert.equal(kendallTau([1, 2, 3, 4], [10, 20, 30, 40]), 1)
  assert.equal(kendallTau([1, 2, 3, 4], [4, 3, 2, 1]), -1)
  // scipy.stats.kendalltau's own example, with ties.
  const tau = kendallTau([12, 2, 1, 12, 2], [1, 4, 7, 1, 0])
  assert.ok(Math.abs((tau ?? NaN) + 0.4714045207910316) < 1e-12, `${tau}`)
})

test('it is what counting every pair gives, ties, gaps and all', () => {
  let state = 1
  const random = (below: number) => (state = (state * 48271) % 2147483647) % below
  for (let round = 0; round < 200; round++) {
    const count = 2 + random(30)
    const scores = () =>
      Array.from({ length: count }, () => (random(8) === 0 ? null : random(1 + random(12)) - 3))
    const [a, b] = [scores(), scores()]
    assert.equal(kendallTau(a, b) === null, counted(a, b) === null)
    assert.ok(Math.abs((kendallTau(a, b) ?? 0) - (counted(a, b) ?? 0)) < 1e-12, `round ${round}`)
  }
})

test('what orders nothing has no tau', () => {
  assert.equal(kendallTau([], []), null)
  assert.equal(kendallTau([1], [2]), null)
  assert.equal(kendallTau([1, 1, 1], [1, 2, 3]), null)
  assert.equal(kendallTau([1, null, 3], [null, 2, 3]), null)
  assert.throws(() => kendallTau([1, 2], [1]), RangeError)
})

function counted(a: readonly (number | null)[], b: readonly (number | null)[]): number | null {
  let [sum, inA, inB] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < i; j++) {
      const [x1, x2, y1, y2] = [a[i], a[j], b[i], b[j]]
      if (x1 == null || x2 == null || y1 == null || y2 == null) continue
      sum += Math.sign(x1 - x2) * Math.sign(y1 - y2)
      inA += Math.abs(Math.sign(x1 - x2))
      inB += Math.abs(Math.sign(y1 - y2))
    }
  }
  return inA * inB === 0 ? null : sum / Math.sqrt(inA * inB)
}
