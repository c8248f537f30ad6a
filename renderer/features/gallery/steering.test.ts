import assert from 'node:assert/strict'
import test from 'node:test'

import type { Intervention, InterventionRequest, ReplayReport, RunStatus } from '../../../shared/domain.ts'
import { testImage, testRun } from '../../../shared/testing/test-runs.ts'
import { canBePutFirst, deedOf, distanceOf, firstMore, readMore, replayedOf, undoneOf } from './steering.ts'

const run = (status: RunStatus) => testRun({ planned: 4, scores: [0.1, 0.2], status })
const made = (request: InterventionRequest): Intervention => ({ id: 1, round: 0, until: null, ...request })

test('an angle is the cosine of a neighbour, and what is none is said', () => {
  const first = readMore(firstMore)
  assert.ok(first.kind === 'valid' && Math.abs(first.cosine - 0.95) < 1e-4 && first.count === 4)
  for (const [angle, count, fault] of [
    ['0', '4', /^Angle: .* found 0$/],
    ['180', '4', /^Angle: .* found 180$/],
    ['', '4', /^Angle: .* found nothing$/],
    ['wide', '4', /found wide$/],
    ['18', '0', /^How many: .* found 0$/],
    ['18', '2.5', /^How many: /],
    ['18', ' ', /found nothing$/],
  ] as const) {
    const read = readMore({ angle, count })
    assert.ok(read.kind === 'faulty')
    assert.match(read.fault, fault)
  }
})

test('every intervention says what was done, by where the run stands', () => {
  const live = run({ kind: 'running' })
  const done = run({ kind: 'done' })
  assert.equal(deedOf(made({ kind: 'pin', seq: 1 }), live), 'Pinned #1')
  assert.equal(deedOf(made({ kind: 'veto', seq: 1 }), live), 'Vetoed #1')
  assert.equal(deedOf(made({ kind: 'override', seq: 1 }), live), 'Put #1 first in the next choice')
  assert.equal(deedOf(made({ kind: 'override', seq: 1 }), done), 'Made #1 the winner')
  const branch = made({ kind: 'branch', seq: 1, cosine: 0.95, count: 4, firstSeq: 8 })
  assert.equal(deedOf(branch, done), 'Asked for 4 more like #1, 18.2° from it')
  assert.match(deedOf(branch, run({ kind: 'paused' })), /, once the run is resumed$/)
  assert.equal(undoneOf(null), 'There is nothing to undo.')
  assert.equal(undoneOf(branch), 'Undone: #1 gets no more neighbours.')
})

test('how far an angle is goes from hardly any change to anywhere, with its cosine', () => {
  const told = [1, 5.7, 18.2, 40, 70, 90, 150].map(distanceOf)
  assert.equal(new Set(told).size, told.length)
  assert.match(distanceOf(18.2), /the paper’s step is 18\.2°\. Cosine 0\.950\.$/)
  assert.match(distanceOf(90), /^As far as any other noise\. Cosine 0\.000\.$/)
  assert.match(distanceOf(180), /Cosine −1\.000\.$/)
})

test('after the last choice only an image can be put first', () => {
  const draft = { ...testImage('search', 0, 10, 0.5), level: 0.6 }
  assert.equal(canBePutFirst(run({ kind: 'running' }), draft), true)
  assert.equal(canBePutFirst(run({ kind: 'done' }), draft), false)
  assert.equal(canBePutFirst(run({ kind: 'done' }), testImage('search', 0, 10, 0.5)), true)
})

test('a replay names what is the same and what differs', () => {
  const both = (hash: string) => ({ recorded: hash, found: hash })
  const report: ReplayReport = {
    ...{ runId: 1, arm: 'search', seq: 0 },
    noiseSha256: both('n'),
    imageSha256: both('i'),
    scores: { recorded: { clip_score: 0.5 }, found: { clip_score: 0.5 } },
    same: true,
    note: null,
  }
  assert.match(replayedOf(report), /to the last bit\.$/)
  assert.equal(
    replayedOf({
      ...report,
      imageSha256: { recorded: 'i', found: 'j' },
      scores: { recorded: { clip_score: 0.5 }, found: {} },
      same: false,
      note: 'Another device made it.',
    }),
    'Made again: the noise is the same, the image differs, the scores differ. Another device made it.',
  )
})
