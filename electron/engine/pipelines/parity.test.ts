/**
 * Our pictures against those of diffusers: tiny pipelines of every family with random weights, exported by the real
 * exporter, imported as people import theirs, and compared step by step with what the real pipeline made of them.
 */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { after, describe, test } from 'node:test'

import { followPath, pathStart, type PathRule } from '../../core/diffusion/path.ts'
import { samplerById } from '../../core/diffusion/samplers/index.ts'
import type { DenoiseStep } from '../../core/diffusion/samplers/sampler.ts'
import { askedOf } from '../../core/runs/asked.ts'
import { pathRule } from '../../core/runs/path-rule.ts'
import { importModel, inspectModel } from '../../packs/import/index.ts'
import type { ImagePackManifest, InstalledPack } from '../../packs/manifest.ts'
import { PackTokenizer } from '../../packs/tokenizer.ts'
import { createInference } from '../inference.ts'
import { Model } from '../model.ts'
import type { EngineCalls } from '../protocol.ts'
import { openSessions } from '../sessions.ts'
import { Golden, samplingOf, type GoldenCase } from '../testing/golden.ts'
import { openConditioner } from './conditioning/index.ts'
import { guidanceEmbedding } from './guidance-embedding.ts'

type Fixture = {
  /** Largest difference of latents and text features, over their largest value. */
  readonly near: number
  /** Of a picture's bytes. */
  readonly levels: number
  /** Which cases the graphs can take. */
  readonly takes?: (one: GoldenCase) => boolean
}
const float32: Fixture = { near: 1e-4, levels: 1 }
/** Weights in half precision, against float32: found were 0.0051 and 3. */
const float16: Fixture = { near: 0.01, levels: 4 }

const fixtures: Readonly<Record<string, Fixture>> = {
  sd15: float32,
  'sd21-base': float32,
  sd21: float32,
  'sd-turbo': float32,
  lcm: float32,
  sdxl: float32,
  'sdxl-turbo': float32,
  sd3: float32,
  'sd35-without-t5': float32,
  'flux-dev': float32,
  'flux-schnell': float32,
  'pixart-sigma': float32,
  sit: float32,
  // Timesteps are whole numbers there: what stands behind the point is lost.
  'sd15-optimum-2023': { ...float32, takes: ({ name }) => name !== 'euler_karras' },
  'sd15-legacy': float32,
  'sd15-amuse': float16,
  'sd15-fp16': float16,
  'flux-amuse': float16,
  'flux-fp16': float16,
}

const models = mkdtempSync(join(tmpdir(), 'parity-'))
after(() => {
  rmSync(models, { recursive: true })
})
const sessions = openSessions('cpu', 1)
const infer = createInference(() => sessions)

/** The fixture's model folder as a pack, as a person imports it. */
async function importFixture(name: string): Promise<InstalledPack<ImagePackManifest>> {
  const folder = fileURLToPath(new URL(`../../../models/fixtures/${name}/model`, import.meta.url))
  const plan = await inspectModel(folder)
  const pack = await importModel(
    plan,
    {},
    {
      modelsFolder: models,
      id: name,
      name,
      trial: () => Promise.resolve({}),
    },
  )
  assert.ok(pack.manifest.kind === 'text_to_image' || pack.manifest.kind === 'class_to_image')
  return { ...pack, manifest: pack.manifest }
}

/** The pack for pictures of a case's size. */
function sized(manifest: ImagePackManifest, { width, height }: GoldenCase): ImagePackManifest {
  const { image, latents } = manifest
  return {
    ...manifest,
    image: { width, height },
    latents: {
      ...latents,
      width: (width * latents.width) / image.width,
      height: (height * latents.height) / image.height,
    },
  }
}

function isPixArt(manifest: ImagePackManifest): boolean {
  return manifest.kind === 'text_to_image' && manifest.conditioning === 'pixart_sigma'
}

function ruleOf(manifest: ImagePackManifest, one: GoldenCase): PathRule {
  const { sampler, schedule } = samplingOf(one, manifest.defaults)
  const { shift = 1 } = manifest.defaults
  return pathRule({ sampler, schedule, shift, generator: 'philox4x32-10', seed: '0' }, manifest, one.steps)
}

/** The way from a noise to the picture's latents; fresh noise, where the sampler takes any, is the given. */
function* wayOf(
  rule: PathRule,
  noise: Float32Array,
  fresh: Float32Array | null,
): Generator<DenoiseStep, Float32Array, Float32Array> {
  const start = pathStart(noise, rule)
  if (fresh === null) {
    const leg = { kind: 'steps', to: rule.sigmas.length - 1, stream: 0 } as const
    return (yield* followPath([leg], 0, start, rule)).picture
  }
  const noiseOf = (step: number) => fresh.subarray(step * noise.length, (step + 1) * noise.length)
  return yield* samplerById[rule.sampler](start, rule.sigmas, { form: rule.form, noiseOf })
}

/** Largest difference over the largest value. */
function distance(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  assert.equal(found.length, expected.length)
  let [apart, largest] = [0, 0]
  for (let i = 0; i < expected.length; i++) {
    apart = Math.max(apart, Math.abs((found[i] ?? NaN) - (expected[i] ?? NaN)))
    largest = Math.max(largest, Math.abs(expected[i] ?? NaN))
  }
  return largest === 0 ? apart : apart / largest
}

for (const [name, { near, levels: mostLevels, takes }] of Object.entries(fixtures)) {
  describe(name, () => {
    const golden = new Golden(new URL(`../../../models/fixtures/${name}/`, import.meta.url))
    let importing: ReturnType<typeof importFixture> | undefined
    const imported = () => (importing ??= importFixture(name))

    test('texts are the same tokens', async () => {
      const pack = await imported()
      if (pack.manifest.kind !== 'text_to_image') return
      const { components, textTokens } = pack.manifest
      for (const which of ['', '2', '3'] as const) {
        const tokenizer = components[`tokenizer${which}`]
        const encoder = components[`textEncoder${which}`]
        if (tokenizer === undefined || encoder === undefined) continue
        const tokens = 'tokens' in encoder ? encoder.tokens : textTokens
        const reader = await PackTokenizer.load({ ...pack, manifest: pack.manifest }, tokenizer, tokens)
        const place = golden.tensors[`tokens.tokenizer${which === '' ? '' : `_${which}`}`]
        const ids = golden.integers(place)
        const length = ids.length / golden.prompts.length
        assert.equal(length, tokens)
        const lowered = isPixArt(pack.manifest)
        golden.prompts.forEach((prompt, i) => {
          const text = lowered ? prompt.toLowerCase().trim() : prompt
          assert.deepEqual(reader.encode(text).ids, ids.slice(i * length, (i + 1) * length), prompt)
        })
      }
    })

    test('a sample is the same bits alone and in a batch, whatever the levels of the others', async () => {
      const pack = await imported()
      await infer({ kind: 'load', device: 'cpu', packs: [pack] })
      const [one] = golden.cases
      assert.ok(one !== undefined)
      const manifest = sized(pack.manifest, one)
      const rule = ruleOf(manifest, one)
      const noise = golden.floats(one.tensors['noise'])
      const [high = NaN, low = NaN] = rule.sigmas
      const levels = [high, low, high]
      const latents = levels.flatMap((sigma, i) => [...noise].map((value) => sigma * Math.cos(i) * value))
      const asked = askedOf({ ...one, guidance: manifest.guidanceBy === 'none' ? 1 : 2 }, manifest)
      const denoise = async (from: number, to: number): Promise<EngineCalls['denoise']['value']> => {
        const sigmas = levels.slice(from, to)
        const x = Float32Array.from(latents.slice(from * noise.length, to * noise.length))
        const timesteps = sigmas.map(rule.timestepAt)
        const answer = await infer({ kind: 'denoise', ...asked, latents: x, sigmas, timesteps })
        return answer as EngineCalls['denoise']['value']
      }
      const together = await denoise(0, 3)
      for (const i of [0, 1, 2]) {
        const alone = await denoise(i, i + 1)
        assert.deepEqual(
          alone.denoised,
          together.denoised.slice(i * noise.length, (i + 1) * noise.length),
          `${i}`,
        )
      }
    })

    for (const one of golden.cases.filter(takes ?? (() => true))) {
      test(`${one.name}: what the denoiser is told of the texts`, async (context) => {
        const pack = await imported()
        const manifest = sized(pack.manifest, one)
        const { denoiser } = manifest.components
        const inputs: Readonly<Record<string, string | undefined>> = denoiser.inputs
        const model = await Model.open(sessions, pack, 'denoiser', denoiser, denoiser.outputs.prediction)
        const conditioner = await openConditioner(sessions, pack, model)
        const { latentSize } = askedOf({ ...one }, manifest)
        // Its pipelines read texts in lower case, which its tokenizer tells apart.
        const prompt = isPixArt(manifest) ? ` ${one.prompt.toUpperCase()}` : one.prompt
        const conditions = [await conditioner.condition(prompt, latentSize)]
        if (manifest.guidanceBy === 'second_pass' && one.guidance !== 1) {
          conditions.unshift(
            one.negativePrompt === ''
              ? await conditioner.unconditional(latentSize)
              : await conditioner.condition(one.negativePrompt, latentSize),
          )
        }
        const told = new Set(
          Object.keys(one.tensors).flatMap((key) => (key.startsWith('feed.') ? [key.slice(5)] : [])),
        )
        const figures: string[] = []
        const compare = (role: string, found: readonly number[]): void => {
          const input = inputs[role] ?? ''
          // Of SiT only the class is kept, not what guidance leads away from.
          const expected = golden.numbers(one.tensors[`feed.${input}`])
          const apart = distance(found.slice(-expected.length), expected)
          figures.push(`${input} ${apart.toExponential(1)}`)
          assert.ok(apart < near, `${input}: ${apart}`)
          told.delete(input)
        }
        for (const role of Object.keys(conditions[0]?.perRow ?? {})) {
          const rows = conditions.map(({ perRow }) => perRow[role as keyof typeof perRow]?.data ?? [])
          compare(
            role,
            rows.flatMap((row) => Array.from<number | bigint, number>(row, Number)),
          )
        }
        for (const [role, feed] of Object.entries(conditions[0]?.shared ?? {})) {
          compare(role, Array.from<number | bigint, number>(feed.data, Number))
        }
        if (inputs['guidance'] !== undefined) compare('guidance', [one.guidance])
        if (inputs['timestepCond'] !== undefined) {
          const width = model.fixedSize(inputs['timestepCond'], 1)
          compare('timestepCond', [...guidanceEmbedding(one.guidance, width)])
        }
        assert.deepEqual([...told], [])
        context.diagnostic(`${name} ${one.name}: ${figures.join(', ')}`)
      })

      test(`${one.name}: the way from noise to picture`, async (context) => {
        const pack = await imported()
        await infer({ kind: 'load', device: 'cpu', packs: [pack] })
        const manifest = sized(pack.manifest, one)
        const rule = ruleOf(manifest, one)
        const { scaled } = samplingOf(one, manifest.defaults)
        const guidance = manifest.guidanceBy === 'none' ? 1 : one.guidance
        const asked = askedOf({ ...one, guidance }, manifest)
        const { noise, step_noise, told, latents, image } = one.tensors
        const fresh = step_noise === undefined ? null : golden.floats(step_noise)
        const initial = golden.floats(noise)
        const [timesteps, states] = [golden.floats(told), golden.floats(latents)]

        // Those of SiT are kept after whole steps, the others after every evaluation.
        const wholeSteps = states.length / initial.length < timesteps.length
        const apart: number[] = []
        const way = wayOf(rule, initial, fresh)
        /** The next state, which stands at `sigma`, against theirs in their own scale. */
        const compare = (x: Float32Array, sigma: number): void => {
          const scale = scaled ? Math.sqrt(sigma * sigma + 1) : 1
          const at = apart.length * x.length
          const expected = states.subarray(at, at + x.length)
          const found = distance(
            x.map((value) => value / scale),
            expected,
          )
          assert.ok(found < near, `state ${apart.length + 1}: ${found}`)
          apart.push(found)
        }
        let turn = way.next()
        for (let call = 0; turn.done !== true; call++) {
          const { x, sigma, boundary } = turn.value
          if (call > 0 && (boundary !== null || !wholeSteps)) compare(x, sigma)
          const timestep = rule.timestepAt(sigma)
          assert.ok(distance([timestep], timesteps.subarray(call, call + 1)) < 1e-5, `timestep of ${call}`)
          const answer = (await infer({
            kind: 'denoise',
            ...asked,
            latents: x,
            sigmas: [sigma],
            timesteps: [timestep],
          })) as EngineCalls['denoise']['value']
          turn = way.next(answer.denoised)
        }
        compare(turn.value, 0)
        assert.equal(apart.length, states.length / initial.length)

        const { images } = (await infer({
          kind: 'decode',
          ...asked,
          latents: turn.value,
          batch: 1,
        })) as EngineCalls['decode']['value']
        const expected = golden.bytes(image)
        const levels = expected.reduce(
          (most, value, i) => Math.max(most, Math.abs(value - (images[0]?.data[i] ?? NaN))),
          0,
        )
        context.diagnostic(`${name} ${one.name}: ${Math.max(...apart).toExponential(1)}, ${levels} levels`)
        assert.deepEqual([images[0]?.width, images[0]?.height], [one.width, one.height])
        assert.ok(levels <= mostLevels, `${levels} levels`)
      })
    }
  })
}
