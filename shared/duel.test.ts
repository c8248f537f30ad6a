import assert from 'node:assert/strict'
import test from 'node:test'

import { duelGroups, isAhead, nextPair, standings } from './duel.ts'
import type { DuelPair } from './duel.ts'

const ids = (count: number) => Array.from({ length: count }, (_, index) => index + 1)
const contenders = (count: number, prompt = 'a red star') => ids(count).map((id) => ({ id, prompt }))
const groupOf = (count: number) => duelGroups(contenders(count))
const sameTwo = (a: DuelPair, b: DuelPair) =>
  [a.left, a.right].sort().join() === [b.left, b.right].sort().join()

/** Plays duels by a hidden order in which the larger number is better. */
function play(count: number, turns: number): { readonly pairs: DuelPair[]; readonly votes: Votes } {
  const votes: { winner: number; loser: number }[] = []
  const pairs: DuelPair[] = []
  for (let turn = 0; turn < turns; turn++) {
    const pair = nextPair(groupOf(count), votes, pairs.slice(-1), turn)
    assert.ok(pair !== null)
    pairs.push(pair)
    votes.push({ winner: Math.max(pair.left, pair.right), loser: Math.min(pair.left, pair.right) })
  }
  return { pairs, votes }
}
type Votes = readonly { readonly winner: number; readonly loser: number }[]

test('only pictures of one prompt meet, and a prompt with one picture has no question', () => {
  const mixed = [
    { id: 1, prompt: 'a' },
    { id: 2, prompt: 'b' },
    { id: 3, prompt: 'a' },
    { id: 4, prompt: 'c' },
    { id: 5, prompt: 'b' },
    { id: 1, prompt: 'a' },
  ]
  const groups = duelGroups(mixed)
  assert.deepEqual(groups, [
    [1, 3],
    [2, 5],
  ])
  const promptOf = new Map(mixed.map(({ id, prompt }) => [id, prompt]))
  for (let seed = 0; seed < 40; seed++) {
    const pair = nextPair(groups, [], [], seed)
    assert.ok(pair !== null)
    assert.equal(promptOf.get(pair.left), promptOf.get(pair.right))
    assert.notEqual(pair.left, pair.right)
  }
})

test('the same turn gives the same pair, and the sides are shuffled', () => {
  const seeds = ids(200)
  const pairs = seeds.map((seed) => nextPair(groupOf(2), [], [], seed))
  assert.deepEqual(
    pairs,
    seeds.map((seed) => nextPair(groupOf(2), [], [], seed)),
  )
  const left = pairs.filter((pair) => pair?.left === 1).length
  assert.ok(left > 60 && left < 140, `picture 1 stands left ${left} times of 200`)
})

test('two pictures meet once; one picture and none have no duel', () => {
  const pair = nextPair(groupOf(2), [], [], 1)
  assert.ok(pair !== null)
  assert.equal(nextPair(groupOf(2), [], [pair], 2), null)
  assert.equal(nextPair(groupOf(1), [], [], 1), null)
  assert.equal(nextPair([], [], [], 1), null)
})

test('everybody comes first before anybody comes twice', () => {
  const { pairs } = play(10, 5)
  assert.equal(new Set(pairs.flatMap(({ left, right }) => [left, right])).size, 10)
})

test('no pair comes twice in a row, and none again before all others of its picture', () => {
  const { pairs } = play(3, 12)
  pairs.slice(1).forEach((pair, index) => {
    assert.ok(!sameTwo(pair, pairs[index] ?? pair), `turn ${index + 1}`)
  })
  const round = play(5, 10).pairs
  const different = new Set(round.map(({ left, right }) => [left, right].sort().join()))
  assert.ok(different.size >= 9, `${different.size} different pairs of 10 possible in 10 duels`)
})

test('a picture meets the one whose strength is nearest its own', () => {
  // 1 to 4 have met in a chain; 5 is new and has strength 0, nearest to that of 9, which won and lost once.
  const votes = [
    { winner: 1, loser: 2 },
    { winner: 1, loser: 3 },
    { winner: 9, loser: 2 },
    { winner: 3, loser: 9 },
  ]
  const group = [[1, 2, 5, 9]]
  for (let seed = 0; seed < 20; seed++) {
    const pair = nextPair(group, votes, [], seed)
    assert.deepEqual([pair?.left, pair?.right].sort(), [5, 9])
  }
})

test('a hidden order is found in few duels', () => {
  const { votes } = play(12, 60)
  const order = standings(ids(12), votes).map(({ id }) => id)
  assert.deepEqual(
    order.slice(0, 3).sort((a, b) => b - a),
    [12, 11, 10],
  )
  assert.deepEqual(
    order.slice(-3).sort((a, b) => b - a),
    [3, 2, 1],
  )
  const [first] = standings(ids(12), votes)
  const last = standings(ids(12), votes).at(-1)
  assert.ok(first !== undefined && last !== undefined && isAhead(first, last))
})

test('a thousand pictures and votes among others are no trouble', () => {
  const votes = [{ winner: 5000, loser: 5001 }]
  const pair = nextPair(groupOf(1000), votes, [], 3)
  assert.ok(pair !== null && pair.left <= 1000 && pair.right <= 1000)
  assert.deepEqual(standings(ids(1000), votes), [])
})

test('one duel tells nobody apart, and wins and losses are counted', () => {
  const [first, second] = standings([1, 2, 3], [{ winner: 2, loser: 1 }])
  assert.ok(first !== undefined && second !== undefined)
  assert.deepEqual([first.id, first.wins, first.losses], [2, 1, 0])
  assert.deepEqual([second.id, second.wins, second.losses], [1, 0, 1])
  assert.ok(first.strength > 0 && Math.abs(first.strength + second.strength) < 1e-6)
  assert.equal(isAhead(first, second), false)
})
