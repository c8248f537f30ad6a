/** Every model folder of models/fixtures through the importer and a real trial run. */

import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import type { ImportAnswers } from '../../../shared/model-import.ts'
import { trialRun } from '../../core/trial-run.ts'
import type { ImagePackManifest, VerifierPackManifest } from '../manifest.ts'
import { importModel, inspectModel } from './index.ts'

const fixtures = join(import.meta.dirname, '../../../models/fixtures')

/** What the importer must find, beyond that the trial run passes. */
type Expected = {
  readonly what: string
  /** Questions without which the files say everything: none. */
  readonly questions?: readonly string[]
  readonly answers?: ImportAnswers
  /** conditioning, prediction, timeConvention, sampler, schedule, guidanceBy; or the ids of the verifiers. */
  readonly facts: readonly string[]
}

const trained = 'trained_timesteps'
const expected: Readonly<Record<string, Expected>> = {
  sd15: {
    what: 'Stable Diffusion',
    facts: ['text', 'epsilon', trained, 'pndm', 'leading', 'second_pass'],
  },
  'sd15-optimum-2023': {
    what: 'Stable Diffusion',
    facts: ['text', 'epsilon', trained, 'pndm', 'leading', 'second_pass'],
  },
  'sd15-legacy': {
    what: 'Stable Diffusion',
    questions: ['scaling_factor'],
    facts: ['text', 'epsilon', trained, 'pndm', 'leading', 'second_pass'],
  },
  'sd15-amuse': {
    what: 'Stable Diffusion',
    questions: ['sampler', 'prediction', 'scaling_factor'],
    facts: ['text', 'epsilon', trained, 'pndm', 'leading', 'second_pass'],
  },
  'sd15-fp16': {
    what: 'Stable Diffusion',
    facts: ['text', 'epsilon', trained, 'pndm', 'leading', 'second_pass'],
  },
  sd21: {
    what: 'Stable Diffusion, v-prediction',
    facts: ['text', 'v_prediction', trained, 'ddim', 'leading', 'second_pass'],
  },
  'sd21-base': {
    what: 'Stable Diffusion',
    facts: ['text', 'epsilon', trained, 'pndm', 'leading', 'second_pass'],
  },
  'sd-turbo': {
    what: 'Stable Diffusion, distilled to few steps',
    questions: ['guidance'],
    facts: ['text', 'epsilon', trained, 'euler', 'trailing', 'none'],
  },
  lcm: {
    what: 'Latent consistency model',
    facts: ['text', 'epsilon', trained, 'lcm', 'consistency', 'embedding'],
  },
  sdxl: {
    what: 'Stable Diffusion XL',
    facts: ['sdxl', 'epsilon', trained, 'euler', 'leading', 'second_pass'],
  },
  'sdxl-amuse': {
    what: 'Stable Diffusion XL',
    questions: ['sampler', 'prediction', 'scaling_factor'],
    facts: ['sdxl', 'epsilon', trained, 'euler', 'leading', 'second_pass'],
  },
  'sdxl-turbo': {
    what: 'Stable Diffusion XL, distilled to few steps',
    questions: ['guidance'],
    facts: ['sdxl', 'epsilon', trained, 'euler_ancestral', 'trailing', 'none'],
  },
  sd3: {
    what: 'Stable Diffusion 3',
    facts: ['sd3', 'velocity', 'timestep_1000_is_noise', 'euler', 'sd3', 'second_pass'],
  },
  'sd35-without-t5': {
    what: 'Stable Diffusion 3',
    facts: ['sd3', 'velocity', 'timestep_1000_is_noise', 'euler', 'sd3', 'second_pass'],
  },
  'flux-dev': {
    what: 'FLUX.1-dev',
    facts: ['flux', 'velocity', 'sigma_1_is_noise', 'euler', 'shifted_dynamic', 'embedding'],
  },
  'flux-schnell': {
    what: 'FLUX.1-schnell',
    facts: ['flux', 'velocity', 'sigma_1_is_noise', 'euler', 'shifted', 'none'],
  },
  'flux-amuse': {
    what: 'FLUX.1-schnell',
    questions: ['scaling_factor'],
    facts: ['flux', 'velocity', 'sigma_1_is_noise', 'euler', 'shifted', 'none'],
  },
  'flux-fp16': {
    what: 'FLUX.1-schnell',
    facts: ['flux', 'velocity', 'sigma_1_is_noise', 'euler', 'shifted', 'none'],
  },
  'pixart-sigma': {
    what: 'PixArt-Sigma',
    facts: ['pixart_sigma', 'epsilon', trained, 'dpmpp_2m', 'linspace', 'second_pass'],
  },
  sit: {
    what: 'SiT',
    questions: ['guided_channels'],
    facts: ['classes', 'velocity', 'timestep_0_is_noise', 'heun', 'linear', 'second_pass'],
  },
  aesthetic: { what: 'Aesthetic', facts: ['aesthetic_score'] },
  clip: { what: 'CLIP', facts: ['clip_score', 'clip_zero_shot', 'clip_self'] },
  'clip-fp16': { what: 'CLIP', facts: ['clip_score', 'clip_zero_shot', 'clip_self'] },
  'clip-monolith': { what: 'CLIP', facts: ['clip_score', 'clip_zero_shot', 'clip_self'] },
  'dinov2-1-layer': { what: 'DINO with a linear head', facts: ['dino_linear'] },
  'dinov2-linear': { what: 'DINO class, DINO self-similarity', facts: ['dino_linear', 'dino_self'] },
  hps: { what: 'HPSv2', facts: ['hps_score'] },
  'image-reward': { what: 'ImageReward', facts: ['image_reward'] },
  inception: {
    what: 'Classifier confidence, Fréchet distance',
    questions: ['classes'],
    answers: { classes: Array.from({ length: 63 }, (_, i) => `class ${i}`).join('\n') },
    facts: ['inception_confidence', 'frechet'],
  },
  'pick-score': { what: 'PickScore', facts: ['pick_score'] },
  siglip: { what: 'SigLIP score, SigLIP self-similarity', facts: ['siglip_score', 'siglip_self'] },
}

let modelsFolder: string

before(async () => {
  modelsFolder = await mkdtemp(join(tmpdir(), 'goldpan-fixtures-'))
})

after(() => rm(modelsFolder, { recursive: true, force: true }))

const names = readdirSync(fixtures).filter((name) => existsSync(join(fixtures, name, 'model')))

test('the table names fixtures that are there', () => {
  assert.deepEqual(
    Object.keys(expected).filter((name) => !names.includes(name)),
    [],
  )
})

for (const name of names) {
  test(`${name} is recognised, imported and runs`, async () => {
    const plan = await inspectModel(join(fixtures, name, 'model'))
    const wanted = expected[name]
    if (wanted !== undefined) {
      assert.equal(plan.summary.what, wanted.what)
      assert.deepEqual(
        plan.summary.questions.map(({ id }) => id),
        wanted.questions ?? [],
      )
    }
    const { manifest } = await importModel(plan, wanted?.answers ?? {}, {
      modelsFolder,
      id: name,
      name,
      async trial(pack) {
        await trialRun(pack, { deadlineMs: 120_000 })
        return {}
      },
    })
    assert.ok(manifest.kind !== 'judge')
    if (wanted === undefined) return
    assert.deepEqual(
      manifest.kind === 'verifier' ? verifierFacts(manifest) : imageFacts(manifest),
      wanted.facts,
    )
  })
}

function imageFacts(manifest: ImagePackManifest): readonly string[] {
  const { prediction, timeConvention, defaults, guidanceBy } = manifest
  const conditioning = manifest.kind === 'text_to_image' ? manifest.conditioning : 'classes'
  return [conditioning, prediction, timeConvention, defaults.sampler, defaults.schedule, guidanceBy]
}

function verifierFacts({ verifiers }: VerifierPackManifest): readonly string[] {
  return verifiers.map(({ id }) => id)
}
