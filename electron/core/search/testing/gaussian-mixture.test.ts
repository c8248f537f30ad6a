import assert from 'node:assert/strict'
import { test } from 'node:test'

import { gaussian } from '../../diffusion/noise.ts'
import { denoise, denoiseGradient, twoClouds, type Mixture } from './gaussian-mixture.ts'
import { nearTo, World } from './world.ts'
import { specOf } from './specs.ts'

test('the x-prediction is the posterior mean, by brute force in one dimension', () => {
  const mixture: Mixture = [
    { weight: 0.25, mean: [-1], deviation: 0.2 },
    { weight: 0.75, mean: [0.5], deviation: 0.4 },
  ]
  for (const sigma of [1, 0.9, 0.5, 0.1]) {
    for (const x of [-2, -0.3, 0.2, 1.5]) {
      let mass = 0
      let first = 0
      for (let x0 = -5; x0 <= 5; x0 += 1e-3) {
        const prior = mixture.reduce(
          (sum, { weight, mean, deviation }) =>
            sum + (weight / deviation) * Math.exp(-((x0 - (mean[0] ?? NaN)) ** 2) / (2 * deviation ** 2)),
          0,
        )
        const joint = prior * Math.exp(-((x - (1 - sigma) * x0) ** 2) / (2 * sigma ** 2))
        mass += joint
        first += joint * x0
      }
      const [found = NaN] = denoise(mixture, Float32Array.of(x), sigma)
      assert.ok(Math.abs(found - first / mass) < 1e-5, `${found} at x ${x}, sigma ${sigma}`)
    }
  }
})

/** Slope of a function along a direction, by central differences. */
function slope(f: (x: Float32Array) => number, x: Float32Array, along: Float32Array): number {
  const h = 1e-2
  const at = (step: number) => f(x.map((value, i) => value + step * (along[i] ?? NaN)))
  return (at(h) - at(-h)) / (2 * h)
}

const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * (b[i] ?? NaN), 0)

const draw = (stream: number) => gaussian('3', { stream, purpose: 'direction' }, 8)

test('the Jacobian product agrees with finite differences', () => {
  for (const sigma of [0.9, 0.6, 0.3]) {
    const [x, cotangent, along] = [draw(1), draw(2), draw(3)]
    const expected = slope((at) => dot(denoise(twoClouds, at, sigma), cotangent), x, along)
    const found = dot(denoiseGradient(twoClouds, x, sigma, cotangent), along)
    assert.ok(Math.abs(found - expected) < 1e-3 * Math.max(1, Math.abs(expected)), `${found}, ${expected}`)
  }
})

test('the gradient through all steps agrees with finite differences', () => {
  const verifier = nearTo([0, 1, 0, 1, 0, 1, 0, 1])
  const spec = specOf({ algorithm: 'first_order_search', steps: 6, iterations: 1 })
  const world = new World(spec, twoClouds, verifier)
  const scoreFrom = (noise: Float32Array) => {
    const { sigmas } = world.rule
    const end = sigmas.slice(1).reduce((x, next, i) => {
      const sigma = sigmas[i] ?? NaN
      const x0 = denoise(twoClouds, x, sigma)
      return x.map((value, j) => (x0[j] ?? NaN) + (next / sigma) * (value - (x0[j] ?? NaN)))
    }, noise)
    return verifier.score(end)
  }
  const noise = draw(4)
  for (const stream of [5, 6, 7]) {
    const along = draw(stream)
    const expected = slope(scoreFrom, noise, along)
    const found = dot(world.gradientAt(noise).value, along)
    assert.ok(Math.abs(found - expected) < 5e-3 * Math.max(1, Math.abs(expected)), `${found}, ${expected}`)
  }
})
