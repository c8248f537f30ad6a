import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Deadlines } from './deadlines.ts'

test('a call may take ten times the median of its kind, and never less than the floor', () => {
  const deadlines = new Deadlines(() => 1000)
  assert.equal(deadlines.limit('denoise'), 1000)
  for (const milliseconds of [50, 90_000, 300]) deadlines.record('denoise', milliseconds)
  assert.equal(deadlines.limit('denoise'), 3000)
  assert.equal(deadlines.limit('decode'), 1000)
  for (let i = 0; i < 100; i++) deadlines.record('denoise', 1)
  assert.equal(deadlines.limit('denoise'), 1000)
})

test('the floor is 30 seconds for an evaluation', () => {
  assert.equal(new Deadlines().limit('denoise'), 30_000)
})

test('large models and other devices than the processor are waited for longer', () => {
  const deadlines = new Deadlines()
  deadlines.workload = { device: 'cpu', bytes: 10e9 }
  assert.equal(deadlines.limit('denoise'), 30_000 + 3_000_000)
  deadlines.workload = { device: 'webgpu', bytes: 0 }
  assert.equal(deadlines.limit('denoise'), 180_000)
})
