import assert from 'node:assert/strict'
import { test } from 'node:test'

import { rootNoise, noiseRecipe } from '../diffusion/noise.ts'
import { sampleEuler } from '../diffusion/samplers/euler.ts'
import { startingState } from '../diffusion/samplers/sampler.ts'
import { linearSchedule } from '../diffusion/schedules.ts'
import { ascend, eulerAdjoint, sampleTrajectory, type Trajectory } from './adjoint.ts'
import { denoise, denoiseGradient, twoClouds, type Mixture } from './testing/gaussian-mixture.ts'

const dimensions = 8
const noise = rootNoise(noiseRecipe('3', 0), dimensions)
/** Pure noise is left out of one, so that the factor of the first level shows. */
const schedules = [linearSchedule(1), linearSchedule(6), [0.9, 0.5, 0.3, 0.05, 0]]

function follow<Yielded, Result>(
  steps: Generator<Yielded, Result, Float32Array>,
  answer: (step: Yielded) => Float32Array,
): { readonly value: Result; readonly asked: number } {
  for (let turn = steps.next(), asked = 0; ; asked++) {
    if (turn.done === true) return { value: turn.value, asked }
    turn = steps.next(answer(turn.value))
  }
}

const trajectory = (mixture: Mixture, from: Float32Array, sigmas: readonly number[]): Trajectory =>
  follow(sampleTrajectory(from, sigmas), ({ x, sigma }) => denoise(mixture, x, sigma)).value

const gradientOf = (mixture: Mixture, path: Trajectory, g: Float32Array) =>
  follow(eulerAdjoint(path, g), ({ x, sigma, cotangent }) => denoiseGradient(mixture, x, sigma, cotangent))

test('a kept trajectory ends where the sampler does, bit for bit', () => {
  for (const sigmas of schedules) {
    const path = trajectory(twoClouds, noise, sigmas)
    const plain = follow(sampleEuler(startingState(noise, sigmas), sigmas), ({ x, sigma }) =>
      denoise(twoClouds, x, sigma),
    )
    assert.deepEqual(path.sample, plain.value)
    assert.equal(path.latents.length, plain.asked)
    assert.deepEqual(
      path.latents[0],
      noise.map((value) => (sigmas[0] ?? NaN) * value),
    )
  }
})

test('through a single Gaussian the gradient is the closed-form factor of its steps', () => {
  const c = 0.4
  const gaussian: Mixture = [{ weight: 1, mean: Array<number>(dimensions).fill(0.6), deviation: c }]
  for (const sigmas of schedules) {
    const g = rootNoise(noiseRecipe('3', 1), dimensions)
    const { value, asked } = gradientOf(gaussian, trajectory(gaussian, noise, sigmas), g)
    // Every step is x' = (keep + (1 - keep) gain) x + constant, gain = a c^2 / (a^2 c^2 + sigma^2), a = 1 - sigma.
    const factor = sigmas.slice(1).reduce((product, next, i) => {
      const sigma = sigmas[i] ?? NaN
      const gain = ((1 - sigma) * c * c) / ((1 - sigma) ** 2 * c * c + sigma * sigma)
      return product * (next / sigma + (1 - next / sigma) * gain)
    }, sigmas[0] ?? NaN)
    assert.equal(asked, sigmas.length - 1)
    value.forEach((found, i) => {
      const expected = factor * (g[i] ?? NaN)
      assert.ok(Math.abs(found - expected) < 1e-6, `number ${i}: ${found} for ${expected}`)
    })
  }
})

test('through a mixture the gradient is the slope of the whole path', () => {
  for (const sigmas of schedules) {
    const g = rootNoise(noiseRecipe('3', 2), dimensions)
    const { value } = gradientOf(twoClouds, trajectory(twoClouds, noise, sigmas), g)
    const scoreAt = (at: number, step: number): number => {
      const from = noise.map((one, i) => one + (i === at ? step : 0))
      const { sample } = trajectory(twoClouds, from, sigmas)
      return sample.reduce((sum, one, i) => sum + one * (g[i] ?? NaN), 0)
    }
    value.forEach((found, at) => {
      const slope = (scoreAt(at, 2 ** -7) - scoreAt(at, -(2 ** -7))) * 2 ** 6
      assert.ok(Math.abs(found - slope) < 1e-3 * (1 + Math.abs(slope)), `number ${at}: ${found} for ${slope}`)
    })
  }
})

test('an ascent moves along the gradient and ends at the norm of a Gaussian vector', () => {
  const gradient = rootNoise(noiseRecipe('3', 3), dimensions)
  const [still, small, large] = [0, 0.01, 3].map((eta) => ascend(noise, gradient, eta))
  const norm = (values: Float32Array = noise): number => Math.hypot(...values)
  const cosineTo = (values: Float32Array = noise): number =>
    values.reduce((sum, value, i) => sum + value * (gradient[i] ?? NaN), 0) / norm(values) / norm(gradient)
  for (const moved of [still, small, large]) {
    assert.ok(Math.abs(norm(moved) - Math.sqrt(dimensions)) < 1e-6, `norm ${norm(moved)}`)
  }
  assert.ok(cosineTo(still) < cosineTo(small) && cosineTo(small) < cosineTo(large))
})

test('an ascent without a direction is refused', () => {
  const gradient = noise.map((value) => -value)
  assert.throws(() => ascend(noise, gradient, 1), RangeError)
  assert.throws(() => ascend(noise, gradient.subarray(1), 0.1), RangeError)
  assert.throws(
    () =>
      ascend(
        noise,
        gradient.map(() => Infinity),
        0.1,
      ),
    RangeError,
  )
})
