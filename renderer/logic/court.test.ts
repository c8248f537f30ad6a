import assert from 'node:assert/strict'
import test from 'node:test'

import type { CourtTable } from '../../shared/court.ts'
import type { Arm } from '../../shared/domain.ts'
import type { Picture } from '../../shared/gallery.ts'
import {
  agreementOf,
  agreementSentence,
  agreementsOf,
  disagreements,
  judgedPictures,
  movedSentence,
  nameInCourt,
  orderBy,
  ordinal,
  rowsOf,
  seatingOrder,
  seatsOf,
} from './court.ts'
import type { Judged } from './court.ts'

const judged = (columns: Readonly<Record<string, readonly (number | null)[]>>): readonly Judged[] => {
  const count = Math.max(...Object.values(columns).map(({ length }) => length))
  return Array.from({ length: count }, (_, i) => ({
    picture: i + 1,
    seq: i,
    scores: Object.fromEntries(
      Object.entries(columns).flatMap(([judge, scores]) => {
        const score = scores[i] ?? null
        return score === null ? [] : [[judge, score]]
      }),
    ),
  }))
}

const table: CourtTable = {
  judges: [
    { verifier: 'clip_score', reason: null },
    { verifier: 'clip_self', reason: 'needs the early look' },
  ],
  testimonies: [
    { picture: 1, scores: { clip_score: 0.5, pick_score: 20 }, silent: [] },
    { picture: 2, scores: { pick_score: 21 }, silent: [{ verifier: 'clip_score', reason: 'no prompt' }] },
    { picture: 3, scores: {}, silent: [] },
  ],
}

test('the artist sits with the verifiers, also with those that are gone, and each knows what it lacks', () => {
  const all = judgedPictures(
    table,
    [
      { picture: 3, flag: 'pick', rating: 0 },
      { picture: 1, flag: null, rating: 0 },
    ],
    [],
  )
  assert.deepEqual(
    seatsOf(table, all).map(({ judge, scored, silent, silence, missing, reason }) => [
      judge,
      scored,
      silent,
      silence,
      missing,
      reason !== null,
    ]),
    [
      ['artist', 1, 0, null, 0, false],
      ['clip_score', 1, 1, 'no prompt', 1, false],
      ['pick_score', 2, 0, null, 0, true],
      ['clip_self', 0, 0, null, 0, true],
    ],
  )
})

test('an order holds what was scored, best first, equals in the pool’s order', () => {
  const pictures = judged({ clip_score: [0.2, null, 0.9, 0.2], pick_score: [5, 5, 1, null] })
  assert.deepEqual(orderBy(pictures, ['clip_score']), [3, 1, 4])
  assert.deepEqual(orderBy(pictures, ['pick_score']), [1, 2, 3])
  assert.deepEqual(orderBy(pictures, []), [])
  // Ranks: 2 1, 4 2, 1 3, 3 4.
  assert.deepEqual(orderBy(pictures, ['clip_score', 'pick_score']), [1, 3, 2, 4])
})

test('the ensemble is the first row, whoever has said nothing has none', () => {
  const pictures = judged({ clip_score: [0.2, 0.9], artist: [1, -1] })
  const seats = seatsOf({ judges: [{ verifier: 'image_reward', reason: null }], testimonies: [] }, pictures)
  const rows = rowsOf(pictures, seats, ['clip_score'])
  assert.deepEqual(
    rows.map(({ judge, order }) => [judge, order]),
    [
      ['ensemble', [2, 1]],
      ['artist', [1, 2]],
      ['clip_score', [2, 1]],
    ],
  )
  assert.equal(rows[0]?.values.get(2), 1)
  assert.equal(rows[2]?.values.get(2), 0.9)
})

test('agreement counts only what both scored, and says when that is too little', () => {
  const pictures = judged({
    clip_score: [1, 2, 3, 4, 5, 6],
    pick_score: [6, 5, 4, 3, 2, null],
    image_reward: [1, 2, 3, 4, null, null],
    aesthetic_score: [7, 7, 7, 7, 7, 7],
  })
  const judges = ['clip_score', 'pick_score', 'image_reward', 'aesthetic_score'] as const
  const all = agreementsOf(pictures, judges)
  assert.equal(all.length, 6)
  const sentence = (a: (typeof judges)[number], b: (typeof judges)[number]) => {
    const found = agreementOf(all, a, b)
    assert.ok(found !== null)
    return agreementSentence(found)
  }
  assert.equal(
    sentence('pick_score', 'clip_score'),
    'CLIP score and PickScore disagree: tau \u22121.00 over 5 pictures.',
  )
  assert.equal(
    sentence('clip_score', 'image_reward'),
    'CLIP score and ImageReward both scored 4 pictures: too few to tell, 5 are needed.',
  )
  assert.equal(
    sentence('clip_score', 'aesthetic_score'),
    'One of CLIP score and Aesthetic gives all 6 pictures the same score: there is no order to compare.',
  )
  assert.equal(agreementOf(all, 'clip_score', 'clip_score'), null)
})

test('those who agree sit side by side, the artist first', () => {
  const scores = [1, 2, 3, 4, 5, 6, 7, 8]
  const pictures = judged({
    artist: scores,
    clip_score: [8, 7, 6, 5, 4, 3, 2, 1],
    pick_score: [1, 2, 3, 4, 5, 6, 8, 7],
    image_reward: [7, 8, 6, 5, 4, 3, 2, 1],
  })
  const judges = ['clip_score', 'image_reward', 'artist', 'pick_score'] as const
  assert.deepEqual(seatingOrder(judges, agreementsOf(pictures, judges)), [
    'artist',
    'pick_score',
    'image_reward',
    'clip_score',
  ])
})

test('the largest differences of rank come first, agreement is left out', () => {
  const pictures = judged({ clip_score: [4, 3, 2, 1, 9], pick_score: [1, 3, 2, 4, null] })
  assert.deepEqual(disagreements(pictures, 'clip_score', 'pick_score', 3), [
    { picture: 1, rankA: 1, rankB: 4 },
    { picture: 4, rankA: 4, rankB: 1 },
  ])
})

test('it is said who moved and who leads', () => {
  const name = (picture: number) => `#${picture}`
  assert.equal(movedSentence([1, 2, 3], [2, 1, 3], name), '2 pictures moved; #2 is first now.')
  assert.equal(movedSentence([1, 2, 3], [1, 2, 3], name), 'The order stays as it was; #1 stays first.')
  assert.equal(movedSentence([1], [], name), 'Nobody is switched on, so there is no ensemble.')
})

test('places and pictures have names', () => {
  assert.deepEqual([1, 2, 3, 4, 11, 12, 13, 21, 102, 113].map(ordinal), [
    '1st',
    '2nd',
    '3rd',
    '4th',
    '11th',
    '12th',
    '13th',
    '21st',
    '102nd',
    '113th',
  ])
  const outside = { origin: { kind: 'outside', name: 'Run 3 #5.png' } } as const
  assert.equal(nameInCourt(outside, true), 'Run 3 #5.png')
  const of = (arm: Arm) =>
    ({ origin: { kind: 'candidate', arm, runId: 3, seq: 5, steps: 24 } }) as unknown as Picture
  assert.deepEqual(
    (['search', 'baseline', 'final'] as const).map((arm) => [
      nameInCourt(of(arm), true),
      nameInCourt(of(arm), false),
    ]),
    [
      ['#5', 'Run 3 #5'],
      ['24 steps', 'Run 3, 24 steps'],
      ['#5, final', 'Run 3 #5, final'],
    ],
  )
})
