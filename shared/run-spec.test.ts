import assert from 'node:assert/strict'
import { test } from 'node:test'

import { StudioError } from './errors.ts'
import { maxPromptLength, parseRunSpec } from './run-spec.ts'

const good = {
  prompt: 'two red stars in night',
  pack: 'scenes',
  guide: ['clip_score'],
  heldOut: [],
  algorithm: 'random_search',
  candidates: 8,
  sampler: 'euler',
  schedule: 'linear',
  steps: 20,
  guidance: 3,
  baselines: [80, 5, 20, 5],
  seed: '007',
}

test('a good specification comes back with its baselines in order, each once, and a plain seed', () => {
  assert.deepEqual(parseRunSpec(good), { ...good, baselines: [5, 20, 80], seed: '7' })
})

test('emoji, right-to-left and quotes in a prompt come back exactly', () => {
  for (const prompt of ['👩‍🚀🌌', 'نجمتان حمراوان', `'; DROP TABLE runs; --`, '<img onerror=alert(1)>']) {
    assert.equal(parseRunSpec({ ...good, prompt }).prompt, prompt)
  }
})

test('a lone surrogate becomes the replacement character', () => {
  assert.equal(parseRunSpec({ ...good, prompt: 'star \ud800' }).prompt, 'star \ufffd')
})

const faults: readonly (readonly [string, object, RegExp])[] = [
  ['an empty prompt', { prompt: '  ' }, /prompt: expected a few words, found nothing/],
  [
    'a prompt of 100 kB',
    { prompt: 'x'.repeat(100_000) },
    new RegExp(`at most ${maxPromptLength} characters, found 100000`),
  ],
  ['a NUL in the prompt', { prompt: 'a\0b' }, /NUL/],
  ['a prompt that is no text', { prompt: 5 }, /prompt: expected text, found 5/],
  ['0 steps', { steps: 0 }, /steps: expected a whole number from 1 to 1000, found 0/],
  ['half a step', { steps: 0.5 }, /steps: expected a whole number from 1 to 1000, found 0.5/],
  ['-1 candidates', { candidates: -1 }, /candidates: expected a whole number from 1 to 4096, found -1/],
  ['candidates that are a word', { candidates: 'many' }, /candidates: .* found "many"/],
  ['NaN guidance', { guidance: NaN }, /guidance: expected a number from 0 to 30, found NaN/],
  ['infinite guidance', { guidance: Infinity }, /guidance: expected a number from 0 to 30, found Infinity/],
  ['an unknown verifier', { guide: ['taste'] }, /guide: expected one of clip_score, .*_self, found "taste"/],
  ['a guide that is no list', { guide: 'clip_score' }, /guide: expected a list of verifiers, found "clip/],
  ['no guide', { guide: [] }, /guide: expected at least one of clip_score, .*_self, found none/],
  ['a missing held-out list', { heldOut: undefined }, /heldOut: expected a list of verifiers, found nothing/],
  [
    'a guide that is held out as well',
    { guide: ['clip_score', 'pick_score'], heldOut: ['dino_self', 'pick_score'] },
    /heldOut: expected verifiers that do not guide, found pick_score; leave them out of one list/,
  ],
  [
    'a guide that judges sets',
    { guide: ['frechet'] },
    /guide: expected verifiers of single images, found frechet/,
  ],
  ['a held-out verifier that judges sets', { heldOut: ['frechet'] }, /heldOut: .* found frechet/],
  ['an unknown algorithm', { algorithm: 'magic' }, /algorithm: expected one of random_search, found "magic"/],
  ['an unknown sampler', { sampler: 'eulr' }, /sampler: expected one of euler, heun, found "eulr"/],
  [
    'a baseline of 0 steps',
    { baselines: [5, 0] },
    /baselines: expected a whole number from 1 to 1000, found 0/,
  ],
  [
    'too many baselines',
    { baselines: Array.from({ length: 17 }, (_, i) => i + 1) },
    /at most 16 step counts/,
  ],
  [
    'a seed of 2^64',
    { seed: '18446744073709551616' },
    /seed: expected a whole number from 0 to 18446744073709551615/,
  ],
  ['a negative seed', { seed: '-1' }, /seed: expected a whole number/],
  ['a seed that is a number', { seed: 7 }, /seed: expected a whole number .* found 7/],
  ['a missing pack', { pack: undefined }, /pack: expected text, found nothing/],
  ['an unknown field', { colour: 'red' }, /colour/],
]

for (const [name, change, message] of faults) {
  test(`${name} is refused with one line that says what was expected and what was found`, () => {
    assert.throws(
      () => parseRunSpec({ ...good, ...change }),
      (error) => {
        assert.ok(error instanceof StudioError)
        assert.equal(error.code, 'bad_input')
        assert.match(error.message, message)
        assert.doesNotMatch(error.message, /\n/)
        assert.ok(error.message.length < 400)
        return true
      },
    )
  })
}

test('the verifiers of a guide come back in one order, each once', () => {
  const { guide, heldOut } = parseRunSpec({
    ...good,
    guide: ['image_reward', 'clip_score', 'image_reward'],
    heldOut: ['siglip_self', 'pick_score'],
  })
  assert.deepEqual(
    [guide, heldOut],
    [
      ['clip_score', 'image_reward'],
      ['pick_score', 'siglip_self'],
    ],
  )
})

test('a specification of the earlier form, with its one verifier, is read as guided by it', () => {
  const rest = Object.fromEntries(
    Object.entries(good).filter(([name]) => name !== 'guide' && name !== 'heldOut'),
  )
  assert.deepEqual(
    parseRunSpec({ ...rest, verifier: 'clip_score' }),
    parseRunSpec({ ...good, guide: ['clip_score'], heldOut: [] }),
  )
  assert.throws(() => parseRunSpec({ ...rest, verifier: 'taste' }), /guide: expected one of clip_score/)
  assert.throws(() => parseRunSpec({ ...good, verifier: 'clip_score' }), /verifier/)
})

test('several faults are told together', () => {
  assert.throws(() => parseRunSpec({ ...good, steps: 0, candidates: 0 }), /candidates: .*; steps: /)
})
