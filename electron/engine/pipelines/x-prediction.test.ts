import assert from 'node:assert/strict'
import { test } from 'node:test'

import { xPrediction } from './x-prediction.ts'

const flow = { prediction: 'velocity', towardsImage: false, guided: 2 } as const

test('without guidance the x-prediction is x - sigma v, for each sample at its own level', () => {
  const x = Float32Array.of(1, 2, 3, 4)
  const v = Float32Array.of(0.5, -1, 2, 8)
  assert.deepEqual(xPrediction(x, v, [1, 0.25], 1, flow), Float32Array.of(0.5, 3, 2.5, 2))
})

test('guidance leads from the unconditional velocity through the conditional one', () => {
  const x = Float32Array.of(0, 0)
  const velocity = Float32Array.of(1, 2, 3, 6)
  const at = (guidance: number): Float32Array => xPrediction(x, velocity, [1, 1], guidance, flow)
  assert.deepEqual(at(0), Float32Array.of(-3, -6))
  assert.deepEqual(at(2), Float32Array.of(1, 2))
})
