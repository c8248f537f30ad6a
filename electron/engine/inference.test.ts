import assert from 'node:assert/strict'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, test } from 'node:test'

import type { DenoiseRequest } from '../core/runs/adapters.ts'
import type { ImagePackManifest } from '../packs/manifest.ts'
import { PackFolders } from '../packs/read-packs.ts'
import { createInference } from './inference.ts'
import type { EngineCalls } from './protocol.ts'

type Denoised = EngineCalls['denoise']['value']

const packs = new PackFolders([join(import.meta.dirname, 'fixtures/packs')])
const infer = createInference()
const latents = Float32Array.from({ length: 32 }, (_, i) => Math.cos(3 * i))
const sigmas = [1, 0.7, 0.4, 0.1]
const latentSize = { height: 2, width: 2 }

const denoise = async (request: Partial<DenoiseRequest>): Promise<Denoised> =>
  (await infer({
    kind: 'denoise',
    packId: 'tiny',
    prompt: 'two red stars in night',
    negativePrompt: '',
    guidance: 1,
    latentSize,
    latents,
    sigmas,
    // The tiny pack's timestep is sigma itself.
    timesteps: request.sigmas ?? sigmas,
    ...request,
  })) as Denoised

before(async () => {
  const pack = await packs.openImagePack('tiny')
  await infer({ kind: 'load', device: 'cpu', packs: [pack, await packs.openVerifierPack('clip_score')] })
})

test('the x-prediction of an empty prompt is the closed form of its Gaussian', async () => {
  // Data N(0, 0.5^2), so E[x0 | x] = (1 - s) / 4 / ((1 - s)^2 / 4 + s^2) x: see fixtures/make_fixtures.py.
  const { denoised, forwardPasses } = await denoise({ prompt: '' })
  assert.equal(forwardPasses, 1)
  latents.forEach((x, i) => {
    const s = sigmas[i >> 3] ?? NaN
    const expected = ((0.25 * (1 - s)) / (0.25 * (1 - s) ** 2 + s ** 2)) * x
    assert.ok(Math.abs((denoised[i] ?? NaN) - expected) < 1e-5, `value ${i}: ${denoised[i]} for ${expected}`)
  })
})

test('guidance moves the x-prediction from the empty prompt through the prompt', async () => {
  const { denoised: conditional } = await denoise({})
  const { denoised: unconditional } = await denoise({ prompt: '' })
  assert.notDeepEqual(conditional, unconditional)
  const { denoised: guided, forwardPasses } = await denoise({ guidance: 3 })
  assert.equal(forwardPasses, 2)
  guided.forEach((value, i) => {
    const u = unconditional[i] ?? NaN
    assert.ok(Math.abs(value - (u + 3 * ((conditional[i] ?? NaN) - u))) < 1e-4)
  })
})

test("a sample's x-prediction and picture are the same bits in any batch", async () => {
  const { denoised } = await denoise({ guidance: 2 })
  const decode = async (samples: Float32Array, batch: number): Promise<EngineCalls['decode']['value']> =>
    (await infer({
      kind: 'decode',
      packId: 'tiny',
      latentSize,
      latents: samples,
      batch,
    })) as EngineCalls['decode']['value']
  const { images } = await decode(denoised, 4)
  for (const [i, sigma] of sigmas.entries()) {
    const alone = await denoise({ guidance: 2, latents: latents.slice(i * 8, i * 8 + 8), sigmas: [sigma] })
    assert.deepEqual(alone.denoised, denoised.slice(i * 8, i * 8 + 8))
    assert.deepEqual((await decode(alone.denoised, 1)).images[0], images[i])
  }
})

test("a trained pack's samples, pictures and features are the same bits in any batch", async () => {
  const trained = new PackFolders([join(import.meta.dirname, '../../models/packs')])
  const pack = await trained.openImagePack('scenes')
  const judge = await trained.openVerifierPack('clip_score')
  await infer({ kind: 'load', device: 'cpu', packs: [pack, judge] })
  const { channels, height, width } = pack.manifest.latents
  const latentSize = { height, width }
  const size = channels * height * width
  const noise = Float32Array.from({ length: 3 * size }, (_, i) => 2 * Math.sin(i * i))
  const levels = [1, 0.6, 0.2]
  const only = (i: number, of: Float32Array): Float32Array => of.slice(i * size, (i + 1) * size)

  for (const guidance of [1, 3]) {
    const asked = { packId: 'scenes', guidance, latentSize }
    const { denoised } = await denoise({ ...asked, latents: noise, sigmas: levels })
    for (const [i, level] of levels.entries()) {
      const alone = await denoise({ ...asked, latents: only(i, noise), sigmas: [level] })
      assert.deepEqual(alone.denoised, only(i, denoised), `sample ${i} at guidance ${guidance}`)
    }
  }

  const decode = async (
    latents: Float32Array,
    batch: number,
  ): Promise<EngineCalls['decode']['value']['images']> =>
    (
      (await infer({
        kind: 'decode',
        packId: 'scenes',
        latentSize,
        latents,
        batch,
      })) as EngineCalls['decode']['value']
    ).images
  const embed = async (images: EngineCalls['decode']['value']['images']): Promise<readonly unknown[]> =>
    (
      (await infer({
        kind: 'embedImages',
        packId: judge.manifest.id,
        images,
      })) as EngineCalls['embedImages']['value']
    ).features
  const images = await decode(noise, 3)
  const features = await embed(images)
  for (const i of [0, 1, 2]) {
    const alone = await decode(only(i, noise), 1)
    assert.deepEqual(alone[0]?.data, images[i]?.data)
    assert.deepEqual(await embed(alone), [features[i]])
  }
})

test("every installed verifier's and the judge's values are the same bits alone and in a batch", async () => {
  const folders = new PackFolders([join(import.meta.dirname, '../../models/packs')])
  const summaries = (await folders.summaries()).filter(({ problem }) => problem === null)
  const ids = summaries.flatMap((pack) => (pack.kind === 'verifier' ? pack.verifiers.slice(0, 1) : []))
  assert.ok(ids.length > 0)
  const infer = createInference()
  const side = 128
  const images = [1, 2, 3].map((seed) => ({
    width: side,
    height: side,
    data: Uint8Array.from({ length: side * side * 3 }, (_, i) => 128 + 127 * Math.sin(i * seed * 0.013)),
  }))
  type Value<Kind extends keyof EngineCalls> = EngineCalls[Kind]['value']
  const asked = [
    ...(await Promise.all(ids.map((id) => folders.openVerifierPack(id)))),
    ...(summaries.some(({ kind }) => kind === 'judge') ? [await folders.openJudgePack()] : []),
  ]
  for (const pack of asked) {
    const { id: packId, components } = pack.manifest
    await infer({ kind: 'load', device: 'cpu', packs: [pack] })
    const all = async (some: typeof images): Promise<readonly unknown[]> => {
      if ('detector' in components)
        return ((await infer({ kind: 'detect', packId, images: some })) as Value<'detect'>).detections
      if (components.imageTower !== undefined)
        return ((await infer({ kind: 'embedImages', packId, images: some })) as Value<'embedImages'>).features
      const text = 'two red stars in night'
      return ((await infer({ kind: 'scorePairs', packId, images: some, text })) as Value<'scorePairs'>).scores
    }
    const together = await all(images)
    assert.equal(new Set(together.map((one) => JSON.stringify(one))).size, images.length, packId)
    for (const [i, image] of images.entries()) assert.deepEqual(await all([image]), [together[i]], packId)
  }
})

test('a pack that was updated in place replaces what was loaded of it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'goldpan-update-'))
  try {
    const fixtures = join(import.meta.dirname, 'fixtures/packs')
    await cp(join(fixtures, 'tiny'), folder, { recursive: true })
    const fresh = createInference()
    const installed = { ...(await packs.openImagePack('tiny')), folder }
    const predict = (): Promise<unknown> =>
      fresh({
        kind: 'denoise',
        packId: 'tiny',
        prompt: '',
        negativePrompt: '',
        guidance: 1,
        latentSize,
        latents: latents.slice(0, 8),
        sigmas: [0.2],
        timesteps: [0.2],
      })
    await fresh({ kind: 'load', device: 'cpu', packs: [installed] })
    await predict()
    await cp(join(fixtures, 'tiny-nan/denoiser.onnx'), join(folder, 'denoiser.onnx'))
    await fresh({ kind: 'load', device: 'cpu', packs: [installed] })
    await predict()
    await fresh({ kind: 'load', device: 'cpu', packs: [{ ...installed, sha256: '0'.repeat(64) }] })
    await assert.rejects(predict(), { code: 'model_output_invalid' })
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('a damaged model is refused at load, and loads once it is whole', async () => {
  const pack = await packs.openImagePack('tiny-slow')
  const fresh = createInference()
  const components = {
    ...pack.manifest.components,
    decoder: { ...pack.manifest.components.decoder, file: 'pack.json' },
  }
  const broken = { ...pack, manifest: { ...pack.manifest, components } as ImagePackManifest }
  await assert.rejects(fresh({ kind: 'load', device: 'cpu', packs: [broken] }), {
    code: 'pack_invalid',
    message: /Pack tiny-slow, decoder: expected a model that this runtime can load, found pack\.json/,
  })
  await fresh({ kind: 'load', device: 'cpu', packs: [pack] })
})

test('a manifest that names other tensors than the graph has is refused with both', async () => {
  const pack = await packs.openImagePack('tiny-slow')
  const { components } = pack.manifest
  const decoder = { ...components.decoder, inputs: { latents: 'latent_sample' } }
  const manifest = { ...pack.manifest, components: { ...components, decoder } } as ImagePackManifest
  const wrong = { ...pack, manifest }
  await assert.rejects(createInference()({ kind: 'load', device: 'cpu', packs: [wrong] }), {
    code: 'pack_invalid',
    message: /decoder: expected the inputs latent_sample, found code/,
  })
})
