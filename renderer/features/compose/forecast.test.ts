import assert from 'node:assert/strict'
import test from 'node:test'

import type { RunSummary } from '../../../shared/domain.ts'
import { planOf } from '../../../shared/plan.ts'
import { runSpecSchema } from '../../../shared/run-spec.ts'
import { algorithms, idsOf } from '../../../shared/vocabulary.ts'
import { checkDraft, emptyDraft, fitted } from './draft.ts'
import type { Draft } from './draft.ts'
import { fittedTo, runToMeasure, secondsPerNfe } from './forecast.ts'

const draft: Draft = { ...emptyDraft('7'), prompt: 'a red star', pack: 'scenes' }
const planned = (one: Draft) => {
  const checked = checkDraft({ ...one, baselines: '', equalCost: false })
  assert.equal(checked.kind, 'valid', JSON.stringify(checked))
  return planOf(checked.spec)
}

test('the largest search within an amount is found for every algorithm, and one more would not fit', () => {
  for (const algorithm of idsOf(algorithms)) {
    const start = fitted({ ...draft, algorithm })
    const changes = fittedTo(start, 1000, 'nfe', null)
    assert.ok(changes !== null, algorithm)
    const [parameter, value] = Object.entries(changes)[0] ?? ['', '']
    const more = { ...start, [parameter]: String(Number(value) + 1) }
    assert.ok(planned({ ...start, ...changes }).searchNfe <= 1000, algorithm)
    assert.ok(planned(more).searchNfe > 1000, `${algorithm} by ${parameter}`)
  }
})

test('images, NFE and minutes each bound the search; minutes only with a measured rate', () => {
  assert.deepEqual(fittedTo(draft, 32, 'images', null), { candidates: '32' })
  assert.deepEqual(fittedTo(draft, 659, 'nfe', null), { candidates: '32' })
  assert.deepEqual(fittedTo(draft, 2, 'minutes', 0.1), { candidates: '60' })
  assert.equal(fittedTo(draft, 2, 'minutes', null), null)
  assert.equal(fittedTo(draft, 19, 'nfe', null), null)
  assert.equal(fittedTo({ ...draft, steps: 'x' }, 1000, 'nfe', null), null)
  assert.deepEqual(fittedTo(draft, 1e9, 'images', null), { candidates: '4096' })
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
