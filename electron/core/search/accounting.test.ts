import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { plannedCandidates, plannedSearchNfe } from '../../../shared/plan.ts'
import type { RunSpec } from '../../../shared/run-spec.ts'
import { idsOf, samplers } from '../../../shared/vocabulary.ts'
import { drive } from './testing/drive.ts'
import { specOf } from './testing/specs.ts'

const specs: readonly RunSpec[] = [
  ...idsOf(samplers).flatMap((sampler) => [
    specOf({ algorithm: 'random_search', sampler, steps: 7, candidates: 5 }),
    specOf({ algorithm: 'draft_cull_resume', sampler, steps: 9, draftSteps: 3, candidates: 6, survivors: 2 }),
  ]),
  ...(['euler', 'heun', 'ddim', 'dpmpp_2m', 'pndm'] as const).map((sampler) =>
    specOf({ algorithm: 'zero_order_search', sampler, steps: 5, rounds: 3, neighbours: 4 }),
  ),
  specOf({ algorithm: 'random_search', steps: 1, candidates: 1 }),
  specOf({ algorithm: 'zero_order_search', steps: 1, rounds: 1, neighbours: 1 }),
  specOf({ algorithm: 'zero_order_search', schedule: 'karras', steps: 4, rounds: 5, neighbours: 2 }),
  specOf({ algorithm: 'search_over_paths', steps: 20, width: 3 }),
  specOf({ algorithm: 'search_over_paths', sampler: 'ddim', steps: 50, paths: 4, width: 1, length: 1 }),
  specOf({
    algorithm: 'search_over_paths',
    steps: 10,
    paths: 1,
    width: 5,
    startLevel: 0.5,
    forward: 0.2,
    backward: 0.4,
    length: 3,
  }),
  // One round: from the start level the first way back reaches the image.
  specOf({
    algorithm: 'search_over_paths',
    steps: 10,
    width: 2,
    startLevel: 0.1,
    forward: 0.2,
    backward: 0.5,
  }),
  specOf({ algorithm: 'first_order_search', steps: 6, iterations: 4 }),
  specOf({ algorithm: 'first_order_search', steps: 3, iterations: 1 }),
  specOf({
    algorithm: 'draft_cull_resume',
    steps: 10,
    draftSteps: 9,
    candidates: 3,
    survivors: 3,
  }),
  specOf({ algorithm: 'fk_steering', sampler: 'euler_ancestral', steps: 11, particles: 3, interval: 4 }),
  specOf({ algorithm: 'fk_steering', sampler: 'lcm', steps: 8, particles: 5, interval: 2, potential: 'sum' }),
  specOf({ algorithm: 'fk_steering', sampler: 'euler_ancestral', steps: 4, interval: 9 }),
]

describe('the ledger equals the formula, exactly:', () => {
  for (const spec of specs) {
    const { algorithm, sampler, steps } = spec
    test(`${algorithm}, ${sampler}, ${steps} steps: ${plannedSearchNfe(spec)} NFE`, () => {
      const made = drive(spec)
      assert.equal(
        made.reduce((sum, { nfe }) => sum + nfe, 0),
        plannedSearchNfe(spec),
      )
      assert.deepEqual(
        made.map(({ seq }) => seq),
        Array.from({ length: plannedCandidates(spec) }, (_, seq) => seq),
      )
      // Something can win, and what the search ends with are images.
      const lastRound = Math.max(...made.map(({ round }) => round))
      const last = made.filter(({ round }) => round === lastRound)
      assert.ok(last.every(({ level, kept, scored }) => level === 0 && !kept && scored))
      assert.ok(made.every(({ picture }) => picture.every(Number.isFinite)))
    })
  }
})
