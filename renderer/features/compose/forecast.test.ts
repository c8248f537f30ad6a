import assert from 'node:assert/strict'
import test from 'node:test'

import type { RunSummary } from '../../../shared/domain.ts'
import { planOf } from '../../../shared/plan.ts'
import { runSpecSchema } from '../../../shared/run-spec.ts'
import { algorithms, idsOf } from '../../../shared/vocabulary.ts'
import { checkDraft, emptyDraft, fitted } from './draft.ts'
import type { Draft } from './draft.ts'
import { budgeted, runToMeasure, secondsPerNfe, sizedBy, spentBySearch } from './forecast.ts'

const draft: Draft = { ...emptyDraft('7'), prompt: 'a red star', pack: 'scenes' }
/** The draft with a budget, as the form has it. */
const within = (
  amount: string,
  unit: Draft['budgetUnit'],
  rate: number | null,
  changes: Partial<Draft> = {},
) => budgeted({ ...draft, ...changes, budgetAmount: amount, budgetUnit: unit }, rate)
const spent = (one: Draft) => spentBySearch(one, null)?.nfe ?? Infinity

test('the largest search within a budget is found for every algorithm, and one more would not fit', () => {
  for (const algorithm of idsOf(algorithms)) {
    const { kind, draft: sized } = within('1000', 'nfe', null, fitted({ ...draft, algorithm }))
    assert.equal(kind, 'fits', algorithm)
    const parameter = sizedBy[algorithm]
    const more = { ...sized, [parameter]: String(Number(sized[parameter]) + 1) }
    assert.ok(spent(sized) <= 1000, algorithm)
    assert.ok(spent(more) > 1000, `${algorithm} by ${parameter}`)
  }
})

test('images, NFE and minutes each bound the search; minutes also end it', () => {
  assert.equal(within('32', 'images', null).draft.candidates, '32')
  assert.equal(within('659', 'nfe', null).draft.candidates, '32')
  assert.equal(within('1e9', 'images', null).draft.candidates, '4096')
  const minutes = within('2', 'minutes', 0.1)
  assert.deepEqual([minutes.kind, minutes.draft.candidates], ['fits', '60'])
  const checked = checkDraft(minutes.draft)
  assert.ok(checked.kind === 'valid')
  assert.equal(checked.spec.budget.seconds, 120)
  assert.ok(planOf(checked.spec).searchNfe * 0.1 <= 120)
  // Before anything was measured they end the search all the same, and it keeps its size.
  const unmeasured = within('2', 'minutes', null)
  assert.deepEqual([unmeasured.kind, unmeasured.draft.candidates], ['unmeasured', draft.candidates])
  assert.equal(unmeasured.draft.budgetMinutes, '2')
  // An earlier stop of the person's own is kept, a later one makes no difference.
  const stopped = (budgetMinutes: string) =>
    within('2', 'minutes', 0.1, { budgetMinutes }).draft.budgetMinutes
  assert.deepEqual(['1', '3', 'x'].map(stopped), ['1', '2', 'x'])
})

test('a budget that is none is said, and one that is too small with what would do', () => {
  assert.equal(within('', 'nfe', null).kind, 'none')
  const fault = (amount: string, unit: Draft['budgetUnit'], rate: number | null) => {
    const budget = within(amount, unit, rate)
    return budget.kind === 'faulty' ? budget.fault : budget.kind
  }
  assert.equal(fault('many', 'nfe', null), 'Expected a number above 0, found many')
  assert.equal(fault('0', 'minutes', null), 'Expected a number above 0, found 0')
  assert.match(fault('19', 'nfe', null), /^Expected at least 20 NFE for the smallest search, found 19/)
  assert.match(fault('0.01', 'minutes', 0.07), /^Expected at least 0\.024 minutes/)
  // What is wrong elsewhere is said there.
  assert.equal(within('1000', 'nfe', null, { steps: 'x' }).kind, 'none')
})

test('the newest run of the same work is measured: all of its seconds over all of its evaluations', () => {
  const spec = runSpecSchema.parse({
    ...{ prompt: 'x', pack: 'scenes', guide: ['clip_score'], heldOut: [], algorithm: 'random_search' },
    ...{
      candidates: 2,
      sampler: 'euler',
      schedule: 'linear',
      steps: 4,
      guidance: 3,
      baselines: [],
      seed: '1',
    },
  })
  const run = (id: number, changes: Partial<typeof spec>, finished = 2): RunSummary => ({
    ...{
      id,
      createdAt: '',
      status: { kind: 'done' },
      finished,
      planned: 2,
      failed: 0,
      queuePlace: id,
      best: null,
    },
    spec: { ...spec, ...changes } as typeof spec,
  })
  const size = { width: 256, height: 256 }
  const runs = [
    run(9, {}, 0),
    run(8, { pack: 'other' }),
    run(7, { size }),
    run(6, { guidance: 1 }),
    run(5, { device: 'cuda' }),
    run(4, { steps: 50 }),
    run(3, {}),
  ]
  assert.equal(runToMeasure(runs, spec)?.id, 4)
  assert.equal(runToMeasure(runs, { ...spec, size })?.id, 7)
  assert.equal(runToMeasure(runs, { ...spec, pack: 'none' }), null)
  assert.equal(runToMeasure(null, spec), null)
  const image = (nfe: number, seconds: number) => ({ nfe, seconds }) as never
  const detail = { candidates: [image(4, 1), image(4, 2)], baselines: [image(2, 1)], finals: [image(10, 6)] }
  assert.equal(secondsPerNfe(detail), 0.5)
  assert.equal(secondsPerNfe({ candidates: [], baselines: [], finals: [] }), null)
})
