import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'

import { StudioError, type ErrorCode } from '../../../shared/errors.ts'
import type { ImportAnswers } from '../../../shared/model-import.ts'
import { PackFolders } from '../read-packs.ts'
import { sweepStaging } from './staging.ts'
import { importModel, inspectModel, type ImportOptions } from './index.ts'

const fixtures = join(import.meta.dirname, '../../../models/fixtures')
let root: string
let source: string
let modelsFolder: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'goldpan-import-'))
  source = join(root, 'model')
  modelsFolder = join(root, 'models')
})

afterEach(() => rm(root, { recursive: true, force: true }))

const fixture = (name: string): Promise<void> =>
  cp(join(fixtures, name, 'model'), source, { recursive: true })

const take = async (answers: ImportAnswers = {}, options: Partial<ImportOptions> = {}) =>
  importModel(await inspectModel(source), answers, {
    modelsFolder,
    id: 'mine',
    name: 'Mine',
    trial: () => Promise.resolve({}),
    ...options,
  })

const fails = (code: ErrorCode, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof StudioError, String(error))
  assert.equal(error.code, code)
  assert.match(error.message, message)
  return true
}

const nothingLeft = async (): Promise<void> =>
  assert.deepEqual(await readdir(modelsFolder).catch(() => []), [])

test('an imported model is a pack like any other: listed, whole, opened by its id', async () => {
  await fixture('sd15')
  const pack = await take()
  assert.equal(pack.folder, join(modelsFolder, 'mine'))
  const packs = new PackFolders([modelsFolder])
  const [summary, ...others] = await packs.summaries()
  assert.deepEqual(others, [])
  assert.deepEqual([summary?.id, summary?.name, summary?.problem], ['mine', 'Mine', null])
  const opened = await packs.openImagePack('mine')
  assert.equal(opened.sha256, pack.sha256)
})

test('configuration that an editor on Windows saved is read, beside what its windows leave in folders', async () => {
  await fixture('sd21')
  for (const name of ['desktop.ini', 'Thumbs.db']) await writeFile(join(source, 'unet', name), '')
  const path = join(source, 'scheduler/scheduler_config.json')
  const text = await readFile(path, 'utf8')
  await writeFile(path, `\ufeff${text.replaceAll('\n', '\r\n')}`)
  assert.equal((await inspectModel(source)).summary.what, 'Stable Diffusion, v-prediction')
})

test('the source is left as it was, and its other files stay behind', async () => {
  await fixture('sd15')
  const before = await readdir(source, { recursive: true })
  const pack = await take()
  assert.deepEqual(await readdir(source, { recursive: true }), before)
  assert.deepEqual(
    Object.keys(pack.manifest.files)
      .filter((file) => file.endsWith('.onnx'))
      .sort(),
    ['decoder/model.onnx', 'denoiser/model.onnx', 'textEncoder/model.onnx'],
  )
})

test('while it is tried, a pack has no name yet and no list shows it', async () => {
  await fixture('clip')
  let shown: unknown
  await take(
    {},
    {
      async trial(pack) {
        assert.match(pack.folder, /\.import-/)
        shown = await new PackFolders([modelsFolder]).summaries()
        return {}
      },
    },
  )
  assert.deepEqual(shown, [])
})

test('the preview that a trial run fitted is in the manifest, which still has its hash', async () => {
  await fixture('sd15')
  const previewMatrix = Array.from({ length: 4 }, (_, i): [number, number, number] => [i, 0.5, -1])
  const preview = { previewMatrix, previewBias: [0.1, 0.2, 0.3] as [number, number, number] }
  await take({}, { trial: () => Promise.resolve({ preview }) })
  const { manifest } = await new PackFolders([modelsFolder]).openImagePack('mine')
  assert.deepEqual(manifest.latents.previewMatrix, previewMatrix)
  assert.deepEqual(manifest.latents.previewBias, [0.1, 0.2, 0.3])
})

test('progress counts up to the bytes that were announced', async () => {
  await fixture('sd15')
  const { summary } = await inspectModel(source)
  const seen: (readonly [bytes: number, total: number])[] = []
  await take({}, { onCopied: (bytes, total) => seen.push([bytes, total]) })
  assert.deepEqual(
    seen,
    seen.toSorted(([a], [b]) => a - b),
  )
  assert.deepEqual(seen.at(-1), [summary.bytes, summary.bytes])
})

test('a trial run that fails leaves nothing behind', async () => {
  await fixture('clip')
  const fault = new StudioError('engine_died', 'It died.')
  await assert.rejects(take({}, { trial: () => Promise.reject(fault) }), fails('engine_died', /It died/))
  await nothingLeft()
})

test('an import that is cancelled in the middle of copying leaves nothing behind', async () => {
  await fixture('sd15')
  const abort = new AbortController()
  const cancelled = take({}, { signal: abort.signal, onCopied: () => abort.abort() })
  await assert.rejects(cancelled, fails('cancelled', /Nothing of it is kept/))
  await nothingLeft()
})

test('what a killed import left is swept away; that of one under way is not', async () => {
  await fixture('clip')
  const killed = join(modelsFolder, '.import-99999999-0123456789ab')
  const underWay = join(modelsFolder, `.import-${process.ppid}-0123456789ab`)
  // In a container the next process can have the number of the killed one.
  const ofOurNumber = join(modelsFolder, `.import-${process.pid}-0123456789ab`)
  for (const folder of [killed, underWay, ofOurNumber]) await mkdir(folder, { recursive: true })
  await take({}, { trial: () => sweepStaging(modelsFolder).then(() => ({})) })
  assert.deepEqual((await readdir(modelsFolder)).sort(), [`.import-${process.ppid}-0123456789ab`, 'mine'])
})

test('what is wrong beside the graphs is told before anything is copied', async () => {
  await fixture('sd15')
  const copied: number[] = []
  const onCopied = (bytes: number): void => {
    copied.push(bytes)
  }
  const vocabulary = join(source, 'tokenizer/vocab.json')
  const whole = await readFile(vocabulary)
  await writeFile(vocabulary, whole.subarray(0, 1000))
  await assert.rejects(take({}, { onCopied }), fails('pack_invalid', /a JSON object in vocab\.json/))
  await writeFile(vocabulary, whole)
  const scheduler = join(source, 'scheduler/scheduler_config.json')
  await writeFile(scheduler, (await readFile(scheduler, 'utf8')).replace(/("beta_start": ).*,/, '$10,'))
  await assert.rejects(take({}, { onCopied }), fails('pack_invalid', /trainedNoise\.betas\.start/))
  assert.deepEqual(copied, [])
  await nothingLeft()
})

test('a file that changed between looking and copying is refused', async () => {
  await fixture('clip')
  const plan = await inspectModel(source)
  const file = join(source, 'onnx/vision_model.onnx')
  await writeFile(file, (await readFile(file)).reverse())
  await utimes(file, 1, 1)
  await assert.rejects(
    importModel(
      plan,
      {},
      {
        modelsFolder,
        id: 'mine',
        name: 'Mine',
        trial: () => Promise.resolve({}),
      },
    ),
    fails('pack_invalid', /^onnx\/vision_model\.onnx: .*another one in its place/),
  )
  await nothingLeft()
})

test('the same model is not imported twice, by whatever name; another answer makes another model', async () => {
  await fixture('clip')
  await take()
  const again = take({}, { id: 'other', name: 'Other' })
  await assert.rejects(again, fails('bad_input', /the same files as in the pack mine/))
  assert.deepEqual(await readdir(modelsFolder), ['mine'])
})

test('an id that is taken, and one that no pack can have', async () => {
  await fixture('clip')
  await take()
  await assert.rejects(take(), fails('bad_input', /found mine, which .* has already/))
  for (const id of ['No Good', '../up', '']) {
    await assert.rejects(
      take({}, { id }),
      fails('bad_input', /id: expected lower-case letters|Expected a new name/),
    )
  }
  assert.deepEqual(await readdir(modelsFolder), ['mine'])
  assert.deepEqual((await readdir(root)).sort(), ['model', 'models'])
})

test('two imports that take the same name at once: one has it, the other is told', async () => {
  await fixture('clip')
  const other = join(root, 'other')
  await cp(join(fixtures, 'hps/model'), other, { recursive: true })
  const plan = await inspectModel(other)
  const late = take(
    {},
    {
      async trial() {
        const options = { modelsFolder, id: 'mine', name: 'First', trial: () => Promise.resolve({}) }
        await importModel(plan, {}, options)
        return {}
      },
    },
  )
  await assert.rejects(late, fails('bad_input', /found mine, which .* has already/))
  assert.deepEqual(await readdir(modelsFolder), ['mine'])
  assert.equal((await new PackFolders([modelsFolder]).summaries())[0]?.name, 'First')
})

test('no such folder, a file, a folder without a model', async () => {
  await assert.rejects(inspectModel(join(root, 'nothing')), fails('bad_input', /found nothing at/))
  await mkdir(source)
  await assert.rejects(inspectModel(source), fails('pack_invalid', /an empty folder/))
  await writeFile(join(source, 'README.md'), '# A model')
  await assert.rejects(
    inspectModel(source),
    fails('pack_invalid', /expected ONNX models .*found none.*Optimum/),
  )
  await assert.rejects(inspectModel(join(source, 'README.md')), fails('bad_input', /found the file/))
})

test('a folder that is a pack already', async () => {
  const packs = join(import.meta.dirname, '../../engine/fixtures/packs')
  await assert.rejects(inspectModel(join(packs, 'tiny')), fails('bad_input', /found a pack of Goldpan/))
})

test('regular expressions of a tokenizer.json are not taken over', async () => {
  await fixture('flux-dev')
  const file = join(source, 'tokenizer_2/tokenizer.json')
  const tokenizer = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>
  const evil = '(a+)+$'
  tokenizer['pre_tokenizer'] = {
    type: 'Split',
    pattern: { Regex: evil },
    behavior: 'Isolated',
    invert: false,
  }
  tokenizer['normalizer'] = { type: 'Replace', pattern: { Regex: evil }, content: '' }
  await writeFile(file, JSON.stringify(tokenizer))
  const pack = await take()
  for (const name of Object.keys(pack.manifest.files)) {
    if (!name.endsWith('.json')) continue
    assert.ok(!(await readFile(join(pack.folder, name), 'utf8')).includes(evil), name)
  }
})

test('the licence is what the folder says it is, and comes along', async () => {
  await fixture('clip')
  assert.equal((await inspectModel(source)).summary.licence, 'unknown')
  await writeFile(join(source, 'LICENSE'), 'Apache License\nVersion 2.0, January 2004\n')
  assert.equal((await inspectModel(source)).summary.licence, 'Apache-2.0')
  const card = '---\nlanguage: en\nlicense: other\nlicense_name: "my-terms"\n---\nlicense: mit\n'
  await writeFile(join(source, 'README.md'), card)
  const pack = await take()
  assert.equal(pack.manifest.licence, 'my-terms')
  assert.ok('LICENSE' in pack.manifest.files)
})

test('a folder without configuration: sampler, prediction and scale are asked, and the answers count', async () => {
  await fixture('sd15')
  for (const file of ['model_index.json', 'scheduler', 'unet/config.json', 'vae_decoder/config.json']) {
    await rm(join(source, file), { recursive: true })
  }
  const { summary } = await inspectModel(source)
  assert.deepEqual(
    summary.questions.map(({ id, suggestion }) => [id, suggestion]),
    [
      ['sampler', 'pndm'],
      ['prediction', 'epsilon'],
      ['scaling_factor', 0.18215],
    ],
  )
  const { manifest } = await take({ prediction: 'v_prediction', sampler: 'dpmpp_2m', scaling_factor: '0.5' })
  assert.equal(manifest.kind, 'text_to_image')
  assert.equal(manifest.prediction, 'v_prediction')
  assert.equal(manifest.defaults.sampler, 'dpmpp_2m')
  assert.deepEqual(manifest.latents.scale, [2, 2, 2, 2])
  assert.deepEqual([manifest.image.width, manifest.latents.width], [512, 64])
})

test('answers that are none, answers that nobody asked for, and a question left open', async () => {
  await fixture('sd-turbo')
  await assert.rejects(
    take({ guidance: 'maybe' }),
    fails('bad_input', /guidance: expected one of none, second_pass/),
  )
  await assert.rejects(
    take({ scaling_factor: 1 }),
    fails('bad_input', /answers to guidance.* one to scaling_factor/),
  )
  const { manifest } = await take({ guidance: 'second_pass' })
  assert.equal(manifest.kind === 'text_to_image' && manifest.guidanceBy, 'second_pass')
  await rm(source, { recursive: true })
  await fixture('inception')
  await assert.rejects(take({}, { id: 'two' }), fails('bad_input', /an answer to classes/))
  await assert.rejects(
    take({ classes: 'cat\ndog' }, { id: 'two' }),
    fails('bad_input', /names, one a line, found 2/),
  )
  assert.deepEqual(await readdir(modelsFolder), ['mine'])
})

test('a scheduler that is called as a part of the language is an unknown one', async () => {
  await fixture('sd15')
  const path = join(source, 'scheduler/scheduler_config.json')
  await writeFile(path, (await readFile(path, 'utf8')).replace('PNDMScheduler', 'constructor'))
  const { notes } = (await inspectModel(source)).summary
  assert.match(notes.join(), /scheduler constructor is not among/)
  const { manifest } = await take()
  assert.equal('defaults' in manifest && manifest.defaults.sampler, 'euler')
})

test('flat files, as demonstrations for browsers have them', async () => {
  await fixture('sd15')
  await rename(join(source, 'text_encoder/model.onnx'), join(source, 'text-encoder.onnx'))
  const unet = 'sd-unet-v1.5-model-b2c4h64w64s77-float16-compute-and-inputs-layernorm.onnx'
  await rename(join(source, 'unet/model.onnx'), join(source, unet))
  const decoder = 'Stable-Diffusion-v1.5-vae-decoder-float16-fp32-instancenorm.onnx'
  await rename(join(source, 'vae_decoder/model.onnx'), join(source, decoder))
  const { summary } = await inspectModel(source)
  assert.deepEqual(summary.roles, { denoiser: unet, decoder, textEncoder: 'text-encoder.onnx' })
  await take()
  await rm(join(source, 'tokenizer'), { recursive: true })
  await assert.rejects(inspectModel(source), fails('pack_invalid', /expected the folder tokenizer .*Copy it/))
})

test('several precisions: the plain one is suggested, another can be chosen', async () => {
  await fixture('clip')
  for (const tower of ['vision', 'text']) {
    await cp(
      join(fixtures, 'clip-fp16/model/onnx', `${tower}_model_fp16.onnx`),
      join(source, 'onnx', `${tower}_model_fp16.onnx`),
    )
  }
  const { summary } = await inspectModel(source)
  assert.deepEqual(
    summary.questions.map(({ id, suggestion }) => [id, suggestion]),
    [['precision', '']],
  )
  assert.equal(summary.roles['imageTower'], 'onnx/vision_model.onnx')
  const { manifest } = await take({ precision: 'fp16' })
  assert.equal(
    manifest.kind === 'verifier' && manifest.components.textTower?.file,
    'text_tower/text_model_fp16.onnx',
  )
})

test('a verifier without goldpan.json is known by its config.json', async () => {
  await fixture('clip')
  assert.ok(!(await readdir(source)).includes('goldpan.json'))
  const { manifest } = await take()
  assert.ok(manifest.kind === 'verifier')
  assert.deepEqual(
    manifest.verifiers.map(({ id }) => id),
    ['clip_score', 'clip_zero_shot', 'clip_self'],
  )
  assert.equal(manifest.promptPrefix, 'A photo depicts ')
  assert.deepEqual(manifest.image.resize, {
    fit: 'shortest_edge_then_crop',
    filter: 'bicubic',
    size: 224,
    cropOffset: 'floor',
  })
  await writeFile(join(source, 'config.json'), '{"model_type":"bert"}')
  await assert.rejects(
    inspectModel(source),
    fails('pack_invalid', /expected clip, siglip or dinov2, found bert/),
  )
})

test('the reference of an Inception comes along, where goldpan.json names it and it is what it should be', async () => {
  await fixture('inception')
  const path = join(source, 'reference.bin')
  const card = join(source, 'goldpan.json')
  const [bytes, about] = [await readFile(path), await readFile(card, 'utf8')]
  const plan = await inspectModel(source)
  const refused = (message: RegExp) =>
    assert.rejects(inspectModel(source), fails('pack_invalid', message), String(message))

  await writeFile(path, bytes.subarray(8))
  await refused(/reference.bin: expected 132096 bytes.* found 132088/)
  const broken = Buffer.from(bytes)
  broken.writeDoubleLE(NaN, 8 * 1000)
  await writeFile(path, broken)
  await refused(/reference.bin: .* finite float64, found NaN at byte 8000/)
  await writeFile(card, about.replace('"dimensions": 128', '"dimensions": 64'))
  await writeFile(path, bytes.subarray(0, 8 * (64 + 64 ** 2)))
  await refused(/of 64 features .* found a network of 128 features/)
  await writeFile(card, about.replace('reference.bin', '../../reference.bin'))
  await refused(/reference.bin: expected ONNX files .* found a checkpoint that can run a program/)
  await rm(path)
  await refused(/\.\.\/reference.bin: .* found no such file/)
  await writeFile(card, about.replace('reference.bin', 'reference.npy'))
  await writeFile(join(source, 'reference.npy'), bytes)
  await refused(/reference.npy: .* found a checkpoint that can run a program/)
  await rm(join(source, 'reference.npy'))
  // As it was, but another file than the one that was looked at.
  await writeFile(card, about)
  await writeFile(path, bytes)
  const options = { modelsFolder, id: 'mine', name: 'Mine', trial: () => Promise.resolve({}) }
  const answers = { classes: Array.from({ length: 63 }, (_, i) => `class ${i}`).join('\n') }
  await assert.rejects(importModel(plan, answers, options), fails('pack_invalid', /file that was looked at/))
  await nothingLeft()

  const { folder, manifest } = await take(answers)
  assert.ok(manifest.kind === 'verifier')
  assert.deepEqual(manifest.reference, { file: 'reference.bin', dimensions: 128 })
  assert.deepEqual(await readFile(join(folder, 'reference.bin')), bytes)
  assert.equal(manifest.files['reference.bin']?.sha256, createHash('sha256').update(bytes).digest('hex'))
})

test('SigLIP without goldpan.json: what was learned beside the towers is asked', async () => {
  await fixture('siglip')
  await rm(join(source, 'goldpan.json'))
  const { summary } = await inspectModel(source)
  assert.deepEqual(
    summary.questions.map(({ id }) => id),
    ['logit_scale', 'logit_bias'],
  )
  const { manifest } = await take({ logit_scale: 10, logit_bias: -1.5 })
  assert.ok(manifest.kind === 'verifier')
  assert.deepEqual([manifest.logitScale, manifest.logitBias, manifest.textTokens], [10, -1.5, 64])
  assert.deepEqual(manifest.image.resize, { fit: 'exact', filter: 'bicubic' })
})

test('PickScore without goldpan.json: the network of CLIP, told apart by a name that a person confirms', async () => {
  await fixture('clip')
  const named = join(root, 'PickScore_v1')
  await rename(source, named)
  source = named
  const { summary } = await inspectModel(source)
  assert.deepEqual(
    summary.questions.map(({ id, suggestion }) => [id, suggestion]),
    [
      ['verifier', 'pick_score'],
      ['logit_scale', 100],
    ],
  )
  assert.deepEqual(summary.suggested, { id: 'pickscore-v1', name: 'PickScore_v1' })
  const { manifest } = await take({ verifier: 'clip_score' })
  assert.equal(manifest.kind === 'verifier' && manifest.verifiers[0]?.id, 'clip_score')
})

test('classes that are only numbered are asked for', async () => {
  await fixture('dinov2-1-layer')
  const file = join(source, 'config.json')
  const config = JSON.parse(await readFile(file, 'utf8')) as { id2label: Record<string, string> }
  const count = Object.keys(config.id2label).length
  for (const label of Object.keys(config.id2label)) config.id2label[label] = `LABEL_${label}`
  await writeFile(file, JSON.stringify(config))
  const { summary } = await inspectModel(source)
  assert.deepEqual(
    summary.questions.map((question) => [question.id, question.kind === 'names' && question.count]),
    [['classes', count]],
  )
  const classes = Array.from({ length: count }, (_, i) => (i < 2 ? 'crane' : `class ${i}`))
  const { manifest } = await take({ classes: classes.join('\n') })
  assert.deepEqual(manifest.kind === 'verifier' && manifest.classes?.slice(0, 2), ['crane', 'crane (2)'])
})

test('what is missing or left out is said', async () => {
  const notes = async (name: string): Promise<string> => {
    await rm(source, { recursive: true, force: true })
    await fixture(name)
    return (await inspectModel(source)).summary.notes.join('\n')
  }
  assert.match(await notes('sd35-without-t5'), /without text_encoder_3 \(T5\)/)
  assert.match(await notes('sdxl-amuse'), /text_encoder\/model\.onnx gives only its last layer/)
  assert.equal(await notes('sd15'), '')
  await cp(join(source, 'vae_decoder'), join(source, 'safety_checker'), { recursive: true })
  assert.match((await inspectModel(source)).summary.notes.join(), /safety checker is left out/)
  await rm(join(source, 'safety_checker'), { recursive: true })
  const file = join(source, 'scheduler/scheduler_config.json')
  const scheduler = JSON.parse(await readFile(file, 'utf8')) as object
  await writeFile(file, JSON.stringify({ ...scheduler, _class_name: 'UniPCMultistepScheduler' }))
  assert.match((await inspectModel(source)).summary.notes.join(), /UniPCMultistepScheduler is not among/)
  await writeFile(file, JSON.stringify({ ...scheduler, use_beta_sigmas: true }))
  assert.match((await inspectModel(source)).summary.notes.join(), /asks for use_beta_sigmas/)
})

test('a folder whose name says nothing is called as the one around it', async () => {
  const { summary } = await inspectModel(join(fixtures, 'sdxl', 'model'))
  assert.deepEqual(summary.suggested, { id: 'sdxl', name: 'sdxl' })
})
