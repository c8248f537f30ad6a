import assert from 'node:assert/strict'
import { test } from 'node:test'

import { scheduleById } from './schedules.ts'

for (const [id, schedule] of Object.entries(scheduleById)) {
  test(`${id} falls strictly from 1 to exactly 0 in the number of steps asked for`, () => {
    for (const steps of [1, 2, 7, 20, 1000]) {
      const sigmas = schedule(steps)
      assert.equal(sigmas.length, steps + 1)
      assert.equal(sigmas[0], 1)
      assert.equal(sigmas.at(-1), 0)
      assert.ok(sigmas.every((sigma, i) => i === 0 || sigma < (sigmas[i - 1] ?? NaN)))
    }
  })
}

test('linear is evenly spaced', () => {
  assert.deepEqual(scheduleById.linear(4), [1, 0.75, 0.5, 0.25, 0])
})
