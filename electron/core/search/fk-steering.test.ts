import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import type { Intervention, Scores } from '../../../shared/domain.ts'
import type { SpecOf } from '../../../shared/run-spec.ts'
import { idsOf, potentials } from '../../../shared/vocabulary.ts'
import { fkSteering } from './fk-steering.ts'
import { inRounds } from './rounds.ts'
import { drive, follow } from './testing/drive.ts'
import type { Mixture } from './testing/gaussian-mixture.ts'
import { hand } from './testing/hand.ts'
import { specOf } from './testing/specs.ts'
import { World, type Verifier } from './testing/world.ts'

/** Two equal clouds on a line; the verifier likes the right one. */
const line: Mixture = [
  { weight: 0.5, mean: [-1], deviation: 0.3 },
  { weight: 0.5, mean: [1], deviation: 0.3 },
]
const rightward: Verifier = {
  score: ([x = NaN]) => x,
  gradient: () => Float32Array.of(1),
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/** The images that the last drawing names: the algorithm's sample of the tilted distribution. */
function sample(spec: SpecOf<'fk_steering'>): readonly number[] {
  const world = new World(spec, line, rightward)
  const search = inRounds(fkSteering)
  const images = new Map<number, number>()
  let state = search.start(spec)
  while (!search.isDone(state)) {
    const asked = search.ask(state, Infinity)
    state = asked.state
    for (const proposal of asked.proposals) {
      const { picture, seq } = world.make(proposal)
      images.set(seq, picture[0] ?? NaN)
      state = search.tell(state, { seq, scores: { clip_score: rightward.score(picture) } })
    }
  }
  return state.basis.map(({ seq }) => images.get(seq) ?? NaN)
}

const sampler = { sampler: 'euler_ancestral', steps: 12 } as const

/** What the sampler gives by itself: images of independent noises. */
const untilted = drive(specOf({ algorithm: 'random_search', ...sampler, candidates: 4000 }), {
  mixture: line,
  verifier: rightward,
}).map(({ picture }) => picture[0] ?? NaN)

const plan = { algorithm: 'fk_steering', ...sampler, interval: 3 } as const

for (const potential of idsOf(potentials)) {
  test(`${potential}: the images follow the sampler's own distribution times exp(lambda r)`, () => {
    for (const strength of [0.5, 1]) {
      const weights = untilted.map((x) => Math.exp(strength * x))
      const expected = mean(weights.map((weight, i) => weight * (untilted[i] ?? NaN))) / mean(weights)
      const means = ['1', '2', '3', '4', '5', '6', '7', '8'].map((seed) =>
        mean(sample(specOf({ ...plan, seed, particles: 200, strength, potential }))),
      )
      // Five standard errors of the mean of eight runs, from their own spread and that of the expectation.
      const spread = Math.sqrt(mean(means.map((value) => (value - mean(means)) ** 2)) / 7 + 0.02 ** 2)
      assert.ok(Math.abs(mean(means) - expected) < 5 * spread, `${mean(means)}, expected ${expected}`)
      // Nearer to it than to the distribution without steering, or with twice as much.
      assert.ok(expected > 0.4 && 5 * spread < 0.4, `spread ${spread}`)
    }
  })
}

test('strength 0 leaves every particle as it is', () => {
  for (const potential of idsOf(potentials)) {
    const all = drive(specOf({ ...plan, particles: 7, strength: 0, potential }))
    all.forEach(({ parent, round }, seq) => {
      assert.equal(parent, round === 0 ? null : seq - 7)
    })
  }
})

test('copies of one particle part ways', () => {
  const all = drive(specOf({ ...plan, particles: 4, strength: 1000 }))
  const parents = new Set(all.filter(({ round }) => round === 1).map(({ parent }) => parent))
  assert.ok(parents.size < 4)
  assert.equal(new Set(all.map(({ picture }) => picture.join())).size, all.length)
})

describe('who is drawn', () => {
  /** How often each of four particles is drawn at the first drawing. */
  const copies = (
    scores: readonly Scores[],
    interventions: readonly Intervention[] = [],
    said: Partial<SpecOf<'fk_steering'>> = {},
  ) => {
    const spec = specOf({ ...plan, particles: 4, strength: Math.LN2, potential: 'max', ...said })
    const parents = follow(spec, ({ seq }) => scores[seq] ?? {}, interventions)
      .filter(({ round }) => round === 1)
      .map(({ parent }) => parent)
    return [0, 1, 2, 3].map((seq) => parents.filter((parent) => parent === seq).length)
  }
  const clip = (...values: readonly number[]): readonly Scores[] =>
    values.map((clip_score) => ({ clip_score }))

  test('is a matter of 2^score here: shares of four, give or take less than one', () => {
    // 2^1 : 2^1 : 2^2 : 2^3 of 16 are half, half, one and two of four.
    const drawn = ['1', '2', '3', '4', '5', '6', '7', '8', '9'].map((seed) =>
      copies(clip(1, 1, 2, 3), [], { seed }),
    )
    for (const [a = NaN, b = NaN, c, d] of drawn) {
      assert.deepEqual([a + b, c, d], [1, 1, 2])
    }
    // Chance decides between the equal halves, and the seed is the chance.
    assert.equal(new Set(drawn.map(([a]) => a)).size, 2)
    assert.deepEqual(drawn[0], copies(clip(1, 1, 2, 3), [], { seed: '1' }))
  })

  test('is a matter of new chance at each drawing', () => {
    // Each particle gains as much as every other in its place did, so the shares are the same at each drawing.
    const gains = [0, 0, 0, 1]
    const spec = specOf({ ...plan, particles: 4, strength: Math.LN2, potential: 'difference' })
    const patterns = ['1', '2', '3', '4'].map((seed) => {
      const scores: number[] = []
      const all = follow({ ...spec, seed }, ({ seq, parent }) => {
        scores[seq] = (parent === null ? 0 : (scores[parent] ?? NaN)) + (gains[seq % 4] ?? NaN)
        return { clip_score: scores[seq] ?? NaN }
      })
      const drawn = [1, 2, 3].map((round) =>
        all.flatMap((one) => (one.round === round ? [(one.parent ?? NaN) % 4] : [])).join(),
      )
      return new Set(drawn).size
    })
    assert.ok(
      patterns.some((size) => size > 1),
      patterns.join(),
    )
  })

  test('is nobody without a score, unless none has one', () => {
    const [a, b, c, d] = copies([{}, { clip_score: NaN }, { clip_score: 1 }, { clip_score: 1 }])
    assert.deepEqual([a, b, c, d], [0, 0, 2, 2])
    assert.deepEqual(copies([{}, {}, {}, {}]), [1, 1, 1, 1])
  })

  test('survives strengths and scores beyond what exp can hold', () => {
    assert.deepEqual(copies(clip(1e6, 1e6 - 1, 0, -1e6), [], { strength: 1e6 }), [4, 0, 0, 0])
    assert.deepEqual(copies(clip(-1e9, -1e9, -1e9, -1e9), [], { strength: 1e6 }), [1, 1, 1, 1])
  })

  test('is everybody who is pinned or put first, nobody who is vetoed, until it is undone', () => {
    const scores = clip(9, 0, 0, 0)
    assert.deepEqual(copies(scores, [], { strength: 10 }), [4, 0, 0, 0])
    assert.deepEqual(copies(scores, [hand('pin', 2, 0)], { strength: 10 }), [3, 0, 1, 0])
    assert.deepEqual(
      copies(scores, [hand('override', 3, 0), hand('pin', 2, 0)], { strength: 10 }),
      [2, 0, 1, 1],
    )
    assert.deepEqual(
      copies(
        scores,
        [1, 2, 3].map((seq) => hand('pin', seq, 0)),
        { strength: 10 },
      ),
      [1, 1, 1, 1],
    )
    assert.equal(copies(scores, [hand('veto', 0, 0)], { strength: 10 })[0], 0)
    assert.equal(copies([{}, {}, {}, {}], [hand('veto', 0, 0)])[0], 0)
    assert.deepEqual(copies(scores, [hand('veto', 0, 0, 0)], { strength: 10 }), [4, 0, 0, 0])
    assert.deepEqual(
      copies(
        scores,
        [0, 1, 2, 3].map((seq) => hand('veto', seq, 0)),
      ),
      [0, 0, 0, 0],
    )
  })

  test('potentials remember: difference what was gained, max the best so far, sum all of it', () => {
    // At the second drawing all have the same score. By difference those who came from below gained more, by sum
    // those who came from above have more, by max all are equal where the new score is the best so far.
    const second = (potential: 'difference' | 'max' | 'sum', later: number) => {
      const spec = specOf({ ...plan, particles: 2, strength: 0.01, potential, interval: 4 })
      const search = inRounds(fkSteering)
      let state = search.start(spec)
      for (const score of [1, 3, later, later]) {
        const asked = search.ask(state, 1)
        const [proposal] = asked.proposals
        state = search.tell(asked.state, { seq: proposal?.seq ?? NaN, scores: { clip_score: score } })
      }
      return state.basis
    }
    const close = (found: number | null, expected: number) => {
      assert.ok(Math.abs((found ?? NaN) - expected) < 1e-12, `${found}, expected ${expected}`)
    }
    const [a, b] = second('difference', 5)
    close(a?.logProduct ?? NaN, 0.05)
    close(b?.logProduct ?? NaN, 0.05)
    const [c, d] = second('max', 2)
    close(c?.logProduct ?? NaN, 0.01 + 0.02)
    close(d?.logProduct ?? NaN, 0.03 + 0.03)
    const [e, f] = second('sum', 2)
    close(e?.logProduct ?? NaN, 0.01 + 0.03)
    close(f?.logProduct ?? NaN, 0.03 + 0.05)
    assert.deepEqual([c?.memory, d?.memory, e?.memory, f?.memory], [2, 3, 3, 5])
  })
})
