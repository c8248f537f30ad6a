/** Our numbers against those of the diffusers library, made by models/recipes/scheduler_goldens.py. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'

import { plannedNfe } from '../../../shared/plan.ts'
import type { SamplerId } from '../../../shared/vocabulary.ts'
import {
  consistencySchedule,
  cumulativeAlphas,
  discreteSchedule,
  type BetaSchedule,
  type DiscreteLevels,
  type DiscreteRule,
} from './beta-schedules.ts'
import type { NoiseForm } from './noise-form.ts'
import { samplerById } from './samplers/index.ts'
import { scheduleById, sd3Schedule, type Schedule } from './schedules.ts'

type Golden = {
  readonly cumulativeAlphas: readonly {
    readonly betas: BetaSchedule
    readonly ends: readonly [number, number]
    readonly sha256: string
  }[]
  readonly levels: readonly (DiscreteLevels & {
    readonly from: string
    readonly betas: BetaSchedule
    readonly rule: DiscreteRule
    readonly steps: number
  })[]
  readonly consistencyLevels: readonly (Omit<DiscreteLevels, 'noiseScale'> & {
    readonly betas: BetaSchedule
    readonly steps: number
  })[]
  readonly flowLevels: readonly {
    readonly schedule: string
    readonly steps: number
    readonly shift: number
    readonly tokens: number
    readonly sigmas: readonly number[]
  }[]
  readonly paths: readonly {
    readonly name: string
    readonly sampler: SamplerId
    readonly form: NoiseForm
    readonly evaluations: number
    readonly timesteps: readonly number[]
    readonly sigmas: readonly number[]
    readonly start: readonly number[]
    readonly noise: readonly (readonly number[])[]
    /** After every whole step. */
    readonly states: readonly (readonly number[])[]
  }[]
}

const golden = JSON.parse(readFileSync(new URL('golden/diffusers.json', import.meta.url), 'utf8')) as Golden

/** Float32 numbers, equal to the last bit: nine digits in a file tell them all apart. */
function assertSameFloats(found: readonly number[], expected: readonly number[]): void {
  assert.deepEqual(found.map(Math.fround), expected.map(Math.fround))
}

/** The largest distance, in units of float32 rounding at the size of the numbers or at 1. */
function roundings(found: readonly number[], expected: readonly number[]): number {
  assert.equal(found.length, expected.length)
  return Math.max(
    ...expected.map(
      (value, i) => Math.abs((found[i] ?? NaN) - value) / (2 ** -24 * Math.max(1, Math.abs(value))),
    ),
  )
}

describe('beta schedules', () => {
  for (const { betas, ends, sha256 } of golden.cumulativeAlphas) {
    test(`the cumulative alphas of ${betas.kind} are those of torch, bit for bit`, () => {
      const abar = cumulativeAlphas(betas)
      assertSameFloats([abar[0] ?? NaN, abar.at(-1) ?? NaN], ends)
      assert.equal(createHash('sha256').update(new Uint8Array(abar.buffer)).digest('hex'), sha256)
    })
  }

  for (const { from, betas, rule, steps, ...expected } of golden.levels) {
    const { spacing, stepsOffset, karras, final } = rule
    const words = [
      from,
      betas.kind,
      spacing,
      stepsOffset,
      karras ? 'Karras' : 'plain',
      final,
      `${steps} steps`,
    ]
    test(`levels of ${words.join(', ')}`, () => {
      const found = discreteSchedule(steps, betas, rule)
      assertSameFloats(found.sigmas, expected.sigmas)
      // With Karras' levels they come out of a logarithm, whose last bit differs between libraries.
      if (karras) assert.ok(roundings(found.timesteps, expected.timesteps) <= 8)
      else assertSameFloats(found.timesteps, expected.timesteps)
      assert.ok(Math.abs(found.noiseScale - expected.noiseScale) < 1e-6 * expected.noiseScale)
    })
  }

  for (const { betas, steps, timesteps, sigmas } of golden.consistencyLevels) {
    test(`levels of LCM, ${steps} steps`, () => {
      const found = consistencySchedule(steps, betas)
      assert.deepEqual(found.timesteps, timesteps)
      assertSameFloats(found.sigmas, sigmas)
    })
  }

  test('a final level that was reached before is refused', () => {
    const [sd] = golden.cumulativeAlphas
    assert.ok(sd !== undefined)
    const rule = {
      grid: 'whole',
      spacing: 'leading',
      stepsOffset: 0,
      karras: false,
      final: 'sigma_min',
    } as const
    assert.throws(() => discreteSchedule(10, sd.betas, rule), RangeError)
  })
})

describe('flow schedules', () => {
  const all: Readonly<Record<string, Schedule>> = { ...scheduleById, sd3: sd3Schedule }
  for (const { schedule, steps, sigmas, ...parameters } of golden.flowLevels) {
    const words = [schedule, `${steps} steps`, `shift ${parameters.shift}`, `${parameters.tokens} tokens`]
    test(`levels of FlowMatchEuler, ${words.join(', ')}`, () => {
      // The library's numbers went through float32 several times.
      assert.ok(roundings(all[schedule]?.(steps, parameters) ?? [], sigmas) <= 4)
    })
  }
})

/** The denoiser of the recipe: a bounded output, read as epsilon or as velocity. */
function denoise(x: Float32Array, sigma: number, form: NoiseForm, timestep: number): Float32Array {
  const scale = form === 'flow' ? 1 : Math.sqrt(sigma * sigma + 1)
  const u = form === 'flow' ? sigma : timestep / 1000
  return x.map((value, j) => {
    const neighbour = x[(j + 1) % x.length] ?? NaN
    return value - sigma * Math.tanh((0.8 * value + 0.4 * neighbour) / scale) * (0.6 + 0.4 * u)
  })
}

/**
 * Theirs is computed in float32 throughout, ours in float64 between evaluations: their roundings at the highest levels,
 * where numbers are up to fifteen times larger, stay in the sample. 1e-6 of numbers of the size of 1.
 */
const pathRoundings = 16

describe('samplers', () => {
  for (const { name, sampler, form, evaluations, timesteps, sigmas, start, noise, states } of golden.paths) {
    test(`${sampler} goes the way of ${name}, in ${evaluations} evaluations`, () => {
      const begin = { step: 0, x: Float64Array.from(start), history: [] }
      const noiseOf = (step: number) => Float32Array.from(noise[step] ?? [])
      const run = samplerById[sampler](begin, sigmas, { form, noiseOf })
      let asked = 0
      for (let turn = run.next(); ; asked++) {
        if (turn.done === true) {
          assert.ok(roundings([...turn.value], states.at(-1) ?? []) <= pathRoundings)
          break
        }
        const { x, sigma, boundary } = turn.value
        if (boundary !== null && boundary.step > 0) {
          const expected = states[boundary.step - 1] ?? []
          assert.ok(roundings([...boundary.x], expected) <= pathRoundings, `step ${boundary.step}`)
        }
        turn = run.next(denoise(x, sigma, form, timesteps[sigmas.indexOf(sigma)] ?? NaN))
      }
      assert.equal(asked, evaluations)
      assert.equal(asked, plannedNfe(sampler, sigmas.length - 1))
    })
  }
})
