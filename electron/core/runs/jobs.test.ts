import assert from 'node:assert/strict'
import { test } from 'node:test'

import { parseRunSpec } from '../../../shared/run-spec.ts'
import { JobQueue } from './jobs.ts'

const spec = parseRunSpec({
  prompt: 'a red star in night',
  pack: 'scenes',
  guide: ['clip_score'],
  heldOut: [],
  algorithm: 'random_search',
  candidates: 3,
  sampler: 'euler',
  schedule: 'linear',
  steps: 4,
  guidance: 1,
  baselines: [8, 2],
  seed: '5',
})

test('baselines come first, longest first, all from the first noise; then the search', () => {
  const queue = new JobQueue(spec)
  assert.deepEqual(
    queue.take(10).map(({ arm, seq, steps, recipe }) => [arm, seq, steps, recipe.stream]),
    [
      ['baseline', 1, 8, 0],
      ['baseline', 0, 2, 0],
      ['search', 0, 4, 0],
      ['search', 1, 4, 1],
      ['search', 2, 4, 2],
    ],
  )
})

test('is done when all has started and every score is told; knows what waits', () => {
  const queue = new JobQueue(spec)
  assert.deepEqual(queue.stepsWaiting(), [8, 2, 4, 4, 4])
  queue.take(3)
  assert.deepEqual(queue.stepsWaiting(), [4, 4])
  queue.take(9)
  assert.equal(queue.isDone, false)
  for (const seq of [0, 1, 2]) queue.tell(seq, null)
  assert.equal(queue.isDone, true)
})
