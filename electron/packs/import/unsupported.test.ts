/** Models that people have and Goldpan does not run: each is named, with what to take instead. */

import assert from 'node:assert/strict'
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'

import { StudioError } from '../../../shared/errors.ts'
import { inspectModel } from './index.ts'
import { graph, model, node, port, types } from './testing/onnx-writer.ts'

const fixtures = join(import.meta.dirname, '../../../models/fixtures')
let source: string

beforeEach(async () => {
  source = join(await mkdtemp(join(tmpdir(), 'goldpan-unsupported-')), 'model')
  await cp(join(fixtures, 'sd15/model'), source, { recursive: true })
})

afterEach(() => rm(dirname(source), { recursive: true, force: true }))

const refused = async (message: RegExp): Promise<void> => {
  await assert.rejects(inspectModel(source), (error: unknown) => {
    assert.ok(error instanceof StudioError, String(error))
    assert.equal(error.code, 'pack_invalid')
    assert.match(error.message, message)
    return true
  })
}

type Dims = readonly (number | string)[]

/** Puts a denoiser of these inputs in the place of the real one. */
const writeDenoiser = (
  inputs: Readonly<Record<string, Dims>>,
  operator = 'Identity',
  domain = '',
): Promise<void> =>
  writeFile(
    join(source, 'unet/model.onnx'),
    model(
      graph({
        nodes: [node(operator, Object.keys(inputs).slice(0, 1), ['out_sample'], [], domain)],
        inputs: Object.entries(inputs).map(([name, dims]) => port(name, types.float32, dims)),
        outputs: [port('out_sample', types.float32, ['b', 4, 'h', 'w'])],
      }),
    ),
  )

const edit = async (file: string, changes: Readonly<Record<string, unknown>>): Promise<void> => {
  const path = join(source, file)
  const json = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>
  await writeFile(path, JSON.stringify({ ...json, ...changes }))
}

const text = { sample: ['b', 4, 'h', 'w'], timestep: [], encoder_hidden_states: ['b', 's', 32] } as const

test('models prepared for TensorRT, by their folder and by their operators', async () => {
  await writeDenoiser(text, 'TRT_FP8DequantizeLinear', 'trt')
  await refused(/TRT_FP8DequantizeLinear of "trt", a model compiled for TensorRT/)
  await mkdir(join(source, 'transformer.opt/fp8'), { recursive: true })
  await rename(join(source, 'unet/model.onnx'), join(source, 'transformer.opt/fp8/model.onnx'))
  await refused(/transformer\.opt\/fp8\/model\.onnx, a model prepared for TensorRT.*Optimum/)
  for (const part of ['text_encoder', 'vae_decoder', 'vae_encoder']) {
    await rename(join(source, part), join(source, `${part}.opt`))
  }
  await refused(/a model prepared for TensorRT/)
})

test('pipelines cut into pieces for the browser', async () => {
  await mkdir(join(source, 'onnx'))
  await rename(join(source, 'vae_encoder/model.onnx'), join(source, 'onnx/latents_model_f16.onnx'))
  await refused(/onnx\/latents_model_f16\.onnx, a pipeline cut into pieces/)
})

for (const name of ['ZImagePipeline', 'SanaPipeline', 'StableDiffusionInpaintPipeline']) {
  test(`a ${name}, by model_index.json`, async () => {
    await edit('model_index.json', { _class_name: name })
    await refused(new RegExp(`found a ${name}.*does not run this family`))
  })
}

test("SDXL's refiner, by its five time ids", async () => {
  await writeDenoiser({ ...text, text_embeds: ['b', 1280], time_ids: ['b', 5] })
  await refused(/found the refiner of SDXL/)
})

test('inpainting, by its nine channels', async () => {
  await writeDenoiser({ ...text, sample: ['b', 9, 'h', 'w'] })
  await refused(/expected 4 channels at sample.*found 9.*inpainting/)
})

test('latents of two thousand million channels, on both sides alike', async () => {
  const channels = 2 ** 31
  await writeDenoiser({ ...text, sample: ['b', channels, 'h', 'w'] })
  const inputs = [port('latent_sample', types.float32, ['b', channels, 'h', 'w'])]
  const outputs = [port('sample', types.float32, ['b', 3, 'h', 'w'])]
  const nodes = [node('Identity', ['latent_sample'], ['sample'])]
  await writeFile(join(source, 'vae_decoder/model.onnx'), model(graph({ nodes, inputs, outputs })))
  await refused(/at most 256 channels, found 2147483648/)
})

test('Sana, which has the inputs of PixArt-Sigma', async () => {
  await writeDenoiser({ ...text, encoder_attention_mask: ['b', 's'] })
  await edit('unet/config.json', { _class_name: 'SanaTransformer2DModel' })
  await refused(/found SanaTransformer2DModel/)
})

test('variations of pictures, by their labels beside a text', async () => {
  await writeDenoiser({ ...text, class_labels: ['b', 1024] })
  await refused(/found one that takes labels beside a text/)
})

test('a denoiser that takes more than Goldpan knows', async () => {
  await writeDenoiser({ ...text, controlnet_cond: ['b', 3, 'h', 'w'] })
  await refused(/found controlnet_cond float32\[b, 3, h, w\]/)
})

test('noise and predictions that no sampler here knows', async () => {
  const scheduler = 'scheduler/scheduler_config.json'
  for (const [field, value] of Object.entries({
    rescale_betas_zero_snr: true,
    trained_betas: [0.1, 0.2],
    prediction_type: 'sample',
    beta_schedule: 'cosine',
    timestep_type: 'continuous',
    _class_name: 'EDMEulerScheduler',
  })) {
    const before = await readFile(join(source, scheduler), 'utf8')
    await edit(scheduler, { [field]: value })
    await refused(new RegExp(`scheduler_config\\.json, ${field}: expected .*which Goldpan does not have`))
    await writeFile(join(source, scheduler), before)
  }
})

test('a part that is missing', async () => {
  await rm(join(source, 'vae_decoder'), { recursive: true })
  await refused(/expected vae_decoder\/model\.onnx, found text_encoder\/model\.onnx, unet\/model\.onnx/)
})

test('graphs that are neither a pipeline nor a verifier', async () => {
  await rm(source, { recursive: true })
  await mkdir(source)
  const port1 = port('x', types.float32, [1])
  await writeFile(
    join(source, 'detector.onnx'),
    model(graph({ nodes: [node('Identity', ['x'], ['y'])], inputs: [port1], outputs: [port('y', 1, [1])] })),
  )
  await refused(/expected the parts of a pipeline .* or of a verifier .*found detector\.onnx/)
})

test('a scale or a mean that latents cannot have', async () => {
  const decoder = 'vae_decoder/config.json'
  await edit(decoder, { latents_mean: [0.1, 0.2] })
  await refused(
    /latents_mean of the decoder: expected a number for each of the 4 channels, found \[0\.1, 0\.2\]/,
  )
  await edit(decoder, { latents_mean: [0, 0, 0, 0], latents_std: [1, 1, 0, 1] })
  await refused(/latents_std of the decoder: .*found \[1, 1, 0, 1\]/)
  await edit(decoder, { latents_std: null, scaling_factor: 1e300 })
  await assert.rejects(inspectModel(source), /scaling_factor: expected a number between .*found 1e\+300/)
})
