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

/** What a specification has of every algorithm although nobody says it: what was done before it could be said. */
const common = {
  negativePrompt: '',
  shift: 3,
  size: null,
  device: 'cpu',
  finalSteps: null,
  budget: { nfe: null, verifierCalls: null, seconds: null },
  generator: 'philox4x32-10',
}

test('a good specification comes back with its baselines in order, each once, and a plain seed', () => {
  assert.deepEqual(parseRunSpec(good), {
    ...good,
    baselines: [5, 20, 80],
    seed: '7',
    ...common,
  })
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
  ['a NUL in the negative prompt', { negativePrompt: 'a\0b' }, /negativePrompt: .* without NUL/],
  ['a size that is none', { size: 'large' }, /size: expected width and height in pixels, found "large"/],
  ['a size with one side', { size: { width: 64 } }, /size.height: expected a whole number from 8 to 8192/],
  ['a device that nobody has', { device: 'abacus' }, /device: expected one of cpu, webgpu, .*"abacus"/],
  ['a prompt that is no text', { prompt: 5 }, /prompt: expected text, found 5/],
  ['0 steps', { steps: 0 }, /steps: expected a whole number from 1 to 1000, found 0/],
  ['half a step', { steps: 0.5 }, /steps: expected a whole number from 1 to 1000, found 0.5/],
  ['-1 candidates', { candidates: -1 }, /candidates: expected a whole number from 1 to 4096, found -1/],
  ['candidates that are a word', { candidates: 'many' }, /candidates: .* found "many"/],
  ['NaN guidance', { guidance: NaN }, /guidance: expected a number from 0 to 30, found NaN/],
  ['infinite guidance', { guidance: Infinity }, /guidance: expected a number from 0 to 30, found Infinity/],
  ['an unknown verifier', { guide: ['taste'] }, /guide: expected one of clip_score, .*, found "taste"/],
  ['a guide that is no list', { guide: 'clip_score' }, /guide: expected a list of verifiers, found "clip/],
  ['no guide', { guide: [] }, /guide: expected at least one of clip_score, .*, found none/],
  ['a missing held-out list', { heldOut: undefined }, /heldOut: expected a list of verifiers, found nothing/],
  [
    'a guide that is held out as well',
    { guide: ['clip_score', 'pick_score'], heldOut: ['dino_self', 'pick_score'] },
    /heldOut: expected verifiers that do not guide, found pick_score; leave them out of one list/,
  ],
  [
    'a guide that judges sets beside another',
    { guide: ['frechet', 'clip_score'] },
    /guide: expected frechet alone and with random_search/,
  ],
  ['a held-out verifier that judges sets', { heldOut: ['frechet'] }, /heldOut: .* found frechet/],
  [
    'a judge as a guide',
    { guide: ['scenes-judge'] },
    /found "scenes-judge"; a judge is never offered as a guide/,
  ],
  [
    'an unknown algorithm',
    { algorithm: 'magic' },
    /algorithm: expected one of random_search, .* found "magic"/,
  ],
  ['no algorithm', { algorithm: undefined }, /algorithm: expected one of random_search, .* found nothing/],
  ['an unknown sampler', { sampler: 'eulr' }, /sampler: expected one of euler, heun, .* found "eulr"/],
  [
    'a budget of 0',
    { budget: { nfe: 0 } },
    /^budget.nfe: expected a whole number from 1 to 1000000000, found 0$/,
  ],
  ['a budget of no seconds', { budget: { seconds: 0 } }, /budget.seconds: expected a number from 0.001/],
  ['a budget in another currency', { budget: { euros: 5 } }, /euros/],
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

/** A field that is set to undefined is left out, but where leaving it out is the fault. */
function without(spec: object): object {
  return Object.fromEntries(
    Object.entries(spec).filter(([name, value]) => name !== 'candidates' || value !== undefined),
  )
}

const paths = { algorithm: 'search_over_paths', candidates: undefined, width: 4 }
const zeroOrder = { algorithm: 'zero_order_search', candidates: undefined, rounds: 3 }
const draft = { algorithm: 'draft_cull_resume', draftSteps: 5, survivors: 2 }
const steering = { algorithm: 'fk_steering', candidates: undefined, sampler: 'euler_ancestral' }
const firstOrder = { algorithm: 'first_order_search', candidates: undefined, iterations: 3 }

const inconsistencies: readonly (readonly [string, object, RegExp])[] = [
  [
    'backward = forward',
    { ...paths, backward: 0.78 },
    /backward: expected more than forward \(0.78\), found 0.78/,
  ],
  [
    'paths that gain next to nothing a round',
    { ...paths, forward: 0.78, backward: 0.78 + 1e-15 },
    /algorithm: expected at most 4096 candidates in all, found \d+ by these parameters/,
  ],
  ['M = 0', { ...paths, width: 0 }, /width: expected a whole number from 1 to 4096, found 0/],
  ['a level above 1', { ...paths, startLevel: 0.3 }, /forward: expected less than 0.7000 .* found 0.78/],
  [
    'paths that branch a multistep sampler',
    { ...paths, sampler: 'dpmpp_2m' },
    /sampler: expected a sampler without history/,
  ],
  ['paths of two evaluations a step', { ...paths, sampler: 'heun' }, /sampler: expected euler or ddim/],
  ['paths on another schedule', { ...paths, schedule: 'karras' }, /schedule: expected linear/],
  ['a final image of a path', { ...paths, finalSteps: 50 }, /finalSteps: expected none/],
  [
    'a budget that the final image spends alone',
    { finalSteps: 50, budget: { nfe: 50, verifierCalls: 1 } },
    /budget.nfe: expected more than 50, .* found 50; .*budget.verifierCalls: expected more than 1, /,
  ],
  [
    'a budget that paths spend before there is an image: 2 x 18 + 3 x 8 x 9 NFE',
    { ...paths, budget: { nfe: 252 } },
    /budget.nfe: expected more than 252, which drafts take before there is an image, found 252/,
  ],
  [
    'a budget that drafts and the final image spend',
    { ...draft, finalSteps: 50, budget: { nfe: 90, verifierCalls: 9 } },
    /more than 90, which drafts and the final image take .*budget.verifierCalls: expected more than 9, /,
  ],
  [
    'verdicts that particles spend before there is an image',
    { ...steering, budget: { verifierCalls: 12 } },
    /budget.verifierCalls: expected more than 12, .* found 12/,
  ],
  [
    'cos = 1',
    { ...zeroOrder, cosine: 1 },
    /cosine: expected a number between 0 and 1, neither of them, found 1/,
  ],
  ['cos = 0', { ...zeroOrder, cosine: 0 }, /cosine: .* found 0/],
  [
    'more candidates than a run holds',
    { ...zeroOrder, rounds: 4096 },
    /at most 4096 candidates in all, found 16384/,
  ],
  [
    'a draft as long as the image',
    { ...draft, draftSteps: 20 },
    /draftSteps: expected fewer than steps \(20\), found 20/,
  ],
  [
    'more survivors than candidates',
    { ...draft, survivors: 9 },
    /survivors: expected at most as many as candidates \(8\), found 9/,
  ],
  ['particles that stay copies', { ...steering, sampler: 'euler' }, /sampler: expected a stochastic sampler/],
  ['one particle', { ...steering, particles: 1 }, /particles: expected at least 2, found 1/],
  [
    'an ensemble that weighs particles',
    { ...steering, guide: ['clip_score', 'pick_score'] },
    /guide: expected one verifier/,
  ],
  [
    'a gradient of ranks',
    { ...firstOrder, guide: ['clip_score', 'pick_score'] },
    /guide: expected one verifier/,
  ],
  ['a gradient through Heun steps', { ...firstOrder, sampler: 'heun' }, /sampler: expected euler/],
  ['a parameter of another algorithm', { ...zeroOrder, survivors: 3 }, /survivors/],
  [
    'neighbours that the sampler forgets',
    { ...zeroOrder, sampler: 'lcm' },
    /sampler: expected a sampler without noise of its own/,
  ],
  [
    'a final image that the sampler draws anew',
    { sampler: 'lcm', finalSteps: 50 },
    /finalSteps: expected none with lcm/,
  ],
  [
    'a draft judged against itself',
    { ...draft, guide: ['clip_score', 'dino_self'] },
    /guide: expected verifiers that can judge a draft .* found dino_self/,
  ],
  [
    'sets judged by another algorithm',
    { ...zeroOrder, guide: ['frechet'] },
    /guide: expected frechet alone and with random_search/,
  ],
]

for (const [name, change, message] of [...faults, ...inconsistencies]) {
  test(`${name} is refused with one line that says what was expected and what was found`, () => {
    assert.throws(
      () => parseRunSpec(without({ ...good, ...change })),
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
  assert.throws(() => parseRunSpec({ ...good, steps: 0, candidates: 0 }), /steps: .*; candidates: /)
})

test('each algorithm has the defaults of its paper', () => {
  assert.deepEqual(pick(without({ ...good, ...zeroOrder })), { neighbours: 4, cosine: 0.95 })
  const { startLevel, forward, backward, paths: n } = pick(without({ ...good, ...paths }))
  assert.deepEqual([startLevel, forward, backward, n], [0.11, 0.78, 0.81, 2])
  assert.equal(pick(without({ ...good, ...firstOrder })).eta, 0.01)
})

/** The parameters of a checked specification that its input left out. */
function pick(input: object): Record<string, unknown> {
  const given = [...Object.keys(input), ...Object.keys(common)]
  return Object.fromEntries(Object.entries(parseRunSpec(input)).filter(([name]) => !given.includes(name)))
}
