import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { nfeOfSteps, plannedNfe } from '../../../../shared/plan.ts'
import { idsOf, samplers, type SamplerId } from '../../../../shared/vocabulary.ts'
import { gaussian } from '../noise.ts'
import type { NoiseForm } from '../noise-form.ts'
import { linearSchedule } from '../schedules.ts'
import {
  denoiseMixture,
  gaussianData,
  kolmogorovSmirnov,
  marginalCdf,
  twoModes,
  type Mixture,
} from '../testing/closed-form.ts'
import { samplerById } from './index.ts'
import { startingState, type Sampler, type SamplerOptions, type SamplerState } from './sampler.ts'

const forms: readonly NoiseForm[] = ['flow', 'variance_exploding']
const noise = gaussian('5', { stream: 0, purpose: 'starting noise' }, 64)

function optionsOf(form: NoiseForm, length = noise.length): SamplerOptions {
  return { form, noiseOf: (step) => gaussian('6', { stream: 1, purpose: 'sampler', step }, length) }
}

/** Evenly spaced levels, the last exactly `to`. */
function levels(from: number, to: number, steps: number): readonly number[] {
  return Array.from({ length: steps + 1 }, (_, i) => (i === steps ? to : from + ((to - from) * i) / steps))
}

/** Answers a sampler's requests in closed form. */
function drive(
  sampler: Sampler,
  denoise: (x: Float32Array, sigma: number) => Float32Array,
  atBoundary: (boundary: SamplerState, nfe: number) => void = () => undefined,
): { sample: Float32Array; nfe: number; asked: number[] } {
  let nfe = 0
  const asked: number[] = []
  for (let turn = sampler.next(new Float32Array()); ;) {
    if (turn.done === true) return { sample: turn.value, nfe, asked }
    if (turn.value.boundary !== null) atBoundary(turn.value.boundary, nfe)
    nfe++
    asked.push(turn.value.sigma)
    turn = sampler.next(denoise(turn.value.x, turn.value.sigma))
  }
}

/** Samples a mixture from the noise at the first level. */
function sampleMixture(id: SamplerId, data: Mixture, form: NoiseForm, sigmas: readonly number[], z = noise) {
  const sampler = samplerById[id](startingState(z, sigmas), sigmas, optionsOf(form, z.length))
  return drive(sampler, (x, sigma) => denoiseMixture(data, form, x, sigma))
}

/** Root mean square distance from the exact end of the flow, in probability: the flow keeps the quantile of x. */
function error(id: SamplerId, data: Mixture, form: NoiseForm, sigmas: readonly number[]): number {
  const [first = NaN, last = NaN] = [sigmas[0], sigmas.at(-1)]
  const { sample } = sampleMixture(id, data, form, sigmas)
  const squares = sample.reduce((sum, value, i) => {
    const begun = marginalCdf(data, form, first, first * (noise[i] ?? NaN))
    return sum + (marginalCdf(data, form, last, value) - begun) ** 2
  }, 0)
  return Math.sqrt(squares / sample.length)
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

for (const id of idsOf(samplers)) {
  describe(id, () => {
    test('asks as often as planned, at the levels of the schedule, and so at every step between', () => {
      for (const steps of [1, 2, 3, 20]) {
        const sigmas = linearSchedule(steps)
        const sampler = samplerById[id](startingState(noise, sigmas), sigmas, optionsOf('flow'))
        const { nfe, asked } = drive(
          sampler,
          (x, sigma) => denoiseMixture(twoModes, 'flow', x, sigma),
          ({ step }, before) => {
            assert.equal(before, nfeOfSteps(id, step, steps))
          },
        )
        assert.equal(nfe, plannedNfe(id, steps))
        assert.deepEqual([...new Set(asked)], sigmas.slice(0, -1))
      }
    })

    for (const form of forms) {
      test(`goes on to the same bits from every state that it hands out, ${form}`, () => {
        for (const sigmas of [levels(1, 0, 7), levels(0.9, 0.2, 17)]) {
          const start = startingState(noise, sigmas)
          const denoise = (x: Float32Array, sigma: number) => denoiseMixture(twoModes, form, x, sigma)
          const kept: string[] = []
          const whole = drive(samplerById[id](start, sigmas, optionsOf(form)), denoise, (boundary) =>
            kept.push(toJson(boundary)),
          )
          assert.equal(kept.length, sigmas.length - 1)
          for (const [step, json] of kept.entries()) {
            const again: string[] = []
            const state = fromJson(json)
            const resumed = drive(samplerById[id](state, sigmas, optionsOf(form)), denoise, (boundary) =>
              again.push(toJson(boundary)),
            )
            assert.deepEqual(resumed.sample, whole.sample)
            assert.deepEqual(again, kept.slice(step))
            assert.equal(toJson(state), json, 'the state that it began from is changed')
          }
        }
      })

      test(`gives the x-prediction itself in one step to the image, ${form}`, () => {
        const { sample } = sampleMixture(id, twoModes, form, [1, 0])
        assert.deepEqual(sample, denoiseMixture(twoModes, form, noise, 1))
      })
    }

    test('refuses levels that do not fall', () => {
      assert.throws(() => sampleMixture(id, twoModes, 'flow', [1, 0.5, 0.5, 0]), RangeError)
    })

    if (samplers[id].multistep) {
      test('is another path without its history', () => {
        const sigmas = linearSchedule(6)
        const denoise = (x: Float32Array, sigma: number) => denoiseMixture(twoModes, 'flow', x, sigma)
        let third: SamplerState | undefined
        const sampler = samplerById[id](startingState(noise, sigmas), sigmas, optionsOf('flow'))
        const whole = drive(sampler, denoise, (boundary) => {
          if (boundary.step === 3) third = fromJson(toJson(boundary))
        })
        assert.ok(third !== undefined && third.history.length > 0)
        const forgetful = samplerById[id]({ ...third, history: [] }, sigmas, optionsOf('flow'))
        assert.notDeepEqual(drive(forgetful, denoise).sample, whole.sample)
      })
    }
  })
}

describe('convergence to the exact flow', () => {
  /** Steps from which each halving is looked at: above, float32 requests hide what is left of the error. */
  const expected = [
    { id: 'euler', order: 1, from: 32 },
    { id: 'ddim', order: 1, from: 32 },
    { id: 'heun', order: 2, from: 32 },
    { id: 'dpmpp_2m', order: 2, from: 32 },
    { id: 'pndm', order: 3, from: 12 },
  ] as const
  for (const { id, order, from } of expected) {
    for (const [form, high, low] of [
      ['flow', 0.9, 0.1],
      ['variance_exploding', 1.5, 0.5],
    ] as const) {
      for (const [name, data] of Object.entries({ gaussianData, twoModes })) {
        test(`${id} has order ${order}, ${form}, ${name}`, () => {
          for (const steps of [from, 2 * from]) {
            const coarse = error(id, data, form, levels(high, low, steps))
            const fine = error(id, data, form, levels(high, low, 2 * steps))
            const found = Math.log2(coarse / fine)
            // PNDM's steps are of fourth order and its start of second: between them it is better than it must be.
            const most = id === 'pndm' ? 4.5 : order + 0.25
            assert.ok(
              found > order - 0.25 && found < most,
              `order ${found} from ${steps} steps, ${fine} left`,
            )
          }
        })
      }
    }
  }

  test('from pure noise to the image too', () => {
    for (const { id, order } of expected) {
      const left = error(id, twoModes, 'flow', linearSchedule(128))
      assert.ok(left < (order === 1 ? 3e-3 : 1e-4), `${id}: ${left}`)
    }
  })
})

describe('stochastic samplers', () => {
  const many = gaussian('7', { stream: 0, purpose: 'starting noise' }, 10000)

  for (const form of forms) {
    for (const last of [0, 0.4]) {
      test(`euler_ancestral ends in the marginal at ${last}, ${form}`, () => {
        const first = form === 'flow' ? 1 : 8
        // Evenly spaced in the square root: the ends of both forms need small steps.
        const sigmas = levels(Math.sqrt(first), Math.sqrt(last), 200).map((root) => root * root)
        const { sample } = sampleMixture('euler_ancestral', twoModes, form, sigmas, many)
        const end = sigmas.at(-1) ?? NaN
        const distance = kolmogorovSmirnov(sample, (value) => marginalCdf(twoModes, form, end, value))
        assert.ok(distance < 1.63, `distance ${distance}`)
      })

      test(`lcm ends in the marginal at ${last} where the denoiser jumps to the image, ${form}`, () => {
        // The consistency function of Gaussian data, exact: from any level along the flow to its end.
        const [{ mean, deviation } = { mean: NaN, deviation: NaN }] = gaussianData
        const alphaOf = (sigma: number) => (form === 'flow' ? 1 - sigma : 1)
        const jump = (x: Float32Array, sigma: number) =>
          x.map(
            (value) =>
              mean +
              (deviation * (value - alphaOf(sigma) * mean)) / Math.hypot(alphaOf(sigma) * deviation, sigma),
          )
        const sigmas = [0.9, 0.8, 0.6, last]
        const spread = Math.hypot(alphaOf(0.9) * deviation, 0.9)
        const x = Float64Array.from(many, (z) => alphaOf(0.9) * mean + spread * z)
        const start = { step: 0, x, history: [] }
        const { sample } = drive(samplerById.lcm(start, sigmas, optionsOf(form, many.length)), jump)
        const distance = kolmogorovSmirnov(sample, (value) => marginalCdf(gaussianData, form, last, value))
        assert.ok(distance < 1.63, `distance ${distance}`)
      })
    }

    test(`the others take no fresh noise, ${form}`, () => {
      const noiseOf = () => assert.fail('asked for noise')
      const sigmas = levels(0.9, 0, 6)
      for (const id of idsOf(samplers).filter((one) => !samplers[one].stochastic)) {
        const sampler = samplerById[id](startingState(noise, sigmas), sigmas, { form, noiseOf })
        drive(sampler, (x, sigma) => denoiseMixture(twoModes, form, x, sigma))
      }
    })
  }

  test('euler_ancestral forgets: two streams from one starting noise soon have nothing in common', () => {
    const sigmas = linearSchedule(8)
    const [one, other] = [1, 2].map((stream) => {
      const noiseOf = (step: number) => gaussian('6', { stream, purpose: 'sampler', step }, many.length)
      const sampler = samplerById.euler_ancestral(startingState(many, sigmas), sigmas, {
        form: 'flow',
        noiseOf,
      })
      return drive(sampler, (x, sigma) => denoiseMixture(twoModes, 'flow', x, sigma)).sample
    })
    assert.ok(one !== undefined && other !== undefined)
    const shared = correlation(one, other)
    assert.ok(Math.abs(shared) < 4 / Math.sqrt(many.length), `correlation ${shared}`)
  })
})

function correlation(a: Float32Array, b: Float32Array): number {
  const meanOf = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [meanA, meanB] = [meanOf(a), meanOf(b)]
  let [ab, aa, bb] = [0, 0, 0]
  a.forEach((value, i) => {
    const other = (b[i] ?? NaN) - meanB
    ab += (value - meanA) * other
    aa += (value - meanA) ** 2
    bb += other ** 2
  })
  return ab / Math.sqrt(aa * bb)
}

test('DPM++ 2M ends where the few steps of its rule are of first order', () => {
  // Two steps to a level above 0 are few: the last is Euler's step, whatever lies behind.
  const sigmas = [0.9, 0.6, 0.3]
  const { sample } = sampleMixture('dpmpp_2m', twoModes, 'flow', sigmas)
  assert.deepEqual(sample, sampleMixture('euler', twoModes, 'flow', sigmas).sample)
})

test('the published NFE of Heun: 18, 40 and 256 steps take 35, 79 and 511', () => {
  assert.deepEqual(
    [18, 40, 256].map((steps) => plannedNfe('heun', steps)),
    [35, 79, 511],
  )
})
