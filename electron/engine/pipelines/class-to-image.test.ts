import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before, test } from 'node:test'

import type { DenoiseRequest } from '../../core/runs/adapters.ts'
import { PackFolders } from '../../packs/read-packs.ts'
import { createInference } from '../inference.ts'
import type { EngineCalls } from '../protocol.ts'

type Denoised = EngineCalls['denoise']['value']

const infer = createInference()
const latents = Float32Array.from({ length: 16 }, (_, i) => Math.sin(2 * i))
const sigmas = [0.8, 0.3]

/** Means of the two channels by class, as in fixtures/make_fixtures.py; the null class's are zero. */
const means = { 'red star': [1, -2], 'blue ring': [-1, 1], none: [0, 0] } as const

const denoise = async (request: Partial<DenoiseRequest>): Promise<Denoised> =>
  (await infer({
    kind: 'denoise',
    packId: 'tiny-classes',
    prompt: 'red star',
    negativePrompt: '',
    guidance: 1,
    latentSize: { height: 2, width: 2 },
    latents,
    sigmas,
    // The timestep of this pack is sigma itself.
    timesteps: request.sigmas ?? sigmas,
    ...request,
  })) as Denoised

/** E[x0 | x] of data N(m, 0.5^2), value by value. */
function closedForm(of: keyof typeof means): Float32Array {
  return latents.map((x, i) => {
    const s = sigmas[i >> 3] ?? NaN
    const m = means[of][(i >> 2) % 2] ?? NaN
    const a = 1 - s
    return m + ((0.25 * a) / (0.25 * a * a + s * s)) * (x - a * m)
  })
}

function assertNear(found: Float32Array, expected: Float32Array): void {
  assert.equal(found.length, expected.length)
  found.forEach((value, i) => {
    assert.ok(Math.abs(value - (expected[i] ?? NaN)) < 1e-5, `value ${i}: ${value} for ${expected[i]}`)
  })
}

before(async () => {
  const packs = new PackFolders([join(import.meta.dirname, '../fixtures/packs')])
  await infer({ kind: 'load', device: 'cpu', packs: [await packs.openImagePack('tiny-classes')] })
})

test('the x-prediction of a class is the closed form of its Gaussian', async () => {
  const { denoised, forwardPasses } = await denoise({})
  assert.equal(forwardPasses, 1)
  assertNear(denoised, closedForm('red star'))
  assertNear((await denoise({ prompt: ' Blue  RING ' })).denoised, closedForm('blue ring'))
})

test('guidance leads from the null class through the class', async () => {
  const { denoised, forwardPasses } = await denoise({ guidance: 3 })
  assert.equal(forwardPasses, 2)
  const [null_, star] = [closedForm('none'), closedForm('red star')]
  assertNear(
    denoised,
    null_.map((value, i) => value + 3 * ((star[i] ?? NaN) - value)),
  )
})

test('a sample is the same bits alone and in a batch, with guidance and without', async () => {
  for (const guidance of [1, 2]) {
    const { denoised } = await denoise({ guidance })
    for (const i of [0, 1]) {
      const part = [8 * i, 8 * i + 8] as const
      const alone = await denoise({
        guidance,
        latents: latents.slice(...part),
        sigmas: sigmas.slice(i, i + 1),
      })
      assert.deepEqual(alone.denoised, denoised.slice(...part))
    }
  }
})

test('a prompt that names no class is refused with the names', async () => {
  await assert.rejects(denoise({ prompt: 'a red star' }), {
    code: 'bad_input',
    message: /expected a class of pack tiny-classes: red star, red circle, blue ring, found "a red star"/,
  })
})
