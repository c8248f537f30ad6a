import assert from 'node:assert/strict'
import { test } from 'node:test'

import { makeNoise, noiseSha256 } from '../diffusion/noise.ts'
import { randomSearch } from './random-search.ts'
import { inRounds } from './rounds.ts'
import { specOf } from './testing/specs.ts'

const search = inRounds(randomSearch)
const start = () => search.start(specOf({ algorithm: 'random_search', seed: '3', candidates: 5 }))

test('proposes each candidate once, in order, however many are asked for at a time', () => {
  for (const most of [1, 2, 3, 10]) {
    let state = start()
    const seqs: number[] = []
    for (let turn = 0; turn < 10; turn++) {
      const asked = search.ask(state, most)
      state = asked.state
      seqs.push(...asked.proposals.map(({ seq }) => seq))
    }
    assert.deepEqual(seqs, [0, 1, 2, 3, 4])
  }
})

test('every candidate has a noise of its own, and candidate 0 the noise of the baselines (stream 0)', () => {
  const { proposals } = search.ask(start(), 5)
  const hashes = proposals.map(({ recipe }) => noiseSha256(makeNoise(recipe, 64)))
  assert.equal(new Set(hashes).size, 5)
  assert.equal(proposals[0]?.recipe.stream, 0)
})

test('is done when the last result is in, in any order, also without scores', () => {
  let { state } = search.ask(start(), 5)
  for (const seq of [4, 0, 2, 1]) {
    state = search.tell(state, { seq, scores: {} })
    assert.equal(search.isDone(state), false)
  }
  state = search.tell(state, { seq: 3, scores: { clip_score: 1 } })
  assert.equal(search.isDone(state), true)
})

test('the state survives JSON and goes on where it was', () => {
  const { state } = search.ask(start(), 2)
  const revived = JSON.parse(
    JSON.stringify(search.tell(state, { seq: 0, scores: { clip_score: 0.5 } })),
  ) as typeof state
  assert.deepEqual(
    search.ask(revived, 9).proposals.map(({ seq }) => seq),
    [2, 3, 4],
  )
})

test('a result that was never asked for, or came twice, is refused', () => {
  const { state } = search.ask(start(), 2)
  assert.throws(() => search.tell(state, { seq: 2, scores: { clip_score: 1 } }), RangeError)
  const told = search.tell(state, { seq: 1, scores: { clip_score: 1 } })
  assert.throws(() => search.tell(told, { seq: 1, scores: { clip_score: 2 } }), RangeError)
})
