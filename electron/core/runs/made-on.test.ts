import assert from 'node:assert/strict'
import { test } from 'node:test'

import { imagesMadeOn, madeOn, requireTheSame } from './made-on.ts'

const engine = { device: 'cpu', runtime: 'onnxruntime 1.30.0', precision: 'float32' } as const
const graded = madeOn(engine, { model: 'qwen-vl' })

test('the grader is a part of what a run was made on, and not of what its images were made on', () => {
  assert.equal(graded, 'cpu, onnxruntime 1.30.0, grader qwen-vl')
  assert.equal(imagesMadeOn(graded), madeOn(engine, null))
})

test('a run goes on only with device, runtime and grader that it began with', () => {
  requireTheSame(null, graded)
  requireTheSame(graded, graded)
  for (const now of [
    madeOn(engine, { model: 'another' }),
    madeOn(engine, null),
    madeOn({ ...engine, runtime: 'onnxruntime 1.31.0' }, { model: 'qwen-vl' }),
  ]) {
    assert.throws(() => requireTheSame(graded, now), {
      code: 'bad_input',
      message: new RegExp(`go on with ${graded}, .* found ${now}\\.`),
    })
  }
})
