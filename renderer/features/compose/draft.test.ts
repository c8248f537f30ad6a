import assert from 'node:assert/strict'
import test from 'node:test'

import {
  checkDraft,
  draftOf,
  emptyDraft,
  equalCostOf,
  newSeed,
  restoreDraft,
  settingsOf,
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
  defaults: { sampler: 'heun', schedule: 'linear', steps: 12, guidance: 2.5 },
  examplePrompts: [],
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
  ] as const) {
    const spec = specOf(changes)
    const again = draftOf(spec)
    assert.equal(again.seedLocked, true)
    assert.deepEqual(checkDraft(again), { kind: 'valid', spec })
  }
})

test('choosing a pack takes the settings it was made for and leaves the rest alone', () => {
  assert.deepEqual(settingsOf(pack), {
    pack: 'other',
    sampler: 'heun',
    schedule: 'linear',
    steps: '12',
    guidance: '2.5',
  })
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
