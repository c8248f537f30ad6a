import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import type { Intervention, Scores } from '../../../shared/domain.ts'
import { draftCullResume } from './draft-cull-resume.ts'
import { firstOrderSearch } from './first-order-search.ts'
import { fkSteering } from './fk-steering.ts'
import { randomSearch } from './random-search.ts'
import { inRounds } from './rounds.ts'
import type { Proposal, SearchAlgorithm } from './search-algorithm.ts'
import { searchOverPaths } from './search-over-paths.ts'
import { hand } from './testing/hand.ts'
import { seededNumbers } from './testing/seeded-numbers.ts'
import { specOf } from './testing/specs.ts'
import { zeroOrderSearch } from './zero-order-search.ts'

const guide: ('clip_score' | 'pick_score')[] = ['clip_score', 'pick_score']

const interventions: readonly Intervention[] = [
  hand('pin', 1, 0),
  hand('veto', 2, 0, 2),
  hand('override', 7, 1),
  hand('veto', 0, 1),
]

/** Scores of a candidate, with all that can be wrong with them: ties, NaN, none. */
function scoresOf({ seq, scored }: Proposal): Scores {
  if (!scored) return {}
  const next = seededNumbers(seq)
  const score = () => [Math.floor(next() * 4), next(), NaN, undefined][Math.floor(next() * 4)]
  const [clip_score, pick_score] = [score(), score()]
  return {
    ...(clip_score === undefined ? {} : { clip_score }),
    ...(pick_score === undefined ? {} : { pick_score }),
  }
}

/** How a run may go: any number asked for at a time, told in any order, killed and started again at any moment. */
function checkFold<Spec, Basis>(name: string, algorithm: SearchAlgorithm<Spec, Basis>, spec: Spec): void {
  const search = inRounds(algorithm)

  const straight = (of: Spec) => {
    let state = search.steer(search.start(of), interventions)
    const all: Proposal[] = []
    while (!search.isDone(state)) {
      const asked = search.ask(state, 1)
      state = asked.state
      for (const proposal of asked.proposals) {
        all.push(proposal)
        state = search.tell(state, { seq: proposal.seq, scores: scoresOf(proposal) })
      }
    }
    return { all, state }
  }
  const reference = straight(spec)

  /** Asks for any number at a time, tells in any order, is killed after so many results. */
  const disordered = (next: () => number, known: ReadonlyMap<number, Scores>, killedAfter: number) => {
    let state = search.steer(search.start(spec), interventions)
    const made: Proposal[] = []
    const out: Proposal[] = []
    const results = new Map(known)
    while (!search.isDone(state) && results.size < killedAfter) {
      const asked = search.ask(state, Math.floor(next() * 5))
      state = asked.state
      for (const proposal of asked.proposals) {
        const scores = known.get(proposal.seq)
        if (scores === undefined) {
          made.push(proposal)
          out.push(proposal)
        } else state = search.tell(state, { seq: proposal.seq, scores })
      }
      const [proposal] = out.splice(Math.floor(next() * out.length), 1)
      if (proposal === undefined) continue
      const scores = scoresOf(proposal)
      results.set(proposal.seq, scores)
      state = search.tell(state, { seq: proposal.seq, scores })
    }
    return { made, results, state }
  }

  describe(name, () => {
    test('makes the same proposals and ends in the same state, whatever the order of results', () => {
      for (let seed = 0; seed < 20; seed++) {
        const { made, state } = disordered(seededNumbers(1000 + seed), new Map(), Infinity)
        assert.deepEqual(made, reference.all)
        assert.deepEqual(state, reference.state)
      }
    })

    test('goes on from JSON at any point', () => {
      let state = search.steer(search.start(spec), interventions)
      const all: Proposal[] = []
      while (!search.isDone(state)) {
        const asked = search.ask(state, 1)
        state = JSON.parse(JSON.stringify(asked.state)) as typeof state
        for (const proposal of asked.proposals) {
          all.push(proposal)
          state = search.tell(state, { seq: proposal.seq, scores: scoresOf(proposal) })
          state = JSON.parse(JSON.stringify(state)) as typeof state
        }
      }
      assert.deepEqual(all, reference.all)
    })

    test('killed after any number of results, starts again, is told them, and redoes only what was out', () => {
      for (let finished = 0; finished <= reference.all.length; finished++) {
        const stored = disordered(seededNumbers(2000 + finished), new Map(), finished)
        assert.equal(stored.results.size, finished)
        const second = disordered(seededNumbers(3000 + finished), stored.results, Infinity)
        assert.deepEqual(
          second.made.map(({ seq }) => seq),
          reference.all.map(({ seq }) => seq).filter((seq) => !stored.results.has(seq)),
        )
        assert.deepEqual(second.state, reference.state)
      }
    })

    test('numbers its candidates in order, and each parent comes before its children', () => {
      reference.all.forEach(({ seq, parent, round }, i) => {
        assert.equal(seq, i)
        if (parent !== null) assert.ok((reference.all[parent]?.round ?? NaN) < round)
      })
    })

    test('a candidate that goes on has its parent, kept, and the beginning of its recipe', () => {
      for (const { continues, parent, recipe } of reference.all.filter((one) => one.continues)) {
        const from = reference.all[parent ?? NaN]
        assert.ok(continues && from?.kept === true)
        assert.deepEqual(recipe.operations.slice(0, from.recipe.operations.length), from.recipe.operations)
        assert.equal(recipe.stream, from.recipe.stream)
      }
    })

    test('every noise is drawn with the generator of the run', () => {
      const { all } = straight({ ...spec, generator: 'torch-cpu-mt19937' })
      assert.equal(all.length, reference.all.length)
      assert.ok(all.every(({ recipe }) => recipe.generator === 'torch-cpu-mt19937'))
    })

    test('every candidate is its own: no recipe twice', () => {
      assert.equal(
        new Set(reference.all.map(({ recipe }) => JSON.stringify(recipe))).size,
        reference.all.length,
      )
    })

    test('refuses a result that is not out', () => {
      const start = search.start(spec)
      assert.throws(() => search.tell(start, { seq: 0, scores: {} }), RangeError)
      const { state } = search.ask(start, 1)
      assert.throws(() => search.tell(state, { seq: 1, scores: {} }), RangeError)
    })
  })
}

checkFold('random_search', randomSearch, specOf({ algorithm: 'random_search', guide, candidates: 13 }))
checkFold(
  'zero_order_search',
  zeroOrderSearch,
  specOf({ algorithm: 'zero_order_search', guide, rounds: 6, neighbours: 4 }),
)
checkFold(
  'search_over_paths',
  searchOverPaths,
  specOf({ algorithm: 'search_over_paths', guide, paths: 3, width: 3 }),
)
checkFold('first_order_search', firstOrderSearch, specOf({ algorithm: 'first_order_search', iterations: 10 }))
checkFold(
  'draft_cull_resume',
  draftCullResume,
  specOf({ algorithm: 'draft_cull_resume', guide, draftSteps: 4, candidates: 9, survivors: 5 }),
)
checkFold(
  'fk_steering',
  fkSteering,
  specOf({ algorithm: 'fk_steering', sampler: 'euler_ancestral', particles: 6, interval: 2, strength: 1 }),
)
