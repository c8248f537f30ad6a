import assert from 'node:assert/strict'
import test from 'node:test'

import type { CandidateFailure } from '../../shared/domain.ts'
import { testRun } from '../../shared/testing/test-runs.ts'
import { failuresText } from './failures.ts'

const error = { code: 'model_output_invalid', message: 'At step 5: NaN.' } as const
const failure = (arm: CandidateFailure['arm'], seq: number): CandidateFailure => ({
  ...{ runId: 1, arm, seq, error },
})
const textOf = (failures: readonly CandidateFailure[]) =>
  failuresText(testRun({ planned: 4, scores: [0.1], baselines: { 8: 0.2 }, failures }))

test('the first failure is named with its reason, the others are counted', () => {
  assert.equal(textOf([]), null)
  assert.equal(textOf([failure('search', 3)]), 'Candidate #3 failed. At step 5: NaN.')
  assert.equal(textOf([failure('final', 3)]), 'The final image of #3 failed. At step 5: NaN.')
  assert.equal(
    textOf([failure('baseline', 0), failure('search', 1), failure('search', 3)]),
    'The baseline of 8 steps failed. At step 5: NaN. And 2 more failed.',
  )
})
