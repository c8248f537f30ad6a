import assert from 'node:assert/strict'
import { test } from 'node:test'

import { artistScores } from './bradley-terry.ts'
import type { Mark } from './gallery.ts'

const mark = (picture: number, rating: Mark['rating'], flag: Mark['flag'] = null): Mark => ({
  picture,
  rating,
  flag,
})
const wins = (winner: number, loser: number, times = 1) =>
  Array.from({ length: times }, () => ({ winner, loser }))

function order(scores: ReadonlyMap<number, number>): readonly number[] {
  return [...scores].sort(([, a], [, b]) => b - a).map(([picture]) => picture)
}

test('marks alone are the order of their stars and flags; what has neither is absent', () => {
  const scores = artistScores(
    [
      mark(1, 5),
      mark(2, 3),
      mark(3, 0, 'pick'),
      mark(4, 0, 'reject'),
      mark(5, 1),
      mark(6, 0),
      mark(7, 4, 'pick'),
    ],
    [],
  )
  assert.deepEqual(
    [...scores],
    [
      [1, 2],
      [2, 0],
      [3, 1],
      [4, -3],
      [5, -2],
      [7, 2],
    ],
  )
})

test('a picture that won every vote has a finite score, higher the more it won', () => {
  const [few, many] = [3, 300].map((times) => artistScores([], wins(1, 2, times)))
  assert.ok((few?.get(1) ?? NaN) > 0.5)
  assert.ok((many?.get(1) ?? NaN) > (few?.get(1) ?? NaN) && (many?.get(1) ?? NaN) < 10)
  assert.ok(Math.abs((many?.get(1) ?? NaN) + (many?.get(2) ?? NaN)) < 1e-6)
})

test('the slope of the log posterior is zero at the scores: they are its maximum', () => {
  const votes = [...wins(1, 2, 4), ...wins(2, 1), ...wins(2, 3, 3), ...wins(3, 1), ...wins(4, 3)]
  const scores = artistScores([mark(1, 2), mark(9, 4)], votes)
  const of = (picture: number) => scores.get(picture) ?? NaN
  for (const [picture, mean] of [
    [1, -1],
    [2, 0],
    [3, 0],
    [4, 0],
    [9, 1],
  ] as const) {
    let slope = mean - of(picture)
    for (const { winner, loser } of votes) {
      const surprise = 1 / (1 + Math.exp(of(winner) - of(loser)))
      slope += winner === picture ? surprise : loser === picture ? -surprise : 0
    }
    assert.ok(Math.abs(slope) < 1e-6, `picture ${picture}: ${slope}`)
  }
})

test('votes overrule stars when there are enough of them, and stars decide without', () => {
  const marks = [mark(1, 2), mark(2, 4)]
  assert.deepEqual(order(artistScores(marks, [])), [2, 1])
  assert.deepEqual(order(artistScores(marks, wins(1, 2))), [2, 1])
  assert.deepEqual(order(artistScores(marks, wins(1, 2, 8))), [1, 2])
})

test('two hundred pictures in a chain of a thousand noisy votes come out in their true order', () => {
  let state = 7
  const random = () => (state = (state * 48271) % 2147483647) / 2147483647
  const count = 200
  const votes = Array.from({ length: 4000 }, () => {
    const [a, b] = [Math.floor(random() * count), Math.floor(random() * count)]
    const first = random() < 1 / (1 + Math.exp(-(a - b) / 20)) ? a : b
    return { winner: first, loser: first === a ? b : a }
  }).filter(({ winner, loser }) => winner !== loser)
  const found = order(artistScores([], votes))
  const top = found.slice(0, 50)
  assert.equal(found.length, count)
  assert.ok(top.filter((picture) => picture >= 140).length >= 45, String(top))
})
