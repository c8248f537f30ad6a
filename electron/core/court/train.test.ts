import assert from 'node:assert/strict'
import { test } from 'node:test'

import { heldOutFolds } from './folds.ts'
import { trainOnVotes, type FeatureSet } from './train.ts'

const pause = () => Promise.resolve()

/** Numbers from 0 to 1 that are the same in every run of the test. */
function seeded(seed: number): () => number {
  let state = seed
  return () => (state = (state * 48271) % 2147483647) / 2147483647
}

function featuresOf(pack: string, pictures: number, length: number, seed: number): FeatureSet {
  const random = seeded(seed)
  const vectors = Array.from({ length: pictures }, (_, id) => {
    return [id + 1, Float32Array.from({ length }, () => random() + random() - 1)] as const
  })
  return { pack, vectors: new Map(vectors) }
}

/** The share of the first feature in the whole vector's length: what is linear in features of length 1. */
const along = ({ vectors }: FeatureSet, id: number): number => {
  const vector = vectors.get(id) ?? new Float32Array()
  return (vector[0] ?? 0) / Math.hypot(...vector)
}

function votesBy(worth: (id: number) => number, pictures: number, count: number, seed: number) {
  const random = seeded(seed)
  return Array.from({ length: count }, () => {
    const a = 1 + Math.floor(random() * pictures)
    const b = 1 + ((a + Math.floor(random() * (pictures - 1))) % pictures)
    return worth(a) > worth(b) ? { winner: a, loser: b } : { winner: b, loser: a }
  })
}

test('a direction of the features is found, in the set that holds it, and measured as it is', async () => {
  const [blind, seeing] = [featuresOf('blind', 80, 12, 3), featuresOf('seeing', 80, 12, 4)]
  const votes = votesBy((id) => along(seeing, id), 80, 120, 5)
  const trained = await trainOnVotes(votes, [blind, seeing], pause)
  assert.equal(trained.set, 1)
  const length = Math.hypot(...trained.weights)
  assert.ok((trained.weights[0] ?? 0) / length > 0.9, String(trained.weights))
  assert.ok(trained.own.accuracy > 0.85 && trained.own.low > 0.75)
  assert.equal(trained.own.votes, 120)
  // 0 is the mean of the pictures that were voted on.
  const scores = [...new Set(votes.flatMap(({ winner, loser }) => [winner, loser]))].map((id) => {
    const vector = seeing.vectors.get(id) ?? new Float32Array()
    const size = Math.hypot(...vector)
    return vector.reduce((sum, value, i) => sum + (value / size) * (trained.weights[i] ?? 0), trained.bias)
  })
  assert.ok(Math.abs(scores.reduce((sum, one) => sum + one, 0)) < 1e-6)
})

test('votes by chance are no better than chance when they are held out, however well they could be remembered', async () => {
  let hits = 0
  for (let seed = 1; seed <= 10; seed++) {
    const random = seeded(seed * 101)
    const { own } = await trainOnVotes(
      votesBy(() => random(), 60, 40, seed),
      // More features than votes: any answers can be learned by heart.
      [featuresOf('wide', 60, 100, seed)],
      pause,
    )
    hits += own.accuracy * own.votes
  }
  // 400 votes: half of them give or take three standard deviations.
  assert.ok(hits > 170 && hits < 230, `${hits} of 400`)
})

test('pictures that a tower cannot tell apart are trained on without harm', async () => {
  const same: FeatureSet = {
    pack: 'same',
    vectors: new Map(Array.from({ length: 40 }, (_, id) => [id + 1, Float32Array.of(1, 2)])),
  }
  const { own, weights } = await trainOnVotes(
    votesBy((id) => id, 40, 40, 2),
    [same],
    pause,
  )
  assert.equal(own.accuracy, 0.5)
  assert.ok(weights.every((weight) => weight === 0))
})

test('every vote is tested once, by votes without a picture of its own, where that leaves enough', () => {
  const cases = [
    { votes: votesBy((id) => id, 40, 60, 7), unseen: true },
    // Each picture once: pairs that share nothing.
    { votes: Array.from({ length: 40 }, (_, i) => ({ winner: 2 * i, loser: 2 * i + 1 })), unseen: true },
    // Chains, and one large group.
    { votes: votesBy((id) => id, 200, 300, 9), unseen: true },
    // Four pictures again and again.
    { votes: votesBy((id) => id, 4, 60, 11), unseen: false },
  ]
  for (const { votes, unseen } of cases) {
    const { folds, unseenPictures } = heldOutFolds(votes)
    assert.equal(unseenPictures, unseen)
    assert.deepEqual(
      folds.flatMap((fold) => fold.test).toSorted((a, b) => a - b),
      votes.map((_, i) => i),
    )
    for (const { train, test: held } of folds) {
      assert.ok(train.length >= 15 && train.every((i) => !held.includes(i)))
      const asked = new Set(train.map((i) => pairOf(votes[i])))
      assert.ok(held.every((i) => !asked.has(pairOf(votes[i]))))
      if (!unseen) continue
      const shown = new Set(held.flatMap((i) => [votes[i]?.winner, votes[i]?.loser]))
      assert.ok(train.every((i) => !shown.has(votes[i]?.winner) && !shown.has(votes[i]?.loser)))
    }
    assert.deepEqual(heldOutFolds(votes), { folds, unseenPictures })
  }
})

/** Two pictures, whoever won. */
function pairOf(vote: { readonly winner: number; readonly loser: number } | undefined): string {
  return [vote?.winner, vote?.loser].toSorted().join()
}

test('a picture of which a tower makes nothing at all leaves every weight a number', async () => {
  const set = featuresOf('any', 40, 12, 3)
  set.vectors.get(7)?.fill(0)
  const { own, weights, bias } = await trainOnVotes(
    votesBy((id) => along(featuresOf('any', 40, 12, 3), id), 40, 80, 5),
    [set],
    pause,
  )
  assert.ok([...weights, bias].every(Number.isFinite))
  assert.ok(own.accuracy > 0.6, String(own.accuracy))
})

test('one answer given thirty times is one answer: nothing is known of the eye behind it', async () => {
  const votes = Array.from({ length: 30 }, () => ({ winner: 1, loser: 2 }))
  const { own, unseenPictures } = await trainOnVotes(votes, [featuresOf('any', 2, 12, 3)], pause)
  assert.deepEqual([own.accuracy, own.votes, unseenPictures], [0.5, 30, false])
  assert.ok(own.low < 0.1 && own.high > 0.9, `${own.low} to ${own.high}`)
})
