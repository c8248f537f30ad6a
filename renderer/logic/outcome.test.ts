import assert from 'node:assert/strict'
import test from 'node:test'

import type { RunStatus } from '../../shared/domain.ts'
import { testRun } from '../../shared/testing/test-runs.ts'
import { outcomeOf } from './outcome.ts'

test('every status of a run has its words, and a complete run needs none', () => {
  const withStatus = (status: RunStatus) => outcomeOf(testRun({ planned: 2, scores: [0.1], status }))
  assert.equal(withStatus({ kind: 'queued' }), 'waiting')
  assert.equal(withStatus({ kind: 'interrupted' }), 'interrupted, 1 of 2')
  assert.equal(withStatus({ kind: 'paused' }), 'paused, 1 of 2')
  assert.equal(withStatus({ kind: 'cancelled' }), 'stopped, 1 of 2')
  assert.equal(
    withStatus({ kind: 'failed', error: { code: 'engine_died', message: 'gone' } }),
    'failed, 1 of 2',
  )
  assert.equal(outcomeOf(testRun({ planned: 1, scores: [0.1] })), '')
  const error = { code: 'model_output_invalid', message: 'NaN' } as const
  const failures = [{ runId: 1, arm: 'search', seq: 1, error }] as const
  assert.equal(outcomeOf(testRun({ planned: 2, scores: [0.1], failures })), '1 of 2, 1 failed')
})
