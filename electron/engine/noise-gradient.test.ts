import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { noiseRecipe, rootNoise } from '../core/diffusion/noise.ts'
import { linearSchedule } from '../core/diffusion/schedules.ts'
import { askedOf } from '../core/runs/asked.ts'
import { noiseGradient, requireGradients, type GradientContext } from '../core/runs/noise-gradient.ts'
import { Panel, type SeatedPack } from '../core/runs/panel.ts'
import { ascend, sampleTrajectory } from '../core/search/adjoint.ts'
import { clipScore } from '../core/verifiers/clip-score.ts'
import type { ImagePackManifest, InstalledPack } from '../packs/manifest.ts'
import { PackFolders } from '../packs/read-packs.ts'
import { createEngineClient } from './engine-client.ts'
import { openSessions } from './sessions.ts'

/** The whole way back, on the packs that ship. */

const packs = new PackFolders([join(import.meta.dirname, '../../models/packs')])
const engine = createEngineClient()
const prompt = 'three yellow circles in sky'
const guidance = 3.5
let pack: InstalledPack<ImagePackManifest>
let objects: InstalledPack<ImagePackManifest>
let clip: SeatedPack
let aesthetic: SeatedPack
let dino: SeatedPack
let reward: SeatedPack

before(async () => {
  pack = await packs.openImagePack('scenes')
  clip = { pack: await packs.openVerifierPack('clip_score'), verifiers: ['clip_score'] }
  aesthetic = { pack: await packs.openVerifierPack('aesthetic_score'), verifiers: ['aesthetic_score'] }
  objects = await packs.openImagePack('objects')
  dino = { pack: await packs.openVerifierPack('dino_linear'), verifiers: ['dino_linear'] }
  reward = { pack: await packs.openVerifierPack('image_reward'), verifiers: ['image_reward'] }
  await engine.load([pack, clip.pack, aesthetic.pack, objects, dino.pack, reward.pack])
})

after(() => engine.stop())

/** Even steps; the timestep of these packs is sigma itself. */
const levelsOf = (steps: number): GradientContext['levels'] => ({
  sigmas: linearSchedule(steps),
  timestepAt: (sigma) => sigma,
})

async function contextOf(seated: SeatedPack, steps: number): Promise<GradientContext> {
  const panel = await Panel.open(engine, [seated], prompt)
  const [verifier = 'clip_score'] = seated.verifiers
  const spec = { prompt, negativePrompt: '', guidance }
  return { engine, panel, pack, spec, levels: levelsOf(steps), verifier }
}

/** The paper's own case (Ma et al. 2025, appendix C): a class-conditional model, and the linear head on DINO. */
async function contextOfClass(steps: number): Promise<GradientContext> {
  const spec = { prompt: 'red star', negativePrompt: '', guidance: 1 }
  const panel = await Panel.open(engine, [dino], spec.prompt)
  return { engine, panel, pack: objects, spec, levels: levelsOf(steps), verifier: 'dino_linear' }
}

/** The sample that a noise becomes. */
async function sampleOf(
  noise: Float32Array,
  { pack: { manifest }, spec, levels }: GradientContext,
): Promise<Float32Array> {
  const steps = sampleTrajectory(noise, levels.sigmas)
  for (let turn = steps.next(); ;) {
    if (turn.done === true) return turn.value.sample
    const { x, sigma } = turn.value
    const request = { ...askedOf(spec, manifest), latents: x, sigmas: [sigma], timesteps: [sigma] }
    turn = steps.next((await engine.denoise(request)).denoised)
  }
}

test('the gradient of clip_score over the noise is the slope of the whole pipeline, without its 8 bits', async () => {
  const context = await contextOf(clip, 5)
  const { scale, shift } = pack.manifest.latents
  const { decoder } = pack.manifest.components
  const { imageTower } = clip.pack.manifest.components
  assert.ok(imageTower?.outputs.embedding)
  const { embedding } = imageTower.outputs
  const sessions = openSessions('cpu')
  const decode = await sessions.open(join(pack.folder, decoder.file), '')
  const look = await sessions.open(join(clip.pack.folder, imageTower.file), '')
  const text = `${clip.pack.manifest.promptPrefix}${prompt}`
  const { embedding: said } = await engine.embedText({ packId: clip.pack.manifest.id, text })
  /** The score of a noise through the same networks, from float pixels: clip's own range is that of the decoder. */
  const score = async (noise: Float32Array): Promise<number> => {
    const data = (await sampleOf(noise, context)).map((value, i) => {
      const channel = Math.floor(i / 256)
      return value * (scale[channel] ?? NaN) + (shift[channel] ?? NaN)
    })
    const code = { [decoder.inputs.latents]: { type: 'float32', data, dims: [1, 4, 16, 16] } as const }
    const pixels = (await decode.run(code, [decoder.outputs.image])).get(decoder.outputs.image)
    assert.ok(pixels)
    const shown = { type: 'float32', data: pixels.data, dims: pixels.dims } as const
    const seen = (await look.run({ [imageTower.inputs.pixels]: shown }, [embedding])).get(embedding)
    return clipScore(seen?.data ?? null, said) ?? NaN
  }
  for (const stream of [0, 1, 2]) {
    const noise = rootNoise(noiseRecipe('7', stream), 1024)
    const { gradient } = await noiseGradient(noise, context)
    assert.ok(gradient)
    const norm = Math.hypot(...gradient)
    const at = (step: number): Promise<number> =>
      score(noise.map((value, i) => value + (step * (gradient[i] ?? NaN)) / norm))
    const step = 0.02
    const slope = ((await at(step)) - (await at(-step))) / (2 * step)
    assert.ok(Math.abs(slope - norm) < 0.05 * norm, `stream ${stream}: slope ${slope}, norm ${norm}`)
  }
})

test('a few ascents raise the score of the 8-bit picture, and the costs are those of the graphs', async () => {
  for (const [context, rise] of [
    [await contextOf(clip, 6), 0.01],
    [await contextOf(aesthetic, 6), 0.3],
    [await contextOf(reward, 6), 0.1],
    [await contextOfClass(6), 0.3],
  ] as const) {
    const score = async (noise: Float32Array): Promise<number> => {
      const latents = await sampleOf(noise, context)
      const { images } = await engine.decode({
        ...{ ...askedOf(context.spec, context.pack.manifest), latents, batch: 1 },
      })
      const { scores } = await context.panel.score(images, null)
      return scores[0]?.[context.verifier] ?? NaN
    }
    let noise = rootNoise(noiseRecipe('7', 1), 1024)
    const first = await score(noise)
    for (let i = 0; i < 3; i++) {
      const { gradient, nfe, forwardPasses, gflop } = await noiseGradient(noise, context)
      assert.ok(gradient)
      const passes = context.spec.guidance === 1 ? 1 : 2
      assert.deepEqual([nfe, forwardPasses], [12, 12 * passes])
      assert.ok(Math.abs(gflop - 6 * passes * (0.558 + 1.181)) < 1e-9, `${gflop} GFLOP`)
      // Each step at an angle of about 0.05, whatever the gradient's length.
      noise = ascend(noise, gradient, (0.05 * 32) / Math.hypot(...gradient))
    }
    const last = await score(noise)
    assert.ok(last > first + rise, `${context.verifier}: ${first}, then ${last}`)
  }
})

test('the same noise has the same gradient, bit for bit', async () => {
  const context = await contextOf(aesthetic, 2)
  const noise = rootNoise(noiseRecipe('7', 3), 1024)
  assert.deepEqual(
    (await noiseGradient(noise, context)).gradient,
    (await noiseGradient(noise, context)).gradient,
  )
})

test('a pack or a guide without gradients is refused before anything runs', async () => {
  const siglip: SeatedPack = {
    pack: await packs.openVerifierPack('siglip_self'),
    verifiers: ['siglip_self'],
  }
  const components = { ...pack.manifest.components, decoderGradient: undefined }
  const oneWay = { ...pack, manifest: { ...pack.manifest, components } as ImagePackManifest }
  assert.doesNotThrow(() => {
    requireGradients(pack, [siglip, clip], ['clip_score'])
  })
  assert.throws(
    () => {
      requireGradients(pack, [clip, siglip], ['siglip_self'])
    },
    { code: 'bad_input', message: /guide: expected a verifier whose pack has its gradient graph/ },
  )
  assert.throws(
    () => {
      requireGradients(oneWay, [clip], ['clip_score'])
    },
    { code: 'bad_input', message: /pack: expected a pack with gradient graphs.*found scenes/ },
  )
  const panel = await Panel.open(engine, [aesthetic], prompt)
  await assert.rejects(panel.gradient('clip_score', []), { code: 'bad_input' })
})
