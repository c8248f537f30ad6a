import assert from 'node:assert/strict'
import { test } from 'node:test'

import { scheduleById, sd3Schedule, type Schedule } from './schedules.ts'

const all: Readonly<Record<string, Schedule>> = { ...scheduleById, sd3: sd3Schedule }

for (const [id, schedule] of Object.entries(all)) {
  test(`${id} falls strictly from 1 to exactly 0 in the number of steps asked for`, () => {
    for (const steps of [1, 2, 7, 20, 1000]) {
      for (const [shift, tokens] of [
        [3, 64],
        [0.5, 256],
        [1.1, 4096],
      ] as const) {
        const sigmas = schedule(steps, { shift, tokens })
        assert.equal(sigmas.length, steps + 1)
        assert.equal(sigmas[0], 1)
        assert.equal(sigmas.at(-1), 0)
        assert.ok(sigmas.every((sigma, i) => i === 0 || sigma < (sigmas[i - 1] ?? NaN)))
      }
    }
  })
}

test('linear is evenly spaced', () => {
  assert.deepEqual(scheduleById.linear(4, { shift: 3, tokens: 64 }), [1, 0.75, 0.5, 0.25, 0])
})
