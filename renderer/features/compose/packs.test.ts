import assert from 'node:assert/strict'
import test from 'node:test'

import type { PackSummary } from '../../../shared/domain.ts'
import type { ErrorData } from '../../../shared/errors.ts'
import type { VerifierId } from '../../../shared/vocabulary.ts'
import { emptyDraft } from './draft.ts'
import type { Draft } from './draft.ts'
import { firstPack, offeredVerifiers, packProblem } from './packs.ts'

const damage: ErrorData = { code: 'pack_damaged', message: 'model.onnx was altered; restore it.' }

function imagePack(
  id: string,
  problem: ErrorData | null = null,
): Extract<PackSummary, { kind: 'text_to_image' }> {
  return {
    ...{ kind: 'text_to_image', id, name: id, description: '', version: '1', licence: 'CC0', bytes: 1 },
    ...{ width: 128, height: 128, sizes: null, examplePrompts: [], imported: false, problem },
    ...{ guidanceBy: 'second_pass', schedules: ['linear', 'karras', 'shifted'] },
    defaults: { sampler: 'heun', schedule: 'linear', shift: 3, steps: 12, guidance: 2 },
  }
}

function judge(
  problem: ErrorData | null = null,
  verifiers: readonly VerifierId[] = ['clip_score'],
): PackSummary {
  return {
    ...{
      kind: 'verifier',
      id: 'clip',
      name: 'clip',
      description: '',
      version: '1',
      licence: 'CC0',
      bytes: 1,
    },
    verifiers,
    imported: false,
    problem,
  }
}

const draft = emptyDraft('7')

test('a draft without a pack takes the first usable one with its settings', () => {
  const adopted = firstPack(draft, [judge(), imagePack('broken', damage), imagePack('scenes')])
  assert.deepEqual([adopted.pack, adopted.sampler, adopted.steps], ['scenes', 'heun', '12'])
})

test('a pack that takes sentences is taken before one that draws classes, which is better than none', () => {
  const classes: PackSummary = { ...imagePack('objects'), kind: 'class_to_image', classes: ['red star'] }
  assert.equal(firstPack(draft, [classes, imagePack('scenes')]).pack, 'scenes')
  assert.equal(firstPack(draft, [classes, imagePack('scenes', damage)]).pack, 'objects')
})

test('a new form is guided by the ensemble that the evidence is for, where all of it is installed', () => {
  const three: readonly VerifierId[] = ['clip_score', 'aesthetic_score', 'image_reward']
  const adopted = firstPack(draft, [imagePack('scenes'), judge(null, [...three, 'pick_score', 'hps_score'])])
  assert.deepEqual([adopted.guide, adopted.heldOut], [three, ['pick_score']])
  for (const others of [judge(damage, three), judge(null, ['clip_score', 'image_reward'])]) {
    assert.equal(firstPack(draft, [imagePack('scenes'), others]).guide, undefined)
  }
  // What was chosen for a pack that is gone stays chosen.
  const gone = { ...draft, pack: 'gone' }
  assert.equal(firstPack(gone, [imagePack('scenes'), judge(null, three)]).guide, undefined)
  const imported = { ...imagePack('mine'), imported: true }
  assert.equal(firstPack(draft, [imported, judge(null, three)]).guide, undefined)
})

test('a draft keeps its pack while that is installed, and while the list is not there yet', () => {
  assert.deepEqual(firstPack({ ...draft, pack: 'scenes' }, [imagePack('other'), imagePack('scenes')]), {})
  assert.deepEqual(firstPack(draft, null), {})
})

test('why nothing can be run is said: no pack, a damaged one, nobody to judge', () => {
  const chosen = { ...draft, pack: 'scenes' }
  assert.equal(packProblem(null, chosen), null)
  assert.equal(packProblem([imagePack('scenes'), judge()], chosen), null)
  assert.match(packProblem([judge()], chosen) ?? '', /No pack that makes images/)
  assert.equal(packProblem([imagePack('scenes', damage), judge()], chosen), damage.message)
  assert.match(packProblem([imagePack('scenes')], chosen) ?? '', /No installed pack can judge by CLIP score/)
  assert.equal(packProblem([imagePack('scenes'), judge(damage)], chosen), damage.message)
})

test('one damaged judge does not matter while another can judge', () => {
  assert.equal(packProblem([imagePack('scenes'), judge(damage), judge()], { ...draft, pack: 'scenes' }), null)
})

test('a held-out verifier needs a pack as the guide does', () => {
  const chosen: Draft = { ...draft, pack: 'scenes', heldOut: ['pick_score'] }
  const packs = [imagePack('scenes'), judge()]
  assert.match(packProblem(packs, chosen) ?? '', /No installed pack can judge by PickScore/)
  assert.equal(packProblem([...packs, judge(damage, ['pick_score'])], chosen), damage.message)
  assert.equal(packProblem([...packs, judge(null, ['pick_score'])], chosen), null)
})

test('the form offers what intact packs judge by and what the draft names; what judges sets with random search', () => {
  const packs = [
    judge(null, ['image_reward', 'clip_score']),
    judge(damage, ['pick_score']),
    judge(null, ['frechet', 'dino_linear']),
  ]
  const single = ['clip_score', 'image_reward', 'dino_linear']
  assert.deepEqual(offeredVerifiers(packs, { ...draft, algorithm: 'zero_order_search' }), single)
  assert.deepEqual(offeredVerifiers(packs, { ...draft, algorithm: 'random_search' }), [...single, 'frechet'])
  assert.deepEqual(offeredVerifiers(null, { ...draft, heldOut: ['siglip_self'] }), [
    'clip_score',
    'siglip_self',
  ])
})

test('the grader is offered where one is set up, and missed where it is not', () => {
  const [there, none] = [{ grader: { endpoint: 'http://127.0.0.1:8080/v1', model: 'm' } }, { grader: null }]
  assert.deepEqual(offeredVerifiers([judge()], draft, there), ['clip_score', 'llm_grader'])
  assert.deepEqual(offeredVerifiers([judge()], draft, none), ['clip_score'])
  assert.deepEqual(offeredVerifiers([judge()], draft, null), ['clip_score'])
  const chosen: Draft = { ...draft, pack: 'scenes', heldOut: ['llm_grader'] }
  const packs = [imagePack('scenes'), judge()]
  assert.equal(packProblem(packs, chosen, there), null)
  assert.equal(packProblem(packs, chosen, null), null)
  assert.match(packProblem(packs, chosen, none) ?? '', /No LLM grader is set up.*GOLDPAN_GRADER_ENDPOINT/)
})
