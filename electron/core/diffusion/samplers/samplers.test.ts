import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { plannedNfe } from '../../../../shared/plan.ts'
import type { SamplerId } from '../../../../shared/vocabulary.ts'
import { makeNoise, noiseRecipe } from '../noise.ts'
import { linearSchedule } from '../schedules.ts'
import { samplerById } from './index.ts'
import { startingState, type Sampler, type SamplerOptions, type SamplerState } from './sampler.ts'

/** Data N(mu, c^2) in every dimension: the posterior mean and the flow are known in closed form. */
const mu = 0.7
const c = 0.35

/** E[x0 | x at sigma] for x = (1 - sigma) x0 + sigma e. */
function denoise(x: Float32Array, sigma: number): Float32Array {
  const a = 1 - sigma
  const gain = (a * c * c) / (a * a * c * c + sigma * sigma)
  return x.map((value) => mu + gain * (value - a * mu))
}

/** A state as a file would keep it: base64 of the bytes. */
function toJson({ step, x, history }: SamplerState): string {
  const base64 = (values: Float64Array): string =>
    Buffer.from(Float64Array.from(values).buffer).toString('base64')
  return JSON.stringify({ step, x: base64(x), history: history.map(base64) })
}

function fromJson(json: string): SamplerState {
  const { step, x, history } = JSON.parse(json) as { step: number; x: string; history: string[] }
  const values = (text: string): Float64Array =>
    new Float64Array(new Uint8Array(Buffer.from(text, 'base64')).buffer)
  return { step, x: values(x), history: history.map(values) }
}

/** Drives a sampler against the closed form. */
function drive(
  sampler: Sampler,
  atBoundary: (boundary: SamplerState) => void = () => undefined,
): { sample: Float32Array; nfe: number; levels: number[] } {
  let nfe = 0
  const levels: number[] = []
  for (let turn = sampler.next(new Float32Array()); ;) {
    if (turn.done === true) return { sample: turn.value, nfe, levels }
    nfe++
    if (turn.value.boundary !== null) atBoundary(turn.value.boundary)
    levels.push(turn.value.sigma)
    turn = sampler.next(denoise(turn.value.x, turn.value.sigma))
  }
}

const noise = makeNoise(noiseRecipe('5', 0), 64)

const options: SamplerOptions = { form: 'flow', noiseOf: (step) => makeNoise(noiseRecipe('6', step), 64) }

function begin(id: SamplerId, sigmas: readonly number[]): Sampler {
  return samplerById[id](startingState(noise, sigmas), sigmas, options)
}

/** Root mean square distance to the exact end of the flow, mu + c * noise. */
function error(id: SamplerId, steps: number): number {
  const { sample } = drive(begin(id, linearSchedule(steps)))
  const squares = sample.reduce((sum, value, i) => sum + (value - (mu + c * (noise[i] ?? NaN))) ** 2, 0)
  return Math.sqrt(squares / sample.length)
}

const orders = { euler: 1, heun: 2 } as const

for (const id of ['euler', 'heun'] as const) {
  describe(id, () => {
    test(`converges to the closed-form flow of a Gaussian with order ${orders[id]}`, () => {
      for (const steps of [32, 64, 128]) {
        const order = Math.log2(error(id, steps) / error(id, steps * 2))
        assert.ok(Math.abs(order - orders[id]) < 0.15, `order ${order} from ${steps} to ${steps * 2} steps`)
      }
      assert.ok(error(id, 256) < 0.01)
    })

    test('asks as often as planned, at the levels of the schedule', () => {
      for (const steps of [1, 2, 20]) {
        const { nfe, levels } = drive(begin(id, linearSchedule(steps)))
        assert.equal(nfe, plannedNfe(id, steps))
        assert.deepEqual([...new Set(levels)], linearSchedule(steps).slice(0, -1))
      }
    })

    test('leaves the noise as it was', () => {
      const before = Float32Array.from(noise)
      drive(begin(id, linearSchedule(3)))
      assert.deepEqual(noise, before)
    })

    test('goes on to the same bits from every state that it hands out', () => {
      const sigmas = linearSchedule(7)
      const kept: string[] = []
      const whole = drive(begin(id, sigmas), (boundary) => kept.push(toJson(boundary)))
      assert.equal(kept.length, 7)
      for (const [step, json] of kept.entries()) {
        const again: string[] = []
        const resumed = drive(samplerById[id](fromJson(json), sigmas, options), (boundary) =>
          again.push(toJson(boundary)),
        )
        assert.deepEqual(resumed.sample, whole.sample)
        assert.deepEqual(again, kept.slice(step))
      }
    })

    test('refuses levels that do not fall', () => {
      assert.throws(() => drive(begin(id, [1, 0.5, 0.5, 0])), RangeError)
    })

    test('one step gives the first x-prediction itself', () => {
      const { sample } = drive(begin(id, [1, 0]))
      assert.deepEqual(sample, denoise(noise, 1))
    })
  })
}

test('the published NFE of Heun: 18, 40 and 256 steps take 35, 79 and 511', () => {
  assert.deepEqual(
    [18, 40, 256].map((steps) => plannedNfe('heun', steps)),
    [35, 79, 511],
  )
})
