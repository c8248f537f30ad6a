import assert from 'node:assert/strict'
import test from 'node:test'

import { plannedCandidates, plannedSearchNfe } from './plan.ts'
import { plannedRounds } from './rounds.ts'
import { testSpec } from './testing/test-runs.ts'

const specs = [
  testSpec({ algorithm: 'random_search', candidates: 8 }),
  testSpec({ algorithm: 'zero_order_search', rounds: 5, neighbours: 3, cosine: 0.95, sampler: 'heun' }),
  testSpec({
    ...{ algorithm: 'search_over_paths', paths: 2, width: 3, length: 8 },
    ...{ startLevel: 0.11, forward: 0.78, backward: 0.81 },
  }),
  testSpec({ algorithm: 'first_order_search', iterations: 4, eta: 0.01 }),
  testSpec({ algorithm: 'draft_cull_resume', candidates: 8, survivors: 2, draftSteps: 3, sampler: 'heun' }),
  testSpec({
    ...{ algorithm: 'fk_steering', particles: 4, interval: 4, strength: 10, potential: 'max' },
    ...{ steps: 10 },
  }),
]

test('the rounds add up to the plan, for every algorithm', () => {
  for (const spec of specs) {
    const rounds = plannedRounds(spec)
    const sum = (amount: (round: (typeof rounds)[number]) => number) =>
      rounds.reduce((total, round) => total + amount(round), 0)
    assert.equal(
      sum(({ candidates }) => candidates),
      plannedCandidates(spec),
      spec.algorithm,
    )
    assert.equal(
      sum(({ nfe }) => nfe),
      plannedSearchNfe(spec),
      spec.algorithm,
    )
    assert.ok(
      rounds.every(({ candidates, nfe }) => candidates > 0 && nfe > 0),
      spec.algorithm,
    )
  }
})

test('rounds of the paper’s paths: a start, then one for each of four levels', () => {
  const paths = specs.find(({ algorithm }) => algorithm === 'search_over_paths')
  assert.ok(paths)
  assert.deepEqual(
    plannedRounds(paths).map(({ name, candidates }) => [name, candidates]),
    [
      ['start', 2],
      ['round 1', 6],
      ['round 2', 6],
      ['round 3', 6],
      ['round 4', 6],
    ],
  )
})
