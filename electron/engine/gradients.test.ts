import assert from 'node:assert/strict'
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, test } from 'node:test'

import { gaussian } from '../core/diffusion/noise.ts'
import { PackFolders } from '../packs/read-packs.ts'
import { createInference } from './inference.ts'
import type { CallKind, EngineCalls } from './protocol.ts'
import { openSessions } from './sessions.ts'

const models = join(import.meta.dirname, '../../models/packs')
const packs = new PackFolders([models])
const tiny = new PackFolders([join(import.meta.dirname, 'fixtures/packs')])
const infer = createInference()

type Value<Kind extends CallKind> = EngineCalls[Kind]['value']
const call = async <Kind extends CallKind>(
  kind: Kind,
  request: EngineCalls[Kind]['request'],
): Promise<Value<Kind>> => await infer({ kind, ...request } as never)

const size = 4 * 16 * 16
const pixels = 3 * 128 * 128
const normals = (stream: number, length: number): Float32Array =>
  gaussian('11', { stream, purpose: 'direction' }, length)
const dot = (a: Float32Array, b: Float32Array, from = 0, to = a.length): number => {
  let sum = 0
  for (let i = from; i < to; i++) sum += (a[i] ?? NaN) * (b[i] ?? NaN)
  return sum
}
const plus = (a: Float32Array, step: number, b: Float32Array): Float32Array =>
  a.map((value, i) => value + step * (b[i] ?? NaN))
const near = (found: number, expected: number, tolerance: number): void => {
  assert.ok(Math.abs(found - expected) <= tolerance * Math.abs(expected), `${found} for ${expected}`)
}

before(async () => {
  const loaded = [
    await packs.openImagePack('scenes'),
    await packs.openVerifierPack('clip_score'),
    await packs.openVerifierPack('aesthetic_score'),
    await packs.openVerifierPack('image_reward'),
    await tiny.openImagePack('tiny'),
    await tiny.openVerifierPack('clip_score'),
  ]
  await infer({ kind: 'load', device: 'cpu', packs: loaded })
})

const latentSize = { height: 16, width: 16 }
const decoding = { packId: 'scenes', latentSize }
const asked = { ...decoding, prompt: 'two red stars in night', negativePrompt: '' }
const sigmas = [1, 0.6, 0.15]
/** The timestep of this pack is sigma itself. */
const levels = { sigmas, timesteps: sigmas }

for (const guidance of [1, 3.5]) {
  test(`the gradient of the denoiser is the slope of its x-prediction at guidance ${guidance}`, async () => {
    const [latents, cotangent] = [normals(0, 3 * size), normals(1, 3 * size)]
    const { gradient, forwardPasses } = await call('denoiseGradient', {
      ...{ ...asked, ...levels, guidance, latents, cotangent },
    })
    assert.equal(forwardPasses, guidance === 1 ? 1 : 2)
    // Along the gradient itself the slope is its squared norm: nothing cancels.
    const length = Math.sqrt(dot(gradient, gradient) / gradient.length)
    const at = async (step: number): Promise<Float32Array> =>
      (
        await call('denoise', {
          ...{ ...asked, ...levels, guidance },
          latents: plus(latents, step / length, gradient),
        })
      ).denoised
    const [up, down] = [await at(0.002), await at(-0.002)]
    sigmas.forEach((_, i) => {
      const [from, to] = [i * size, (i + 1) * size]
      const rise = (dot(up, cotangent, from, to) - dot(down, cotangent, from, to)) / 0.004
      near(rise, dot(gradient, gradient, from, to) / length, 0.01)
    })
  })
}

test("the decoder's gradient is the slope of its pixels over normalised latents", async () => {
  const { manifest, folder } = await packs.openImagePack('scenes')
  const { decoder } = manifest.components
  const session = await openSessions('cpu').open(join(folder, decoder.file), '')
  const { scale, shift } = manifest.latents
  const pixelsOf = async (latents: Float32Array): Promise<Float32Array> => {
    const data = latents.map((value, i) => {
      const channel = Math.floor(i / 256) % 4
      return value * (scale[channel] ?? NaN) + (shift[channel] ?? NaN)
    })
    const feeds = { [decoder.inputs.latents]: { type: 'float32', data, dims: [2, 4, 16, 16] } as const }
    return (await session.run(feeds, [decoder.outputs.image])).get(decoder.outputs.image)?.data ?? data
  }
  const [latents, cotangent] = [normals(2, 2 * size), normals(3, 2 * pixels)]
  const { gradient } = await call('decodeGradient', { ...decoding, latents, batch: 2, cotangent })
  const length = Math.sqrt(dot(gradient, gradient) / gradient.length)
  const [up, down] = [
    await pixelsOf(plus(latents, 0.001 / length, gradient)),
    await pixelsOf(plus(latents, -0.001 / length, gradient)),
  ]
  for (const i of [0, 1]) {
    const [from, to] = [i * pixels, (i + 1) * pixels]
    const rise = (dot(up, cotangent, from, to) - dot(down, cotangent, from, to)) / 0.002
    near(rise, dot(gradient, gradient, i * size, (i + 1) * size) / length, 0.01)
  }
})

/** Smooth pictures away from black and white, and the same some grey levels away where `change` says so. */
const pictures = (change?: (at: number) => number) =>
  [1, 2, 3].map((seed) => ({
    width: 128,
    height: 128,
    data: Uint8Array.from(
      { length: pixels },
      (_, i) => 128 + Math.round(90 * Math.sin(i * seed * 0.0013)) + (change?.((seed - 1) * pixels + i) ?? 0),
    ),
  }))

for (const [packId, width] of [
  ['scenes-clip', 128],
  ['scenes-aesthetic', 1],
  ['scenes-image-reward', 1],
] as const) {
  test(`the gradient of ${packId}'s tower is its slope over a decoder's pixels`, async () => {
    const cotangent = normals(4, 3 * width)
    const text = asked.prompt
    const { gradient } =
      packId === 'scenes-image-reward'
        ? await call('scorePairsGradient', { packId, images: pictures(), text, cotangent })
        : await call('embedImagesGradient', { packId, images: pictures(), cotangent })
    assert.equal(gradient.length, 3 * pixels)
    // Some pixels one grey level up or down, with the sign of the gradient; pictures are rows of RGB, gradients planes.
    const planes = (at: number): number => {
      const [image, i] = [Math.floor(at / pixels), at % pixels]
      return gradient[image * pixels + (i % 3) * 128 * 128 + Math.floor(i / 3)] ?? NaN
    }
    const along = async (levels: number): Promise<readonly (readonly number[])[]> => {
      const images = pictures((at) => (at % 64 === 0 ? levels * Math.sign(planes(at)) : 0))
      if (packId === 'scenes-image-reward') {
        const { scores } = await call('scorePairs', { packId, images, text })
        return scores.map((score) => [score ?? NaN])
      }
      const { features } = await call('embedImages', { packId, images })
      return features.map(({ embedding, score }) => (width === 1 ? [score ?? NaN] : [...(embedding ?? [])]))
    }
    const [up, down] = [await along(1), await along(-1)]
    for (const i of [0, 1, 2]) {
      let slope = 0
      for (let at = i * pixels; at < (i + 1) * pixels; at += 64) slope += Math.abs(planes(at)) / 127.5
      const rise = Array.from(
        { length: width },
        (_, j) => (((up[i]?.[j] ?? NaN) - (down[i]?.[j] ?? NaN)) / 2) * (cotangent[i * width + j] ?? NaN),
      )
      near(
        rise.reduce((sum, value) => sum + value, 0),
        slope,
        0.03,
      )
    }
  })
}

test('every gradient is the same bits alone and in a batch', async () => {
  const [latents, cotangent] = [normals(5, 3 * size), normals(6, 3 * size)]
  const [ofPixels, ofEmbedding] = [normals(7, 3 * pixels), normals(8, 3 * 128)]
  const part = (of: Float32Array, i: number): Float32Array => {
    const length = of.length / 3
    return of.slice(i * length, (i + 1) * length)
  }
  const images = pictures()
  for (const guidance of [1, 2]) {
    const all = await call('denoiseGradient', { ...asked, ...levels, guidance, latents, cotangent })
    for (const [i, sigma] of sigmas.entries()) {
      const [own, w] = [part(latents, i), part(cotangent, i)]
      const alone = { ...asked, guidance, latents: own, sigmas: [sigma], timesteps: [sigma], cotangent: w }
      assert.deepEqual((await call('denoiseGradient', alone)).gradient, part(all.gradient, i))
    }
  }
  const decoded = await call('decodeGradient', { ...decoding, latents, batch: 3, cotangent: ofPixels })
  const seen = await call('embedImagesGradient', { packId: 'scenes-clip', images, cotangent: ofEmbedding })
  for (const [i, image] of images.entries()) {
    const own = { latents: part(latents, i), batch: 1, cotangent: part(ofPixels, i) }
    const { gradient } = await call('decodeGradient', { ...decoding, ...own })
    assert.deepEqual(gradient, part(decoded.gradient, i))
    const one = { packId: 'scenes-clip', images: [image], cotangent: part(ofEmbedding, i) }
    assert.deepEqual((await call('embedImagesGradient', one)).gradient, part(seen.gradient, i))
  }
})

test('a pack without gradients, and a cotangent of another size, are refused with what was expected', async () => {
  const level = { guidance: 1, sigmas: [0.5], timesteps: [0.5] }
  const batch = { ...level, latents: normals(9, size) }
  const few = { ...asked, ...level, latents: normals(9, 8), cotangent: normals(9, 8) }
  const ofTiny = { ...few, packId: 'tiny', prompt: '', latentSize: { height: 2, width: 2 } }
  await assert.rejects(call('denoiseGradient', ofTiny), {
    code: 'engine_failed',
    message:
      /Pack tiny: expected denoiserGradient among its components, found none\. First-order search needs/,
  })
  const image = { width: 4, height: 4, data: new Uint8Array(48) }
  const ofVerifier = { packId: 'tiny-verifier', images: [image], cotangent: normals(9, 4) }
  await assert.rejects(call('embedImagesGradient', ofVerifier), {
    code: 'engine_failed',
    message: /expected imageTowerGradient/,
  })
  await assert.rejects(call('denoiseGradient', { ...asked, ...batch, cotangent: normals(9, size - 1) }), {
    code: 'engine_failed',
    message: /denoiserGradient: expected a cotangent of 1 x 4 x 16 x 16 = 1024 values, found 1023/,
  })
  const nothing = batch.latents.map(() => NaN)
  await assert.rejects(call('denoiseGradient', { ...asked, ...batch, cotangent: nothing }), {
    code: 'model_output_invalid',
    message: /denoiserGradient, output gradient: expected finite numbers/,
  })
})

test('the runtime reads shared weights beside a graph and refuses them from outside its folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'goldpan-gradients-'))
  try {
    const [from, inside] = [join(models, 'scenes/vae_decoder'), join(folder, 'inside')]
    await mkdir(inside)
    const graph = await readFile(join(from, 'model_vjp.onnx'), 'latin1')
    await copyFile(join(from, 'model.onnx'), join(inside, 'model.onnx'))
    await copyFile(join(from, 'model.onnx'), join(folder, 'm1.onnx'))
    await writeFile(join(inside, 'whole.onnx'), graph, 'latin1')
    await writeFile(join(inside, 'outside.onnx'), graph.replaceAll('model.onnx', '../m1.onnx'), 'latin1')
    const sessions = openSessions('cpu')
    assert.deepEqual((await sessions.open(join(inside, 'whole.onnx'), '')).outputNames, ['gradient'])
    await assert.rejects(sessions.open(join(inside, 'outside.onnx'), ''))
  } finally {
    await rm(folder, { recursive: true })
  }
})
