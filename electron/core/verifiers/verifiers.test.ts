import assert from 'node:assert/strict'
import { test } from 'node:test'

import { idsOf, verifiers as vocabulary } from '../../../shared/vocabulary.ts'
import { classOfPrompt } from './class-of-prompt.ts'
import { clipZeroShot, zeroShotWeight } from './clip-zero-shot.ts'
import { cosine } from './cosine.ts'
import { dinoLinear } from './dino-linear.ts'
import type { Evidence } from './evidence.ts'
import { imageReward } from './image-reward.ts'
import { inceptionConfidence } from './inception-confidence.ts'
import { verifiers } from './index.ts'
import { pickScore } from './pick-score.ts'

const vector = (...values: number[]) => Float32Array.from(values)
const near = (found: number | null, expected: number, within = 1e-6) => {
  assert.ok(found !== null && Math.abs(found - expected) < within, `${found} for ${expected}`)
}

test('a cosine is the dot product over both norms, and absent without a direction', () => {
  near(cosine(vector(3, 4), vector(4, 3)), 24 / 25)
  near(cosine(vector(1, 0), vector(-5, 0)), -1)
  assert.equal(cosine(vector(0, 0), vector(1, 0)), null)
  assert.equal(cosine(null, vector(1, 0)), null)
  assert.throws(() => cosine(vector(1), vector(1, 0)), RangeError)
})

test('a zero-shot weight is the normalised mean of normalised sentences, however long each was', () => {
  const weight = zeroShotWeight([vector(10, 0), vector(0, 0.1)])
  near(weight?.[0] ?? null, Math.SQRT1_2)
  near(weight?.[1] ?? null, Math.SQRT1_2)
  near(clipZeroShot(vector(2, 0), weight), Math.SQRT1_2)
  assert.equal(zeroShotWeight([vector(1, 0), vector(-1, 0)]), null)
  assert.equal(zeroShotWeight([vector(0, 0)]), null)
})

test('ImageReward is moved by the mean and scaled by the deviation of its pack', () => {
  near(imageReward(1.2, { mean: 0.2, std: 0.5 }), 2)
  // The constants of the published model (METHOD, section 5).
  near(imageReward(1, { mean: 0.16717362830052426, std: 1.0333394966054072 }), 0.80595602)
  assert.equal(imageReward(null, { mean: 0, std: 1 }), null)
  assert.equal(imageReward(NaN, { mean: 0, std: 1 }), null)
})

test('PickScore is the cosine times the exponential of the logit scale', () => {
  near(pickScore(vector(3, 4), vector(4, 3), 100), 96, 1e-4)
  assert.equal(pickScore(vector(0, 0), vector(1, 1), 100), null)
})

test("DINO's score is the logit of the prompt's class, and absent without a class", () => {
  assert.equal(dinoLinear(vector(0.5, -2, 7), 1), -2)
  assert.equal(dinoLinear(vector(0.5, -2, 7), null), null)
  assert.equal(dinoLinear(vector(NaN), 0), null)
  assert.equal(dinoLinear(null, 0), null)
})

test('confidence is softmax at the class, also for logits whose exponentials overflow', () => {
  near(inceptionConfidence(vector(Math.log(1), Math.log(3)), 1), 0.75)
  near(inceptionConfidence(vector(1000, 1000, 1000, 1000), 2), 0.25)
  assert.equal(inceptionConfidence(vector(1, NaN), 0), null)
  assert.equal(inceptionConfidence(vector(1, 2), null), null)
})

const classes = ['red circle', 'red star', 'blue ring', 'red']

test('the class of a prompt is the prompt itself, or the name that occurs first, singular or plural', () => {
  assert.equal(classOfPrompt(' Red  Star ', classes), 1)
  assert.equal(classOfPrompt('two red stars left of a blue ring in sky', classes), 1)
  assert.equal(classOfPrompt('a blue ring above a red star in night', classes), 2)
  assert.equal(classOfPrompt('a large striped red star, in night', classes), 1)
  assert.equal(classOfPrompt('a red moon', classes), 3)
})

test('a prompt that names no class has none; parts of words are no names', () => {
  assert.equal(classOfPrompt('a star in night', classes), null)
  assert.equal(classOfPrompt('blue rings of saturn', classes), 2)
  assert.equal(classOfPrompt('blue ringtone', classes), null)
  assert.equal(classOfPrompt('', classes), null)
})

const features = (embedding: Float32Array | null) => ({ embedding, logits: vector(0, 2), score: 5.5 })
const evidence: Evidence = {
  image: features(vector(3, 4)),
  early: features(vector(4, 3)),
  pair: 1.5,
  text: vector(1, 0),
  classIndex: 1,
  classWeight: vector(0, 1),
  logitScale: 10,
  logitBias: -10,
  reward: { mean: 0.5, std: 2 },
  personal: { weights: [2, -1], bias: 0.5 },
}

test('the table scores the same evidence by each definition', () => {
  const expected = {
    clip_score: 2.5 * 0.6,
    clip_zero_shot: 0.8,
    clip_self: 0.96,
    aesthetic_score: 5.5,
    image_reward: 0.5,
    pick_score: 6,
    dino_linear: 2,
    dino_self: 0.96,
    siglip_self: 0.96,
    you: (2 * 3 - 4) / 5 + 0.5,
    inception_confidence: Math.exp(2) / (1 + Math.exp(2)),
  }
  assert.deepEqual([...Object.keys(verifiers), 'frechet', 'llm_grader'].sort(), [...idsOf(vocabulary)].sort())
  for (const [id, score] of Object.entries(expected)) {
    near(verifiers[id as keyof typeof verifiers].score(evidence), score)
  }
})

test('a verifier that lacks any one part that it needs gives no score, and needs nothing else', () => {
  const nothing: Evidence = {
    ...evidence,
    image: null,
    early: null,
    pair: null,
    text: null,
    classIndex: null,
    classWeight: null,
  }
  for (const [id, { needs, score }] of Object.entries(verifiers)) {
    const only = Object.fromEntries(needs.map((part) => [part, evidence[part]]))
    assert.notEqual(score({ ...nothing, ...only }), null, id)
    for (const part of needs)
      assert.equal(score({ ...evidence, [part]: null }), null, `${id} without ${part}`)
  }
})
