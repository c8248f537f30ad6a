import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { seededNumbers } from '../electron/core/search/testing/seeded-numbers.ts'
import type { Intervention, InterventionRequest, Scores } from './domain.ts'
import { byGuide, isRanked, scoreBy, type Scored } from './ranking.ts'
import { handAt, inOrder, winnerOf, type Finalist, type Hand } from './steering.ts'
import type { VerifierId } from './vocabulary.ts'

const verifiers = ['clip_score', 'pick_score', 'image_reward'] as const

/** Candidates with everything that can be wrong with scores: ties, NaN, infinities, none. */
function anyCandidates(next: () => number): readonly Finalist[] {
  return Array.from({ length: 1 + Math.floor(next() * 12) }, (_, seq) => {
    const scores: Partial<Record<VerifierId, number>> = {}
    for (const id of verifiers) {
      const kind = Math.floor(next() * 6)
      const score = [Math.floor(next() * 3), next() - 0.5, NaN, Infinity, -Infinity][kind]
      if (score !== undefined) scores[id] = score
    }
    return { seq, scores, level: next() < 0.3 ? 0.1 : 0, round: Math.floor(seq / 4) }
  })
}

const anyGuide = (next: () => number): readonly VerifierId[] =>
  verifiers.slice(Math.floor(next() * 3)).filter((_, i) => i === 0 || next() < 0.7)

function anyHand(next: () => number, seqs: readonly number[]): Hand {
  const some = () => new Set(seqs.filter(() => next() < 0.2))
  return { pinned: some(), vetoed: some(), first: next() < 0.5 ? Math.floor(next() * seqs.length) : null }
}

const shuffled = <T>(list: readonly T[], next: () => number): readonly T[] =>
  list
    .map((item) => ({ item, key: next() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item)

const seqsOf = (list: readonly Scored[]) => list.map(({ seq }) => seq)

const finite = (scores: Scores, id: VerifierId) => Number.isFinite(scores[id])

describe('any candidates, any guide, any hand:', () => {
  const cases = Array.from({ length: 500 }, (_, seed) => {
    const next = seededNumbers(seed)
    const candidates = anyCandidates(next)
    return { next, candidates, guide: anyGuide(next), hand: anyHand(next, seqsOf(candidates)) }
  })

  test('one order, whatever order they come in, and nobody twice or lost', () => {
    for (const { next, candidates, guide, hand } of cases) {
      const order = seqsOf(inOrder(candidates, guide, hand))
      assert.deepEqual(seqsOf(inOrder(shuffled(candidates, next), guide, hand)), order)
      const left = seqsOf(candidates).filter((seq) => !hand.vetoed.has(seq))
      assert.deepEqual(
        order.toSorted((a, b) => a - b),
        left,
      )
    }
  })

  test('nobody without a finite score comes before somebody with one, and never wins', () => {
    for (const { candidates, guide } of cases) {
      const places = byGuide(candidates, guide).map(({ scores }) => guide.some((id) => finite(scores, id)))
      assert.deepEqual(
        places,
        places.toSorted((a, b) => Number(b) - Number(a)),
      )
      const winner = winnerOf(candidates, guide, [])
      assert.ok(winner === null || (winner.level === 0 && isRanked(winner, guide)))
      const images = candidates.filter(({ level }) => level === 0)
      assert.equal(winner === null, !images.some(({ scores }) => guide.some((id) => finite(scores, id))))
    }
  })

  test('one verifier puts the higher score first, of equal scores the lower number', () => {
    for (const { candidates } of cases) {
      const ranked = byGuide(candidates, ['clip_score']).filter((one) => isRanked(one, ['clip_score']))
      ranked.slice(1).forEach((worse, i) => {
        const better = ranked[i]
        const [a = NaN, b = NaN] = [better?.scores.clip_score, worse.scores.clip_score]
        assert.ok(a > b || (a === b && (better?.seq ?? NaN) < worse.seq))
      })
    }
  })

  test('who is better by every verifier comes first', () => {
    for (const { candidates, guide } of cases) {
      const order = seqsOf(byGuide(candidates, guide))
      for (const a of candidates) {
        for (const b of candidates) {
          const dominates = guide.every(
            (id) =>
              finite(a.scores, id) &&
              (!finite(b.scores, id) || (scoreBy(a, id) ?? NaN) > (scoreBy(b, id) ?? NaN)),
          )
          if (dominates) assert.ok(order.indexOf(a.seq) < order.indexOf(b.seq))
        }
      }
    }
  })

  test('first who was put there, then the pinned, then the others, each as the guide has them', () => {
    for (const { candidates, guide, hand } of cases) {
      const order = seqsOf(inOrder(candidates, guide, hand))
      const place = (seq: number) => (seq === hand.first ? 0 : hand.pinned.has(seq) ? 1 : 2)
      const places = order.map(place)
      assert.deepEqual(
        places,
        places.toSorted((a, b) => a - b),
      )
      for (const group of [0, 1, 2]) {
        const guided = seqsOf(byGuide(candidates, guide))
        assert.deepEqual(
          order.filter((seq) => place(seq) === group),
          guided.filter((seq) => place(seq) === group && !hand.vetoed.has(seq)),
        )
      }
    }
  })
})

let lastId = 0
const from = (round: number, request: InterventionRequest, until: number | null = null): Intervention => ({
  id: ++lastId,
  round,
  until,
  ...request,
})

describe('the hand in a choice', () => {
  test('pins and vetoes hold from their round until they are undone', () => {
    const all = [from(1, { kind: 'pin', seq: 3 }), from(2, { kind: 'veto', seq: 4 }, 4)]
    const seen = [0, 1, 2, 3, 4].map((round) => {
      const { pinned, vetoed } = handAt(all, round)
      return [[...pinned], [...vetoed]]
    })
    assert.deepEqual(seen, [
      [[], []],
      [[3], []],
      [[3], [4]],
      [[3], [4]],
      [[3], []],
    ])
  })

  test('an override is for one choice, the newest for that choice counts, undone before it none', () => {
    const all = [
      from(1, { kind: 'override', seq: 5 }),
      from(1, { kind: 'override', seq: 6 }),
      from(2, { kind: 'override', seq: 7 }, 2),
    ]
    assert.deepEqual(
      [0, 1, 2].map((round) => handAt(all, round).first),
      [null, 6, null],
    )
    assert.equal(handAt([...all, from(1, { kind: 'override', seq: 8 }, 1)], 1).first, 6)
  })

  test('an intervention of a later round changes no hand before it', () => {
    const early = [from(0, { kind: 'pin', seq: 1 })]
    const later = [...early, from(3, { kind: 'veto', seq: 1 }), from(3, { kind: 'override', seq: 2 })]
    for (const round of [0, 1, 2]) assert.deepEqual(handAt(later, round), handAt(early, round))
  })
})

describe('the winner', () => {
  const image = (seq: number, clip_score: number, round = 0, level = 0): Finalist => ({
    seq,
    scores: { clip_score },
    round,
    level,
  })
  const winner = (candidates: readonly Finalist[], interventions: readonly Intervention[] = []) =>
    winnerOf(candidates, ['clip_score'], interventions)?.seq ?? null

  test('is an image, not a draft, however good that looks', () => {
    assert.equal(winner([image(0, 9, 0, 0.4), image(1, 2, 1), image(2, 3, 1)]), 2)
    assert.equal(winner([image(0, 9, 0, 0.4)]), null)
  })

  test('is not who was vetoed, whenever that was, unless it was undone', () => {
    const all = [image(0, 3), image(1, 2), image(2, 1)]
    assert.equal(winner(all, [from(0, { kind: 'veto', seq: 0 })]), 1)
    assert.equal(winner(all, [from(0, { kind: 'veto', seq: 0 }, 0)]), 0)
    assert.equal(
      winner(
        all,
        [0, 1, 2].map((seq) => from(0, { kind: 'veto', seq })),
      ),
      null,
    )
  })

  test('is who was put first since the last round began, not who was before', () => {
    const all = [image(0, 3, 0), image(1, 2, 1), image(2, 1, 1)]
    assert.equal(winner(all, [from(1, { kind: 'override', seq: 2 })]), 2)
    assert.equal(winner(all, [from(2, { kind: 'override', seq: 2 })]), 2)
    assert.equal(winner(all, [from(0, { kind: 'override', seq: 2 })]), 0)
    assert.equal(winner(all, [from(1, { kind: 'override', seq: 2 }, 1)]), 0)
    assert.equal(winner(all, [from(1, { kind: 'override', seq: 2 }), from(1, { kind: 'veto', seq: 2 })]), 0)
  })
})
