import assert from 'node:assert/strict'
import test from 'node:test'

import { equalCostSteps, plannedNfe, planOf } from './plan.ts'

test('Heun costs two evaluations a step but the last', () => {
  assert.equal(plannedNfe('euler', 20), 20)
  assert.equal(plannedNfe('heun', 20), 39)
  assert.equal(plannedNfe('heun', 1), 1)
})

test('the equal-cost baseline has the NFE of the whole search', () => {
  assert.equal(plannedNfe('euler', equalCostSteps('euler', 8, 20)), 160)
  assert.equal(plannedNfe('heun', equalCostSteps('heun', 3, 20)), 3 * 39)
})

test('where Heun cannot reach an even budget it stays one evaluation below', () => {
  assert.equal(plannedNfe('heun', equalCostSteps('heun', 8, 20)), 8 * 39 - 1)
})

test('a plan counts both arms', () => {
  assert.deepEqual(planOf({ sampler: 'euler', candidates: 8, steps: 20, baselines: [5, 20, 80, 160] }), {
    images: 12,
    searchNfe: 160,
    baselineNfe: 265,
  })
})
