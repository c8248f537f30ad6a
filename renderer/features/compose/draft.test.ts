import assert from 'node:assert/strict'
import test from 'node:test'

import {
  checkDraft,
  draftOf,
  emptyDraft,
  equalCostOf,
  fitted,
  fittingOf,
  newSeed,
  restoreDraft,
  settingsOf,
  withSettings,
  withRole,
} from './draft.ts'
import type { Draft, ImagePack } from './draft.ts'

const draft: Draft = { ...emptyDraft('7'), prompt: 'two red stars in night', pack: 'scenes' }

const pack: ImagePack = {
  kind: 'text_to_image',
  id: 'other',
  name: 'Other',
  description: '',
  version: '1',
  licence: 'CC0',
  bytes: 1,
  width: 128,
  height: 128,
  sizes: null,
  guidanceBy: 'second_pass',
  schedules: ['linear', 'karras', 'shifted'],
  defaults: { sampler: 'heun', schedule: 'linear', shift: 3, steps: 12, guidance: 2.5 },
  examplePrompts: [],
  imported: false,
  problem: null,
}

function specOf(changes: Partial<Draft>) {
  const checked = checkDraft({ ...draft, ...changes })
  assert.equal(checked.kind, 'valid', JSON.stringify(checked))
  return checked.spec
}

function faultsOf(changes: Partial<Draft>) {
  const checked = checkDraft({ ...draft, ...changes })
  assert.equal(checked.kind, 'faulty')
  return checked.faults
}

test('equal cost adds the baseline that costs as much as the search, once', () => {
  assert.deepEqual(specOf({}).baselines, [5, 20, 80, 160])
  assert.deepEqual(specOf({ baselines: '160; 5 5' }).baselines, [5, 160])
  assert.deepEqual(specOf({ equalCost: false }).baselines, [5, 20, 80])
  assert.deepEqual(specOf({ baselines: '', equalCost: false }).baselines, [])
})

test('an equal-cost baseline beyond the most steps is left out and named', () => {
  const large = { ...draft, candidates: '64', steps: '30' }
  assert.deepEqual(equalCostOf(large), { kind: 'too-many', steps: 1920 })
  assert.deepEqual(specOf(large).baselines, [5, 20, 80])
})

test('what is wrong is said at its field, without the field’s name', () => {
  const faults = faultsOf({
    prompt: '  ',
    candidates: '0',
    steps: '',
    guidance: 'much',
    baselines: '5, x',
    seed: '-1',
  })
  assert.deepEqual(Object.keys(faults).sort(), [
    'baselines',
    'candidates',
    'guidance',
    'prompt',
    'seed',
    'steps',
  ])
  assert.equal(faults.candidates, 'Expected a whole number from 1 to 4096, found 0')
  assert.equal(faults.steps, 'Expected a whole number from 1 to 1000, found nothing')
  assert.match(faults.guidance ?? '', /found "much"/)
})

test('a seed beyond 2^53 stays exact, one beyond 2^64 is refused', () => {
  assert.equal(specOf({ seed: '18446744073709551615' }).seed, '18446744073709551615')
  assert.ok(faultsOf({ seed: '18446744073709551616' }).seed)
})

test('the settings of an earlier run make the same run again', () => {
  for (const changes of [
    {},
    { equalCost: false, baselines: '' },
    { sampler: 'heun', candidates: '3' },
    { budgetMinutes: '0.07' },
    { finalSteps: '50', budgetNfe: '100', budgetVerifierCalls: '7', budgetMinutes: '2.5' },
    { algorithm: 'zero_order_search', rounds: '3', neighbours: '2', cosine: '0.995' },
    { algorithm: 'search_over_paths', paths: '3', width: '4', length: '5', startLevel: '0.2' },
    { algorithm: 'first_order_search', iterations: '3', eta: '0.5' },
    { algorithm: 'draft_cull_resume', candidates: '16', survivors: '4', draftSteps: '8' },
  ] as const) {
    const spec = specOf(changes)
    const again = draftOf(spec)
    assert.equal(again.seedLocked, true)
    assert.deepEqual(checkDraft(again), { kind: 'valid', spec })
  }
})

test('the parameters of the chosen algorithm are checked at their own fields, the others are left alone', () => {
  const faults = faultsOf({ algorithm: 'zero_order_search', cosine: '1', rounds: '0', candidates: 'none' })
  assert.deepEqual(Object.keys(faults).sort(), ['cosine', 'rounds'])
  assert.match(faults.cosine ?? '', /^Expected a number between 0 and 1, neither of them, found 1$/)
  assert.match(
    faultsOf({ algorithm: 'search_over_paths', backward: '0.78' }).backward ?? '',
    /^Expected more than forward/,
  )
  assert.match(
    faultsOf({ algorithm: 'draft_cull_resume', draftSteps: '20' }).draftSteps ?? '',
    /^Expected fewer than steps/,
  )
})

test('a budget may be given in each currency, and what is wrong with one is said at that one', () => {
  assert.deepEqual(specOf({ budgetMinutes: '1,5' }).budget, { nfe: null, verifierCalls: null, seconds: 90 })
  assert.match(faultsOf({ budgetMinutes: '-1' })['budget.seconds'] ?? '', /found -1$/)
  const faults = faultsOf({ budgetNfe: '0', budgetVerifierCalls: '1.5' })
  assert.deepEqual(Object.keys(faults).sort(), ['budget.nfe', 'budget.verifierCalls'])
  assert.match(faults['budget.nfe'] ?? '', /^Expected a whole number from 1 /)
  // One that leaves no image as well.
  const short = faultsOf({ algorithm: 'draft_cull_resume', budgetNfe: '9' })
  assert.deepEqual(Object.keys(short), ['budget.nfe'])
  assert.match(
    short['budget.nfe'] ?? '',
    /^Expected more than \d+, which drafts take before there is an image/,
  )
})

test('a sampler that the algorithm cannot take gives way to one that it can, and comes back', () => {
  const heun: Draft = { ...draft, sampler: 'heun', finalSteps: '50' }
  assert.deepEqual(fitted(heun), heun)
  const paths = fitted({ ...heun, algorithm: 'search_over_paths' })
  assert.deepEqual([paths.sampler, paths.finalSteps], ['euler', ''])
  assert.equal(fitted({ ...paths, sampler: heun.sampler, algorithm: 'random_search' }).sampler, 'heun')
  assert.deepEqual(fittingOf('random_search').finalSteps, true)
  assert.deepEqual(fittingOf('first_order_search').samplers, ['euler'])
  assert.match(
    fittingOf('first_order_search').reason ?? '',
    /^Needs euler for First-order search, .* Euler steps\.$/,
  )
})

test('equal cost counts what the algorithm costs, its final image included', () => {
  const equal = (changes: Partial<Draft>) => equalCostOf({ ...draft, ...changes })
  assert.deepEqual(equal({ algorithm: 'zero_order_search', rounds: '3', neighbours: '2' }), {
    kind: 'added',
    steps: 3 * 2 * 20,
  })
  assert.deepEqual(equal({ candidates: '2', finalSteps: '50' }), { kind: 'added', steps: 2 * 20 + 50 })
  assert.deepEqual(equal({ candidates: 'many' }), { kind: 'unknown' })
})

test('choosing a pack takes the settings it was made for and leaves the rest alone', () => {
  assert.deepEqual(settingsOf(pack), {
    pack: 'other',
    sampler: 'heun',
    schedule: 'linear',
    shift: '3',
    steps: '12',
    guidance: '2.5',
    pictureWidth: '',
    pictureHeight: '',
  })
})

test('what a pack has no place for is left out, and its schedules alone are offered', () => {
  const trained: ImagePack = {
    ...pack,
    schedules: ['linear', 'karras', 'leading'],
    guidanceBy: 'none',
    defaults: { ...pack.defaults, schedule: 'leading' },
  }
  const typed: Draft = {
    ...draft,
    ...{ schedule: 'shifted', guidance: '5', negativePrompt: 'rain', pictureWidth: '96' },
  }
  const fits = fitted(typed, trained)
  assert.deepEqual(fittingOf('random_search', trained).schedules, ['linear', 'karras', 'leading'])
  assert.deepEqual(
    [fits.schedule, fits.guidance, fits.negativePrompt, fits.pictureWidth],
    ['leading', '1', '', ''],
  )
  const free: ImagePack = { ...pack, sizes: { multipleOf: 8, least: 64, most: 512 } }
  const kept = fitted(typed, free)
  assert.deepEqual([kept.schedule, kept.guidance, kept.negativePrompt], ['shifted', '5', 'rain'])
  assert.deepEqual(specOf({ pictureWidth: '96', pictureHeight: '128' }).size, { width: 96, height: 128 })
  assert.equal(specOf({}).size, null)
  const half = checkDraft({ ...draft, pictureWidth: '96' })
  assert.ok(half.kind === 'faulty' && half.faults.size?.includes('height'), JSON.stringify(half))
})

test("a picture's settings fill the form, and what it does not say stays", () => {
  const filled = withSettings(
    { ...draft, pictureWidth: '64', pictureHeight: '64' },
    {
      ...{ prompt: 'a hare', negativePrompt: 'rain', pack: 'other', sampler: 'ddim', steps: 33 },
      ...{ guidance: 7.5, seed: '99', generator: 'torch-cpu-mt19937', baselines: [5, 9] },
      budget: { nfe: 100, verifierCalls: null, seconds: null },
    },
    [pack],
  )
  assert.deepEqual(
    [filled.prompt, filled.negativePrompt, filled.pack, filled.sampler, filled.steps, filled.guidance],
    ['a hare', 'rain', 'other', 'ddim', '33', '7.5'],
  )
  assert.deepEqual([filled.seed, filled.seedLocked, filled.generator], ['99', true, 'torch-cpu-mt19937'])
  assert.deepEqual([filled.baselines, filled.equalCost], ['5, 9', false])
  assert.deepEqual([filled.budgetNfe, filled.budgetMinutes], ['100', ''])
  // The size of another picture is nobody's wish.
  assert.deepEqual([filled.pictureWidth, filled.pictureHeight], ['', ''])
  assert.deepEqual([filled.guide, filled.candidates], [draft.guide, draft.candidates])
  assert.equal(checkDraft(filled).kind, 'valid')
  const unknown = withSettings(draft, { pack: 'elsewhere', size: { width: 64, height: 80 } }, [pack])
  assert.deepEqual([unknown.pack, unknown.pictureWidth, unknown.pictureHeight], ['scenes', '64', '80'])
})

test('seconds of an earlier run are the same seconds again, though the form shows minutes', () => {
  for (const seconds of [0.001, 1, 2.5, 100, 28_800]) {
    const spec = { ...specOf({}), budget: { nfe: null, verifierCalls: null, seconds } }
    assert.equal(specOf(draftOf(spec)).budget.seconds, seconds)
  }
  assert.equal(draftOf({ ...specOf({ budgetMinutes: '15' }) }).budgetMinutes, '15')
})

test('a stored draft comes back, and a broken one gives the fallback', () => {
  assert.deepEqual(restoreDraft(JSON.stringify({ ...draft, candidates: '3' }), draft).candidates, '3')
  assert.deepEqual(restoreDraft('{"candidates":7,"steps":"9","foreign":1}', draft), { ...draft, steps: '9' })
  for (const broken of [null, '', 'null', '[]', '{']) assert.deepEqual(restoreDraft(broken, draft), draft)
})

test('a stored choice that the vocabulary no longer has gives way to the fallback', () => {
  assert.equal(restoreDraft('{"sampler":"gone","guide":["constructor"],"steps":"9"}', draft).sampler, 'euler')
  for (const stored of ['["constructor"]', '"clip_score"', '[1]', '{"clip_score":true}']) {
    assert.deepEqual(restoreDraft(`{"guide":${stored}}`, draft).guide, ['clip_score'])
  }
  assert.deepEqual(restoreDraft('{"guide":["pick_score"]}', draft).guide, ['pick_score'])
})

test('a verifier is in the guide, held out, or neither', () => {
  const both = withRole({ guide: ['clip_score'], heldOut: ['pick_score'] }, 'pick_score', 'guide')
  assert.deepEqual(both, { guide: ['clip_score', 'pick_score'], heldOut: [] })
  assert.deepEqual(withRole(both, 'clip_score', 'heldOut'), {
    guide: ['pick_score'],
    heldOut: ['clip_score'],
  })
  assert.deepEqual(withRole(both, 'clip_score', null), { guide: ['pick_score'], heldOut: [] })
  assert.deepEqual(specOf(both).guide, ['clip_score', 'pick_score'])
  assert.match(
    faultsOf({ guide: [] }).guide ?? '',
    /Expected at least one of CLIP|Expected at least one of clip/,
  )
})

test('a fresh seed is a number of at most ten digits', () => {
  assert.match(newSeed(), /^\d{1,10}$/)
})

test('a pack that draws classes takes the name of one as its prompt, and nothing else', () => {
  const classes = ['red circle', 'red star']
  const named = { ...draft, prompt: ' Red STAR ' }
  assert.equal(checkDraft(named, classes).kind, 'valid')
  for (const prompt of ['two red stars in night', 'star', '']) {
    assert.deepEqual(checkDraft({ ...draft, prompt }, classes), {
      kind: 'faulty',
      faults: { prompt: 'Choose one of the 2 classes of this pack' },
    })
  }
})

test('an algorithm that follows one score is guided by the first of an ensemble, which is back with the next', () => {
  const ensemble: Draft = { ...draft, guide: ['clip_score', 'image_reward'] }
  for (const algorithm of ['first_order_search', 'fk_steering'] as const) {
    const one = fitted({ ...ensemble, algorithm })
    assert.deepEqual(one.guide, ['clip_score'])
    assert.equal(checkDraft(one).kind, 'valid', algorithm)
  }
  assert.deepEqual(fitted(ensemble).guide, ['clip_score', 'image_reward'])
})
