import assert from 'node:assert/strict'
import test from 'node:test'

import type { PackSummary } from '../../../shared/domain.ts'
import { planOf } from '../../../shared/plan.ts'
import { readPromptFile } from '../../../shared/prompt-file.ts'
import { rowChecker } from './batch.ts'
import { emptyDraft } from './draft.ts'
import type { Draft } from './draft.ts'

const image = (id: string, kind: 'text_to_image' | 'class_to_image'): PackSummary => ({
  ...{
    id,
    name: id,
    description: '',
    version: '1',
    licence: 'CC0',
    bytes: 1,
    imported: false,
    problem: null,
  },
  ...{ width: 128, height: 128, sizes: null, guidanceBy: 'second_pass', schedules: ['linear', 'karras'] },
  defaults: { sampler: 'heun', schedule: 'linear', shift: 3, steps: 12, guidance: 2 },
  ...(kind === 'class_to_image' ? { kind, classes: ['red star'] } : { kind, examplePrompts: [] }),
})
const packs = [image('scenes', 'text_to_image'), image('objects', 'class_to_image')]
const draft: Draft = { ...emptyDraft('7'), pack: 'scenes', prompt: 'what the form says' }

function checkedRows(table: string, changes: Partial<Draft> = {}) {
  const { rows } = readPromptFile('a.csv', new TextEncoder().encode(table))
  const check = rowChecker({ ...draft, ...changes }, packs, 0.1)
  return rows.map((row, index) => check({ ...row, seed: String(100 + index) }))
}

function specsOf(table: string, changes: Partial<Draft> = {}) {
  return checkedRows(table, changes).map((row) => {
    assert.equal(row.kind, 'valid', JSON.stringify(row))
    return row.spec
  })
}

test('a row is the form with its own prompt and what else it says', () => {
  const [first, second] = specsOf(
    'prompt,steps,guide,negative_prompt,baselines\nred star,4,"clip_score;pick_score",blurred,\nblue ring,,,,"2, 8"\n',
  )
  assert.deepEqual(
    [first?.prompt, first?.steps, first?.guide, first?.negativePrompt, first?.baselines],
    ['red star', 4, ['clip_score', 'pick_score'], 'blurred', [5, 20, 32, 80]],
  )
  assert.deepEqual([second?.prompt, second?.steps, second?.baselines], ['blue ring', 20, [2, 8]])
})

test('each row has a seed of its own unless the form keeps one, and the one of the file before both', () => {
  const seeds = (changes: Partial<Draft>) =>
    specsOf('prompt,seed\nred star,\nblue ring,5\ngreen ring,\n', changes).map(({ seed }) => seed)
  assert.deepEqual(seeds({}), ['100', '5', '102'])
  assert.deepEqual(seeds({ seedLocked: true }), ['7', '5', '7'])
})

test('another pack or algorithm brings what goes with it; a sampler that is named is never replaced', () => {
  const [classes, particles] = specsOf(
    'prompt,pack,algorithm,particles\nred star,objects,,\nblue ring,,fk_steering,2\n',
  )
  assert.deepEqual([classes?.pack, classes?.sampler, classes?.steps], ['objects', 'heun', 12])
  assert.deepEqual([particles?.algorithm, particles?.sampler], ['fk_steering', 'euler_ancestral'])
  const [wrong] = checkedRows('prompt,algorithm,sampler\nblue ring,fk_steering,heun\n')
  assert.match(wrong?.kind === 'faulty' ? wrong.reason : '', /^sampler: expected .*found heun/i)
})

test('the budget of the form holds for each row as the row has it, unless it says how large its search is', () => {
  const budget = { budgetAmount: '400', budgetUnit: 'nfe' } as const
  const table =
    'prompt,steps,algorithm,candidates\nred star,,,\nblue ring,40,,\na,,zero_order_search,\nb,40,,7\n'
  const [plain, longer, local, own] = specsOf(table, { ...budget, baselines: '', equalCost: false })
  assert.ok(plain?.algorithm === 'random_search' && longer?.algorithm === 'random_search')
  assert.deepEqual([plain.candidates, longer.candidates], [20, 10])
  assert.ok(local?.algorithm === 'zero_order_search' && planOf(local).searchNfe <= 400)
  assert.ok(own?.algorithm === 'random_search' && own.candidates === 7)
  const [small] = checkedRows('prompt\nred star\n', { ...budget, budgetAmount: '1' })
  assert.match(small?.kind === 'faulty' ? small.reason : '', /^budget: expected at least 20 NFE/)

  // Seconds of a row are seconds, and the end of its run is the earlier of the two.
  const seconds = (changes: Partial<Draft>) =>
    specsOf('prompt,budget_seconds\nred star,90\nblue ring,\n', changes).map(({ budget: one }) => one.seconds)
  assert.deepEqual(seconds({}), [90, null])
  assert.deepEqual(seconds({ budgetAmount: '1', budgetUnit: 'minutes' }), [60, 60])
  assert.deepEqual(seconds({ budgetAmount: '2', budgetUnit: 'minutes' }), [90, 120])
  const [wrong] = checkedRows('prompt,budget_seconds\nred star,soon\n')
  assert.match(wrong?.kind === 'faulty' ? wrong.reason : '', /found "soon"/)
})

test('what cannot be is said with its field, what was expected and what was found', () => {
  const reasons = checkedRows(
    'prompt,pack,algorithm,draft_steps,steps,size,guide\n,,,,,,\na,nope,,,,,\na,,best,,,,\na,,,3,,,\na,,,,0,,\na,,,,,huge,\na,,,,,,taste\nring,objects,,,,,\n',
  ).map((row) => (row.kind === 'faulty' ? row.reason : 'valid'))
  const expected = [
    /^prompt: expected a few words/,
    /^pack: expected one of scenes, objects, found nope/,
    /^algorithm: expected one of random_search, .*found best/,
    /^draftSteps: expected a parameter of Random search/,
    /^steps: expected a whole number from 1 to 1000, found 0/,
    /^size: /,
    /^guide: expected one of .*found "taste"/,
    /^prompt: choose one of the 1 classes/,
  ]
  assert.equal(reasons.length, expected.length)
  for (const [index, message] of expected.entries()) assert.match(reasons[index] ?? '', message)
})
