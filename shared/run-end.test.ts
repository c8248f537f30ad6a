import assert from 'node:assert/strict'
import test from 'node:test'

import { endOfRun } from './run-end.ts'

test('an end that nobody asked for is said in one sentence, what a person did is not', () => {
  const failed = { kind: 'failed', error: { code: 'engine_died', message: 'gone' } } as const
  assert.equal(endOfRun({ id: 12, finished: 17, status: { kind: 'done' } }), 'Run 12 is done: 17 images.')
  assert.equal(endOfRun({ id: 3, finished: 1, status: failed }), 'Run 3 has failed after 1 image.')
  assert.match(endOfRun({ id: 3, finished: 0, status: { kind: 'interrupted' } }) ?? '', /0 images/)
  for (const kind of ['queued', 'running', 'paused', 'cancelled'] as const) {
    assert.equal(endOfRun({ id: 1, finished: 1, status: { kind } }), null)
  }
})
