import assert from 'node:assert/strict'
import { test } from 'node:test'

import { StudioError } from '../../../shared/errors.ts'
import type { Grader, RgbImage } from './adapters.ts'
import { Panel, type SeatedPack } from './panel.ts'
import { ClosedFormEngine } from './testing/closed-form-engine.ts'

const picture = (value: number): RgbImage => ({
  width: 1,
  height: 1,
  data: Uint8Array.of(value, value, value),
})
const pictures = [picture(10), picture(200)]
const seat = (...verifiers: SeatedPack['verifiers']): SeatedPack => ({
  pack: { folder: '', sha256: '', manifest: { id: 'v', promptPrefix: '' } } as unknown as SeatedPack['pack'],
  verifiers,
})

const refused = new StudioError('grader_failed', 'The grader said no.')
/** A grader that marks what it is asked about by the first byte, and refuses dark pictures. */
const askedOf: string[] = []
const grader: Grader = {
  model: 'scripted',
  grade({ images, prompt, signal }) {
    if (signal.aborted) throw new StudioError('cancelled', 'Cancelled.')
    askedOf.push(prompt)
    const scores = images.map(({ data: [value = 0] }) => (value < 100 ? null : value / 20))
    return Promise.resolve({ scores, fault: scores.includes(null) ? refused : null, seconds: 2 })
  },
}

test("the grader's scores stand beside the packs', and a missing one touches nothing else", async () => {
  const grading = { grader, signal: new AbortController().signal }
  const panel = await Panel.open(new ClosedFormEngine(), [seat('aesthetic_score')], 'a grey thing', grading)
  const { scores, seconds, errors } = await panel.score(pictures, null)
  assert.deepEqual(Object.keys(scores[0] ?? {}), ['aesthetic_score'])
  assert.equal(scores[1]?.llm_grader, 10)
  assert.ok(Number.isFinite(scores[1].aesthetic_score))
  assert.deepEqual([...seconds.keys()], ['v', 'llm_grader'])
  assert.equal(seconds.get('llm_grader'), 2)
  assert.deepEqual(errors, [{ verifiers: ['llm_grader'], error: refused }])
  assert.deepEqual(askedOf, ['a grey thing'])
})

test('a pack that fails leaves the grader its say', async () => {
  const engine = new ClosedFormEngine((kind) => {
    if (kind === 'embedImages') throw new StudioError('engine_failed', 'Broken.')
  })
  const grading = { grader, signal: new AbortController().signal }
  const panel = await Panel.open(engine, [seat('aesthetic_score')], 'p', grading)
  const { scores, errors } = await panel.score([picture(100)], null)
  assert.deepEqual(scores, [{ llm_grader: 5 }])
  assert.deepEqual(
    errors.map(({ error }) => error.code),
    ['engine_failed'],
  )
})

test('a cancelled run is not kept waiting by the grader', async () => {
  const cancel = new AbortController()
  const panel = await Panel.open(new ClosedFormEngine(), [], 'p', { grader, signal: cancel.signal })
  cancel.abort()
  await assert.rejects(panel.score(pictures, null), { code: 'cancelled' })
})

test('what judges sets is left to others: its seat is not evaluated', async () => {
  const engine = new ClosedFormEngine()
  const panel = await Panel.open(engine, [seat('frechet')], 'p')
  assert.deepEqual((await panel.score(pictures, null)).scores, [{}, {}])
  assert.equal(engine.calls.embedImages, 0)
})
