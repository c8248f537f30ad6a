import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { renoise } from './forward-noising.ts'
import { gaussian } from './noise.ts'
import { alphaOf } from './noise-form.ts'
import { gaussianData, kolmogorovSmirnov, marginalCdf } from './testing/closed-form.ts'

const count = 20000
const known = gaussian('3', { stream: 0, purpose: 'starting noise' }, count)
const fresh = gaussian('3', { stream: 0, purpose: 'forward noising' }, count)

for (const form of ['flow', 'variance_exploding'] as const) {
  describe(`forward noising, ${form}`, () => {
    for (const [from, to] of [
      [0, 0.3],
      [0.11, 0.89],
      [0.5, 0.51],
      [0.2, 1],
    ] as const) {
      test(`a sample of the marginal at ${from} becomes one of the marginal at ${to}`, () => {
        const [{ mean, deviation } = { mean: NaN, deviation: NaN }] = gaussianData
        const alpha = alphaOf(form, from)
        const spread = Math.hypot(alpha * deviation, from)
        const x = Float64Array.from(known, (z) => alpha * mean + spread * z)
        const noised = renoise(x, from, to, fresh, form)
        const distance = kolmogorovSmirnov(noised, (value) => marginalCdf(gaussianData, form, to, value))
        assert.ok(distance < 1.63, `distance ${distance}`)
        // What is kept of x: alpha(to) / alpha(from) of it, and nothing of it in the rest.
        const a = alphaOf(form, to) / alpha
        const covariance = noised.reduce(
          (sum, value, i) => sum + (value - alphaOf(form, to) * mean) * (known[i] ?? NaN),
          0,
        )
        assert.ok(
          Math.abs(covariance / count - a * spread) < (4 * Math.hypot(a * spread, to)) / Math.sqrt(count),
        )
      })
    }

    test('is what METHOD writes, number by number', () => {
      const noised = renoise(Float64Array.of(0.25, -2), 0.2, 0.6, Float32Array.of(1, -0.5), form)
      const a = form === 'flow' ? 0.4 / 0.8 : 1
      const b = Math.sqrt(form === 'flow' ? 0.36 - 0.25 * 0.04 : 0.36 - 0.04)
      for (const [i, expected] of [a * 0.25 + b, a * -2 - 0.5 * b].entries()) {
        assert.ok(Math.abs((noised[i] ?? NaN) - expected) < 1e-12)
      }
    })

    test('leaves x as it was, and refuses levels that do not rise', () => {
      const x = Float64Array.of(1, 2)
      renoise(x, 0.1, 0.2, Float32Array.of(1, 1), form)
      assert.deepEqual(x, Float64Array.of(1, 2))
      assert.throws(() => renoise(x, 0.2, 0.2, Float32Array.of(1, 1), form), RangeError)
      assert.throws(() => renoise(x, 0.3, 0.2, Float32Array.of(1, 1), form), RangeError)
      assert.throws(() => renoise(x, NaN, 0.2, Float32Array.of(1, 1), form), RangeError)
    })
  })
}

test('above pure noise there is no level in flow form', () => {
  assert.throws(() => renoise(Float64Array.of(1), 0.5, 1.1, Float32Array.of(1), 'flow'), RangeError)
  assert.equal(renoise(Float64Array.of(1), 0.5, 1.1, Float32Array.of(0), 'variance_exploding')[0], 1)
})
