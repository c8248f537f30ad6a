import assert from 'node:assert/strict'
import { test } from 'node:test'

import { BatchCosts, batchesAhead, forecastSeconds } from './forecast.ts'

test('counts the batches of a run as the loop will make them', () => {
  // Two slots: 5 and 3 together, then the 4 beside the rest of the 5, then what is left of the 4 alone.
  assert.deepEqual(
    [...batchesAhead([5, 3], [4], 2)],
    [
      [2, 5],
      [1, 2],
    ],
  )
})

test('is empty when nothing is left', () => {
  assert.equal(batchesAhead([], [], 4).size, 0)
  assert.equal(batchesAhead([0], [], 4).size, 0)
})

test('sums to the evaluations that are left, for any mixture', () => {
  for (const [active, queued, slots] of [
    [[7, 1, 3], [20, 20, 2], 4],
    [[], [5, 5, 5, 5, 5], 3],
    [[160], [80, 20, 5, 20, 20, 20, 20], 4],
  ] as const) {
    let sum = 0
    for (const [size, calls] of batchesAhead(active, queued, slots)) sum += size * calls
    assert.equal(
      sum,
      [...active, ...queued].reduce((a, b) => a + b, 0),
    )
  }
})

test('prices each batch at the mean of its size, or scales the nearest', () => {
  const costs = new BatchCosts()
  assert.equal(forecastSeconds(new Map([[4, 1]]), costs), null)
  costs.add(4, 2)
  costs.add(4, 4)
  assert.equal(costs.secondsOf(4), 3)
  assert.equal(costs.secondsOf(2), 1.5)
  assert.equal(
    forecastSeconds(
      new Map([
        [4, 2],
        [2, 1],
      ]),
      costs,
    ),
    7.5,
  )
  assert.equal(forecastSeconds(new Map(), costs), 0)
})
