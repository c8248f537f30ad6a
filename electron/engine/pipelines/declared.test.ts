/** What graphs may decide themselves: how many rows they take, one timestep for all of them, types, sizes. */

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

import { graph, int64s, model, node, port, tensor, types } from '../../packs/import/testing/onnx-writer.ts'
import { packManifestSchema, type InstalledPack } from '../../packs/manifest.ts'
import { createInference } from '../inference.ts'
import type { EngineCalls } from '../protocol.ts'
import { openSessions } from '../sessions.ts'

type Denoised = EngineCalls['denoise']['value']
type Decoded = EngineCalls['decode']['value']

/** TensorProto.DataType */
const float16 = 10
const int32 = 6

const root = mkdtempSync(join(tmpdir(), 'declared-'))
after(() => {
  rmSync(root, { recursive: true })
})
const infer = createInference(() => openSessions('cpu', 1))

type Declared = {
  readonly batch?: number | string
  readonly timestep?: readonly (number | string)[]
  readonly timestepType?: number
  readonly latentsType?: number
  readonly side?: number | string
  readonly decoderBatch?: number | string
}

let count = 0

/**
 * A loaded pack whose velocity is latents * timestep + class, and whose decoder gives the latents back as pixels, with
 * these declarations.
 */
async function load(declared: Declared): Promise<string> {
  const { batch = 'batch', timestep = ['batch'], side = 'side', decoderBatch = 'batch' } = declared
  const { timestepType = types.float32, latentsType = types.float32 } = declared
  const id = `declared-${count++}`
  const folder = join(root, id)
  mkdirSync(folder)
  const cast = (from: string, to: string, type: number) =>
    node('Cast', [from], [to], [{ name: 'to', int: type }])
  const latents = [batch, 3, side, side]
  const denoiser = graph({
    inputs: [
      port('latents', latentsType, latents),
      port('timestep', timestepType, timestep),
      port('labels', types.int64, [batch]),
    ],
    initialisers: [tensor({ name: 'column', type: types.int64, dims: [4], raw: int64s(-1, 1, 1, 1) })],
    nodes: [
      cast('latents', 'x', types.float32),
      cast('timestep', 't', types.float32),
      cast('labels', 'c', types.float32),
      node('Reshape', ['t', 'column'], ['t column']),
      node('Reshape', ['c', 'column'], ['c column']),
      node('Mul', ['x', 't column'], ['x t']),
      node('Add', ['x t', 'c column'], ['sum']),
      cast('sum', 'velocity', latentsType),
    ],
    outputs: [port('velocity', latentsType, latents)],
  })
  const picture = [decoderBatch, 3, side, side]
  const decoder = graph({
    inputs: [port('latents', types.float32, picture)],
    nodes: [node('Identity', ['latents'], ['image'])],
    outputs: [port('image', types.float32, picture)],
  })
  writeFileSync(join(folder, 'denoiser.onnx'), model(denoiser))
  writeFileSync(join(folder, 'decoder.onnx'), model(decoder))
  const manifest = packManifestSchema.parse({
    formatVersion: 1,
    id,
    name: id,
    version: '1',
    licence: 'none',
    description: '',
    files: {},
    kind: 'class_to_image',
    classes: ['three', 'five'],
    nullClass: 2,
    image: { width: 2, height: 2 },
    latents: {
      ...{ channels: 3, width: 2, height: 2, scale: [1, 1, 1], shift: [0, 0, 0] },
      previewMatrix: [
        [0, 0, 0],
        [0, 0, 0],
        [0, 0, 0],
      ],
      previewBias: [0, 0, 0],
    },
    prediction: 'velocity',
    timeConvention: 'sigma_1_is_noise',
    defaults: { sampler: 'euler', schedule: 'linear', steps: 2, guidance: 1 },
    components: {
      denoiser: {
        file: 'denoiser.onnx',
        inputs: { latents: 'latents', timestep: 'timestep', classLabels: 'labels' },
        outputs: { prediction: 'velocity' },
        gflopPerForward: null,
      },
      decoder: { file: 'decoder.onnx', inputs: { latents: 'latents' }, outputs: { image: 'image' } },
    },
  })
  const pack: InstalledPack = { folder, manifest, sha256: '' }
  await infer({ kind: 'load', device: 'cpu', packs: [pack] })
  return id
}

const latentSize = { width: 2, height: 2 }
const latents = Float32Array.from({ length: 36 }, (_, i) => Math.fround(Math.sin(i)))
const sigmas = [0.75, 0.25, 0.75]

async function denoise(
  packId: string,
  guidance: number,
  timesteps: readonly number[] = sigmas,
): Promise<Denoised> {
  const asked = { packId, prompt: 'five', negativePrompt: 'three', guidance, latentSize }
  return (await infer({ kind: 'denoise', ...asked, latents, sigmas, timesteps })) as Denoised
}

/** x - sigma (x t + 1 + (guidance - 1) (1 - 0)): the classes are 1 and 0. */
function expected(guidance: number, timesteps: readonly number[] = sigmas): readonly number[] {
  return Array.from(latents, (x, i) => {
    const sample = Math.floor(i / 12)
    return x - (sigmas[sample] ?? NaN) * (x * (timesteps[sample] ?? NaN) + guidance)
  })
}

function assertNear(found: Float32Array, wanted: readonly number[], within: number): void {
  assert.equal(found.length, wanted.length)
  found.forEach((value, i) => {
    assert.ok(Math.abs(value - (wanted[i] ?? NaN)) < within, `value ${i}: ${value} for ${wanted[i]}`)
  })
}

for (const batch of ['batch', 1, 2, 4]) {
  // One timestep a row is declared as long as the batch; one for all rows as a number alone or in brackets.
  for (const timestep of [[batch], [], [1]]) {
    test(`a batch of ${batch} with the timestep [${timestep.join()}] gives each sample its own level`, async () => {
      const packId = await load({ batch, timestep })
      for (const guidance of [1, 3]) {
        const { denoised, forwardPasses } = await denoise(packId, guidance)
        assertNear(denoised, expected(guidance), 1e-6)
        assert.equal(forwardPasses, guidance === 1 ? 1 : 2)
      }
    })
  }
}

test('half-precision latents and whole timesteps are fed as declared', async () => {
  const packId = await load({ latentsType: float16 })
  assertNear((await denoise(packId, 3)).denoised, expected(3), 4e-3)
  for (const timestepType of [int32, types.int64]) {
    const whole = await load({ timestepType })
    const { denoised } = await denoise(whole, 1, [2.9, 1, 0.5])
    assertNear(denoised, expected(1, [2, 1, 0]), 1e-6)
  }
})

for (const decoderBatch of ['batch', 1, 2]) {
  test(`a decoder with a batch of ${decoderBatch} makes every picture, in order`, async () => {
    const packId = await load({ decoderBatch })
    const { images } = (await infer({ kind: 'decode', packId, latentSize, latents, batch: 3 })) as Decoded
    assert.equal(images.length, 3)
    images.forEach(({ data }, sample) => {
      for (let i = 0; i < 12; i++) {
        const channel = i % 3
        const value = latents[12 * sample + 4 * channel + Math.floor(i / 3)] ?? NaN
        assert.ok(Math.abs((data[i] ?? NaN) - 255 * (value / 2 + 0.5)) <= 0.5 + 1e-4)
      }
    })
  })
}

test('a picture that is not finite is refused by its number, also where they are decoded one at a time', async () => {
  const packId = await load({ decoderBatch: 1 })
  const broken = latents.with(30, NaN)
  await assert.rejects(infer({ kind: 'decode', packId, latentSize, latents: broken, batch: 3 }), {
    code: 'model_output_invalid',
    message: /1 of 12 NaN or infinite in sample 2\. A decoder in half precision/,
  })
})

test('a size that the graphs were not exported for is refused with both', async () => {
  const packId = await load({ side: 2 })
  const other = { packId, latentSize: { width: 3, height: 2 }, latents: new Float32Array(18) }
  const told = { sigmas: [0.5], timesteps: [0.5], guidance: 1, prompt: 'five', negativePrompt: '' }
  const refusal = { code: 'bad_input', message: /expected \[batch, 3, 2, 2\].*found \[\d, 3, 2, 3\]/ }
  await assert.rejects(infer({ kind: 'denoise', ...other, ...told }), refusal)
  await assert.rejects(infer({ kind: 'decode', ...other, batch: 1 }), refusal)
})
