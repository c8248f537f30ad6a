/** Our draws against those of torch on the CPU, made by models/recipes/fixtures/torch_noise.py. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { torchDraws } from './torch-noise.ts'

type Golden = {
  readonly cases: readonly {
    readonly seed: string
    readonly length: number
    /** Every so many numbers of a draw are kept. */
    readonly stride: number
    readonly draws: readonly (readonly number[])[]
  }[]
}

const golden = JSON.parse(readFileSync(new URL('golden/torch-noise.json', import.meta.url), 'utf8')) as Golden

for (const { seed, length, stride, draws } of golden.cases) {
  test(`three draws of ${length} from seed ${seed} are those of torch`, () => {
    const ours = torchDraws(BigInt(seed), length)
    draws.forEach((expected, draw) => {
      const noise = ours(draw)
      assert.equal(noise.length, length)
      const found = noise.filter((_, i) => i % stride === 0)
      assert.equal(found.length, expected.length)
      // Fewer than 16 are made in float64 everywhere; above that torch's own logarithm has other last bits.
      if (length < 16) return assert.deepEqual(found, Float32Array.from(expected))
      const worst = Math.max(...expected.map((value, i) => Math.abs((found[i] ?? NaN) - value)))
      assert.ok(worst < 1e-6, `draw ${draw}: ${worst}`)
    })
  })
}

test('a draw is the same whatever was asked before it', () => {
  for (const length of [5, 100]) {
    const inOrder = torchDraws(3n, length)
    const draws = [0, 1, 2, 3].map((draw) => inOrder(draw))
    const jumping = torchDraws(3n, length)
    for (const draw of [3, 0, 2, 2, 1, 3]) assert.deepEqual(jumping(draw), draws[draw])
  }
})

test('a draw belongs to whoever asked for it', () => {
  const draws = torchDraws(3n, 32)
  const first = draws(0)
  const copy = first.slice()
  draws(0).fill(0)
  draws(1)
  assert.deepEqual(first, copy)
})
