import assert from 'node:assert/strict'
import { test } from 'node:test'

import { cosineGradient } from './cosine.ts'
import type { Evidence, ImageFeatures } from './evidence.ts'
import { verifiers } from './index.ts'

const image: ImageFeatures = {
  embedding: Float32Array.of(0.5, -2, 1.25, 3),
  logits: Float32Array.of(1, -0.5),
  score: 4.5,
}
const evidence: Evidence = {
  image,
  early: null,
  pair: 0.75,
  text: Float32Array.of(1, 0.5, -0.25, 2),
  classIndex: 1,
  classWeight: Float32Array.of(0.5, 0.5, -0.5, 0.5),
  logitScale: 20,
  logitBias: -10,
  reward: { mean: 0.25, std: 1.6 },
  personal: { weights: [1, -0.5, 0.25, -2], bias: 0.1 },
}

/** The evidence with one number of one output of the image tower moved. */
function moved(of: keyof ImageFeatures | 'pair', at: number, step: number): Evidence {
  if (of === 'pair') return { ...evidence, pair: (evidence.pair ?? NaN) + step }
  if (of === 'score') return { ...evidence, image: { ...image, score: (image.score ?? NaN) + step } }
  const values = image[of]?.map((value, i) => value + (i === at ? step : 0)) ?? null
  return { ...evidence, image: { ...image, [of]: values } }
}

for (const [id, { score, gradient }] of Object.entries(verifiers)) {
  if (gradient === undefined) continue
  test(`the gradient of ${id} is the slope of its score over every number that it reads`, () => {
    const found = gradient.over(evidence)
    assert.ok(found !== null && found.some((value) => value !== 0))
    found.forEach((value, at) => {
      const [up, down] = [2 ** -8, -(2 ** -8)].map((step) => score(moved(gradient.of, at, step)) ?? NaN)
      const slope = ((up ?? NaN) - (down ?? NaN)) * 2 ** 7
      assert.ok(Math.abs(slope - value) < 1e-4, `number ${at}: ${value} for ${slope}`)
    })
  })

  test(`the gradient of ${id} is absent where the score is`, () => {
    const blind = { embedding: new Float32Array(4), logits: null, score: null }
    for (const none of [blind, null]) {
      const nothing = { ...evidence, image: none, pair: null }
      assert.equal(score(nothing), null)
      assert.equal(gradient.over(nothing), null)
    }
  })
}

test('clip_score is flat where image and text point away from each other', () => {
  const away = { ...evidence, text: image.embedding?.map((value) => -value) ?? null }
  assert.deepEqual(verifiers.clip_score.gradient?.over(away), new Float32Array(4))
})

test('a cosine has no slope along its own feature', () => {
  const [a, b] = [Float32Array.of(3, 4), Float32Array.of(1, 0)]
  const gradient = cosineGradient(a, b) ?? a
  assert.ok(Math.abs((gradient[0] ?? NaN) * 3 + (gradient[1] ?? NaN) * 4) < 1e-7)
  assert.ok(Math.abs((gradient[0] ?? NaN) - (1 - 0.36) / 5) < 1e-7)
})
