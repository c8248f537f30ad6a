import assert from 'node:assert/strict'
import test from 'node:test'

import { defaultPreferences } from '../../../shared/preferences.ts'
import type { ScheduleId } from '../../../shared/vocabulary.ts'
import { checkDraft, emptyDraft, fitted } from './draft.ts'
import type { Draft, ImagePack } from './draft.ts'
import { builtInPresets, ownPresets, replacedBy, settingsToKeep } from './presets.ts'

const draft: Draft = { ...emptyDraft('7'), prompt: 'a red star', pack: 'mine', seedLocked: true }

const pack = (kind: ImagePack['kind'], schedules: readonly ScheduleId[]): ImagePack => ({
  ...{ id: 'mine', name: 'Mine', description: '', version: '1', licence: 'CC0', bytes: 1, imported: false },
  ...{ problem: null, width: 128, height: 128, sizes: null, guidanceBy: 'second_pass', schedules },
  defaults: { sampler: 'euler', schedule: schedules[0] ?? 'linear', shift: 3, steps: 20, guidance: 3 },
  ...(kind === 'class_to_image' ? { kind, classes: ['a red star'] } : { kind, examplePrompts: [] }),
})
const all = [
  pack('text_to_image', ['linear', 'karras']),
  pack('text_to_image', ['leading', 'karras']),
  pack('class_to_image', ['linear']),
]

test('every preset makes a run of every kind of pack, and leaves prompt, pack, seed and device alone', () => {
  for (const one of all) {
    for (const { id, changes } of builtInPresets(one)) {
      const before = { ...draft, budgetNfe: '5', finalSteps: '7' }
      const after = fitted({ ...before, ...changes }, one)
      const checked = checkDraft(after)
      assert.equal(checked.kind, 'valid', `${id}: ${JSON.stringify(checked)}`)
      assert.deepEqual(
        [after.prompt, after.pack, after.seed, after.seedLocked],
        ['a red star', 'mine', '7', true],
      )
      assert.equal(after.budgetNfe, '')
    }
  }
})

test("the paper's settings are those of the model that the pack is like", () => {
  const found = all.map((one) => {
    const paper = builtInPresets(one).find(({ id }) => id === 'paper')?.changes
    return [paper?.sampler, paper?.steps, paper?.guidance, paper?.candidates]
  })
  assert.deepEqual(found, [
    ['euler', '30', '3.5', '128'],
    ['ddim', '30', '4.5', '64'],
    ['heun', '25', '1', '64'],
  ])
})

test("a person's preset is kept without what it must not touch, and read field by field", () => {
  const settings = settingsToKeep({ ...draft, steps: '33', guide: ['pick_score'] })
  for (const key of ['prompt', 'pack', 'seed', 'seedLocked', 'device']) assert.ok(!(key in settings), key)
  const strange = { ...settings, algorithm: 'gone', guide: ['gone'], prompt: 'stolen', extra: 1 }
  const [sane, odd] = ownPresets(
    {
      ...defaultPreferences,
      presets: [
        { name: 'A', settings },
        { name: 'B', settings: strange },
      ],
    },
    draft,
  )
  assert.deepEqual([sane?.label, sane?.changes.steps, sane?.changes.guide], ['A', '33', ['pick_score']])
  assert.deepEqual([odd?.changes.algorithm, odd?.changes.guide], ['random_search', ['clip_score']])
  assert.ok(odd !== undefined && !('prompt' in odd.changes) && !('extra' in odd.changes))
})

test('what a preset replaces is enough to take it back', () => {
  const [preset] = builtInPresets(all[0] ?? pack('text_to_image', []))
  const changes = preset?.changes ?? {}
  assert.deepEqual({ ...draft, ...changes, ...replacedBy(draft, changes) }, draft)
})
