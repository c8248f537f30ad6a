import assert from 'node:assert/strict'
import test from 'node:test'

import { testImage, testRun, testRunOf } from '../../../shared/testing/test-runs.ts'
import type { VerifierId } from '../../../shared/vocabulary.ts'
import { curveOf, polyline, spentUpTo, staircase } from './curve.ts'

test('the search curve is the best score so far over the compute spent so far', () => {
  const run = testRun({ planned: 4, scores: [0.2, null, 0.5, 0.4] })
  assert.deepEqual(curveOf(run, 'nfe', 'clip_score').search, [
    { x: 10, y: 0.2 },
    { x: 20, y: 0.2 },
    { x: 30, y: 0.5 },
    { x: 40, y: 0.5 },
  ])
})

test("another verifier's curve follows the guide's picks, down as well as up", () => {
  const run = testRun({ planned: 3, scores: [0.2, 0.5, 0.4] })
  const pick = [7, 3, 9]
  const candidates = run.candidates.map((one, i) => ({
    ...one,
    scores: { ...one.scores, pick_score: pick[i] ?? 0 },
  }))
  const search = (guide: readonly VerifierId[]) =>
    curveOf({ ...run, candidates, spec: { ...run.spec, guide: [...guide] } }, 'nfe', 'pick_score').search
  assert.deepEqual(search(['clip_score']), [
    { x: 10, y: 7 },
    { x: 20, y: 3 },
    { x: 30, y: 3 },
  ])
  // Ranks of all three: 3 2, 1 3, 2 1.
  assert.deepEqual(search(['clip_score', 'pick_score']), [
    { x: 10, y: 7 },
    { x: 20, y: 7 },
    { x: 30, y: 9 },
  ])
})

test('drafts and vetoed images cost what they cost, and their scores are no points of the curve', () => {
  const run = testRun({ planned: 3, scores: [0.9, 0.2, 0.5] })
  const candidates = run.candidates.map((one) => ({ ...one, level: one.seq === 0 ? 0.6 : 0 }))
  const points = [
    { x: 20, y: 0.2 },
    { x: 30, y: 0.5 },
  ]
  assert.deepEqual(curveOf({ ...run, candidates }, 'nfe', 'clip_score').search, points)
  const veto = { id: 1, round: 0, until: null, kind: 'veto', seq: 2 } as const
  assert.deepEqual(
    curveOf({ ...run, candidates, interventions: [veto] }, 'nfe', 'clip_score').search,
    points.slice(0, 1),
  )
  const guide: VerifierId[] = ['clip_score', 'pick_score']
  const ensemble = { ...run, candidates, spec: { ...run.spec, guide } }
  assert.deepEqual(curveOf(ensemble, 'nfe', 'clip_score').search, points)
})

test('baselines without a score are left out, the others stand in order of cost', () => {
  const run = testRun({ planned: 1, scores: [0.2], baselines: { 80: 0.4, 5: 0.1, 20: null } })
  assert.deepEqual(curveOf(run, 'seconds', 'clip_score').baselines, [
    { x: 0.5, y: 0.1 },
    { x: 8, y: 0.4 },
  ])
})

test('a staircase goes level first, then up; a polyline goes straight', () => {
  const points = [
    { x: 1, y: 9 },
    { x: 3, y: 4 },
  ]
  assert.equal(staircase(points), 'M1 9H3V4')
  assert.equal(polyline(points), 'M1 9L3 4')
  assert.equal(staircase([]), '')
})

test('the final image is a point behind everything that the search has cost', () => {
  const run = testRun({ planned: 2, scores: [0.2, 0.5] })
  assert.equal(curveOf(run, 'nfe', 'clip_score').final, null)
  const again = testImage('final', 1, 50, 0.6)
  const withFinal = testRunOf({ ...run.spec, finalSteps: 50 }, run.candidates, { finals: [again] })
  assert.deepEqual(curveOf(withFinal, 'nfe', 'clip_score').final, { x: 70, y: 0.6 })
  assert.deepEqual(curveOf(withFinal, 'seconds', 'clip_score').final, { x: 7, y: 0.6 })
  assert.equal(curveOf(withFinal, 'nfe', 'pick_score').final, null)
})

test('what was spent up to a candidate', () => {
  const run = testRun({ planned: 3, scores: [0.2, 0.5, 0.4] })
  assert.equal(spentUpTo(run, 1, 'nfe'), 20)
  assert.equal(spentUpTo(run, 2, 'seconds'), 3)
})
