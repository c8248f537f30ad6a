import assert from 'node:assert/strict'
import test from 'node:test'

import {
  branchesAsked,
  drawings,
  equalCostSteps,
  nfeOfSteps,
  pathLevels,
  plannedCandidates,
  plannedNfe,
  plannedSearchNfe,
  planOf,
} from './plan.ts'
import { parseRunSpec, type RunSpecInput } from './run-spec.ts'
import { idsOf, samplers } from './vocabulary.ts'

const common = {
  prompt: 'a star',
  pack: 'scenes',
  guide: ['clip_score'],
  heldOut: [],
  sampler: 'euler',
  schedule: 'linear',
  steps: 20,
  guidance: 3,
  baselines: [],
  seed: '1',
} satisfies Partial<RunSpecInput>

test('Heun costs two evaluations a step but the last', () => {
  assert.equal(plannedNfe('euler', 20), 20)
  assert.equal(plannedNfe('heun', 20), 39)
  assert.equal(plannedNfe('heun', 1), 1)
  assert.equal(nfeOfSteps('heun', 5, 20), 10)
})

test('the evaluations of the first steps never fall and end at those of the whole image', () => {
  for (const sampler of idsOf(samplers)) {
    for (let taken = 1; taken <= 7; taken++) {
      assert.ok(nfeOfSteps(sampler, taken, 7) > nfeOfSteps(sampler, taken - 1, 7), `${sampler} ${taken}`)
    }
    assert.equal(nfeOfSteps(sampler, 0, 7), 0)
    assert.equal(nfeOfSteps(sampler, 7, 7), plannedNfe(sampler, 7))
  }
})

test('the equal-cost baseline has the NFE of the whole search, or the most below it', () => {
  for (const sampler of idsOf(samplers)) {
    for (const nfe of [2, 3, 20, 117, 160, 312]) {
      const steps = equalCostSteps(sampler, nfe)
      assert.ok(plannedNfe(sampler, steps) <= nfe, `${sampler} ${nfe}`)
      assert.ok(plannedNfe(sampler, steps + 1) > nfe, `${sampler} ${nfe}`)
    }
  }
})

test('one evaluation buys one step, even where it is one too few', () => {
  assert.equal(equalCostSteps('pndm', 1), 1)
})

test('the levels of search_over_paths fall by backward - forward to exactly 0', () => {
  const levels = pathLevels({ startLevel: 0.11, forward: 0.78, backward: 0.81 })
  assert.deepEqual(
    levels.map((level) => Number(level.toFixed(9))),
    [0.08, 0.05, 0.02, 0],
  )
  assert.equal(levels.at(-1), 0)
  // 0.3 / 0.1 is not 3 in floating point: still three rounds.
  assert.equal(pathLevels({ startLevel: 0.3, forward: 0.2, backward: 0.30000000000000004 }).length, 3)
  assert.deepEqual(pathLevels({ startLevel: 0.11, forward: 0.8, backward: 0.8 }), [])
})

test('fk_steering stops its particles at every interval and at the image', () => {
  assert.deepEqual(drawings({ steps: 20, interval: 6 }), [6, 12, 18, 20])
  assert.deepEqual(drawings({ steps: 4, interval: 9 }), [4])
})

test('the costs of each algorithm are the formulas', () => {
  const cases: readonly (readonly [object, candidates: number, nfe: number])[] = [
    [{ algorithm: 'random_search', candidates: 8 }, 8, 8 * 20],
    [{ algorithm: 'zero_order_search', rounds: 5, neighbours: 4 }, 20, 5 * 4 * 20],
    // 18 of 20 steps to 0.11; three rounds that are looked at, and one that arrives.
    [
      { algorithm: 'search_over_paths', paths: 2, width: 3, length: 8 },
      2 + 4 * 6,
      2 * 18 + 3 * 6 * 9 + 6 * 8,
    ],
    [{ algorithm: 'first_order_search', iterations: 3 }, 3, 20 * (3 + 2 * 2)],
    [{ algorithm: 'draft_cull_resume', candidates: 8, draftSteps: 5, survivors: 3 }, 11, 8 * 5 + 3 * 15],
    [{ algorithm: 'fk_steering', particles: 4, interval: 5, sampler: 'euler_ancestral' }, 16, 4 * 20],
  ]
  for (const [parameters, candidates, nfe] of cases) {
    const spec = parseRunSpec({ ...common, ...parameters })
    assert.equal(plannedCandidates(spec), candidates, spec.algorithm)
    assert.equal(plannedSearchNfe(spec), nfe, spec.algorithm)
  }
})

test('a plan counts both arms and the final image', () => {
  const search = { ...common, algorithm: 'random_search', candidates: 8, baselines: [5, 20, 80, 160] }
  assert.deepEqual(planOf(parseRunSpec(search)), { images: 12, searchNfe: 160, baselineNfe: 265 })
  assert.deepEqual(planOf(parseRunSpec({ ...search, finalSteps: 50 })), {
    images: 13,
    searchNfe: 210,
    baselineNfe: 265,
  })
})

test('branches in force are asked for on top of the plan', () => {
  const branch = { kind: 'branch', seq: 0, cosine: 0.9, round: 0 } as const
  assert.equal(
    branchesAsked([
      { ...branch, id: 1, until: null, count: 3, firstSeq: 8 },
      { ...branch, id: 2, until: 1, count: 5, firstSeq: 11 },
      { kind: 'pin', id: 3, seq: 0, round: 0, until: null },
    ]),
    3,
  )
})
