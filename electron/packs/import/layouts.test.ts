/** The layouts that people have, file by file: fixtures laid out anew, looked at or taken as they are. */

import assert from 'node:assert/strict'
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'

import type { ImportAnswers } from '../../../shared/model-import.ts'
import { trialRun } from '../../core/trial-run.ts'
import { PackFolders } from '../read-packs.ts'
import { importModel, inspectModel } from './index.ts'
import { floats, graph, model, node, port, tensor, types } from './testing/onnx-writer.ts'

const fixtures = join(import.meta.dirname, '../../../models/fixtures')
let root: string
let source: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'goldpan-layouts-'))
  source = join(root, 'model')
})

afterEach(() => rm(root, { recursive: true, force: true }))

const fixture = (name: string): Promise<void> =>
  cp(join(fixtures, name, 'model'), source, { recursive: true })

/** Moves a file of the folder, into folders that need not be there yet. */
const move = async (from: string, to: string): Promise<void> => {
  await mkdir(dirname(join(source, to)), { recursive: true })
  await rename(join(source, from), join(source, to))
}

const remove = async (...paths: readonly string[]): Promise<void> => {
  for (const path of paths) await rm(join(source, path), { recursive: true })
}

const take = async (answers: ImportAnswers = {}, trial = false) =>
  importModel(await inspectModel(source), answers, {
    ...{ modelsFolder: join(root, 'models'), id: 'mine', name: 'Mine' },
    async trial(pack) {
      if (trial) await trialRun(pack, { deadlineMs: 120_000 })
      return {}
    },
  })

const questionsOf = async (): Promise<readonly string[]> =>
  (await inspectModel(source)).summary.questions.map(({ id }) => id)

describe('transformers.js', () => {
  const suffixes = [
    ...['_fp16', '_int8', '_uint8', '_quantized', '_q4', '_q4f16', '_q2', '_q2f16', '_q1', '_q1f16'],
    '_bnb4',
  ]
  for (const suffix of suffixes) {
    test(`towers with the suffix ${suffix}, alone and beside the plain ones`, async () => {
      await fixture('clip')
      for (const tower of ['vision_model', 'text_model']) {
        await cp(join(source, `onnx/${tower}.onnx`), join(source, `onnx/${tower}${suffix}.onnx`))
      }
      assert.deepEqual(await questionsOf(), ['precision'])
      const { manifest } = await take({ precision: suffix.slice(1) })
      assert.ok(manifest.kind === 'verifier')
      const { imageTower, textTower } = manifest.components
      assert.deepEqual(
        [imageTower?.file, textTower?.file],
        [`image_tower/vision_model${suffix}.onnx`, `text_tower/text_model${suffix}.onnx`],
      )
      await remove('onnx/vision_model.onnx', 'onnx/text_model.onnx')
      const { summary } = await inspectModel(source)
      assert.deepEqual(
        [summary.questions.length, summary.roles['imageTower'], summary.roles['textTower']],
        [0, `onnx/vision_model${suffix}.onnx`, `onnx/text_model${suffix}.onnx`],
      )
    })
  }

  test('the whole beside its two towers: the towers are taken, and the whole stays behind', async () => {
    await fixture('clip')
    await cp(join(fixtures, 'clip-monolith/model/model.onnx'), join(source, 'onnx/model.onnx'))
    const { manifest } = await take()
    assert.deepEqual(
      Object.keys(manifest.files).filter((file) => file.endsWith('.onnx')),
      ['image_tower/vision_model.onnx', 'text_tower/text_model.onnx'],
    )
  })

  test('weights in several chunks beside a graph with a suffix run, and all of them are in the pack', async () => {
    await mkdir(join(source, 'onnx'), { recursive: true })
    const name = 'model_q4f16.onnx'
    const chunk = (initialiser: string, location: string) =>
      tensor({ name: initialiser, dims: [3], external: { location, offset: '4096', length: '12' } })
    const mean = [
      { name: 'axes', ints: [2, 3] },
      { name: 'keepdims', int: 0 },
    ]
    const onnx = model(
      graph({
        nodes: [
          node('ReduceMean', ['pixel_values'], ['mean'], mean),
          node('Mul', ['mean', 'scale'], ['scaled']),
          node('Add', ['scaled', 'bias'], ['image_embeds']),
        ],
        initialisers: [chunk('scale', `${name}_data`), chunk('bias', `${name}_data_1`)],
        inputs: [port('pixel_values', types.float32, ['batch', 3, 'height', 'width'])],
        outputs: [port('image_embeds', types.float32, ['batch', 3])],
      }),
    )
    await writeFile(join(source, 'onnx', name), onnx)
    for (const file of [`${name}_data`, `${name}_data_1`]) {
      await writeFile(
        join(source, 'onnx', file),
        Buffer.concat([Buffer.alloc(4096), Buffer.from(floats(1, 2, 3))]),
      )
    }
    await writeFile(join(source, 'config.json'), '{"model_type":"clip_vision_model"}')
    const { manifest } = await take({}, true)
    assert.deepEqual(
      Object.keys(manifest.files).sort(),
      [name, `${name}_data`, `${name}_data_1`].map((file) => `image_tower/${file}`),
    )
  })
})

describe('OnnxStack', () => {
  /** What its converter leaves out: every configuration, those of tokenizers too. */
  const withoutConfiguration = async (transformer: string): Promise<void> => {
    await remove('model_index.json', 'scheduler', `${transformer}/config.json`, 'vae_decoder/config.json')
    for (const name of (await readdir(source)).filter((one) => one.startsWith('tokenizer'))) {
      await remove(`${name}/tokenizer_config.json`)
    }
    for (const name of (await readdir(source)).filter((one) => one.startsWith('text_encoder'))) {
      await remove(`${name}/config.json`)
    }
  }

  test('PixArt-Sigma, whose transformer lies in unet/', async () => {
    await fixture('pixart-sigma')
    await withoutConfiguration('transformer')
    await rename(join(source, 'transformer'), join(source, 'unet'))
    assert.deepEqual(await questionsOf(), ['sampler', 'prediction', 'scaling_factor'])
    const { manifest } = await take({}, true)
    assert.ok(manifest.kind === 'text_to_image')
    assert.deepEqual(
      [manifest.conditioning, manifest.learnedVariance, manifest.defaults.sampler],
      ['pixart_sigma', true, 'ddim'],
    )
  })

  test('SD3 and FLUX.1-dev, whose levels follow from the family', async () => {
    for (const [name, schedule] of [
      ['sd3', 'sd3'],
      ['flux-dev', 'shifted_dynamic'],
    ] as const) {
      await fixture(name)
      await withoutConfiguration('transformer')
      assert.deepEqual(await questionsOf(), ['scaling_factor'])
      const { manifest } = await importModel(
        await inspectModel(source),
        {},
        {
          ...{ modelsFolder: join(root, 'models'), id: name, name },
          trial: () => Promise.resolve({}),
        },
      )
      assert.ok(manifest.kind === 'text_to_image')
      assert.deepEqual([manifest.defaults.schedule, manifest.image.width], [schedule, 1024])
      await rm(source, { recursive: true })
    }
  })
})

describe('demonstrations for browsers', () => {
  test('folders with named graphs and without configuration, as sd-turbo-webnn has them', async () => {
    await fixture('sd-turbo')
    for (const part of ['text_encoder', 'unet']) {
      await move(`${part}/model.onnx`, `${part}/model_layernorm.onnx`)
    }
    await cp(
      join(source, 'vae_decoder/model.onnx'),
      join(source, 'safety_checker/safety_checker_int32_reduceSum.onnx'),
      { recursive: true },
    )
    await remove('model_index.json', 'scheduler')
    for (const part of ['text_encoder', 'unet', 'vae_decoder']) await remove(`${part}/config.json`)
    assert.deepEqual(await questionsOf(), ['sampler', 'prediction', 'scaling_factor'])
    const { summary } = await inspectModel(source)
    assert.equal(summary.roles['denoiser'], 'unet/model_layernorm.onnx')
    assert.match(summary.notes.join(), /safety checker is left out/)
    await take({ sampler: 'euler' }, true)
  })

  test('one folder for all graphs, their parts in their names', async () => {
    await fixture('sdxl')
    for (const part of ['text_encoder', 'text_encoder_2', 'unet', 'vae_decoder']) {
      await move(`${part}/model.onnx`, `onnx/${part}_model_fp16.onnx`)
    }
    const { summary } = await inspectModel(source)
    assert.deepEqual(summary.roles, {
      denoiser: 'onnx/unet_model_fp16.onnx',
      decoder: 'onnx/vae_decoder_model_fp16.onnx',
      textEncoder: 'onnx/text_encoder_model_fp16.onnx',
      textEncoder2: 'onnx/text_encoder_2_model_fp16.onnx',
    })
    assert.equal(summary.what, 'Stable Diffusion XL')
  })
})

test('SiT: three of four channels are guided, as published, or all of them', async () => {
  await fixture('sit')
  const guided = async (id: string, answers: ImportAnswers) => {
    const plan = await inspectModel(source)
    const options = { modelsFolder: join(root, 'models'), id, name: id, trial: () => Promise.resolve({}) }
    const { manifest } = await importModel(plan, answers, options)
    return manifest.kind === 'class_to_image' && manifest.guidedChannels
  }
  assert.deepEqual([await guided('three', {}), await guided('four', { guided_channels: '4' })], [3, 4])
})

describe('classes', () => {
  test("CLIP knows ImageNet's, for zero-shot agreement: one feature of seven sentences", async () => {
    await fixture('clip')
    await take()
    const { manifest } = await new PackFolders([join(root, 'models')]).openVerifierPack('clip_zero_shot', {
      width: 64,
      height: 64,
    })
    const { classes = [], classTemplates = [] } = manifest
    assert.deepEqual([classes.length, classes[1], classTemplates.length], [1000, 'goldfish', 7])
    assert.equal(new Set(classes).size, 1000)
  })

  test('the goldpan.json of our CLIP recipe leaves them out, and they are the same', async () => {
    await fixture('clip')
    const about = {
      ...{ kind: 'verifier', verifiers: ['clip_score', 'clip_zero_shot', 'clip_self'] },
      image: { width: 224, height: 224, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
    }
    await writeFile(join(source, 'goldpan.json'), JSON.stringify(about))
    const { manifest } = await take()
    assert.ok(manifest.kind === 'verifier')
    assert.deepEqual([manifest.classes?.[999], manifest.classTemplates?.length], ['toilet tissue', 7])
  })

  test('labels with their synonyms are called by the first, which is what a prompt says', async () => {
    await fixture('dinov2-1-layer')
    const file = join(source, 'config.json')
    const config = JSON.parse(await readFile(file, 'utf8')) as { id2label: Record<string, string> }
    config.id2label = { ...config.id2label, 0: 'tench, Tinca tinca', 1: 'goldfish, Carassius auratus' }
    await writeFile(file, JSON.stringify(config))
    const { manifest } = await take()
    assert.deepEqual(manifest.kind === 'verifier' && manifest.classes?.slice(0, 3), [
      'tench',
      'goldfish',
      'great white shark',
    ])
  })
})
