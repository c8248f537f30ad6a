/**
 * Imported models of every family in real searches. With torch's noise the seed that diffusers was given makes the picture
 * that diffusers made.
 */

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'

import type { RunSpecInput } from '../../shared/run-spec.ts'
import { Golden, samplingOf } from '../engine/testing/golden.ts'
import { decodePng } from '../library/png.ts'
import { importModel, inspectModel } from '../packs/import/index.ts'
import type { InstalledPack } from '../packs/manifest.ts'
import { openStudio, type Studio } from './studio.ts'

/** Families by the name of a fixture, with the case that is searched: one without fresh noise on the way. */
const families: Readonly<Record<string, string>> = {
  sd15: 'negative',
  'sd21-base': 'pndm',
  sd21: 'ddim',
  'sd-turbo': 'euler',
  lcm: 'lcm_1_step',
  sdxl: 'euler_96x64',
  'sdxl-turbo': 'one_step',
  sd3: 'heun',
  'sd35-without-t5': 'euler',
  'flux-dev': 'euler_64x96',
  'flux-schnell': 'three_steps',
  'pixart-sigma': 'dpmpp_2m',
  sit: 'heun_guidance',
}

const folder = mkdtempSync(join(tmpdir(), 'imported-families-'))
const models = join(folder, 'models')
const imported = new Map<string, InstalledPack>()
let studio: Studio
/** Verifiers by the fixture that has them: what each must score a picture with. */
const verifiers = {
  clip: ['clip_zero_shot', 'clip_score', 'clip_self'],
  aesthetic: ['aesthetic_score'],
  'image-reward': ['image_reward'],
  'pick-score': ['pick_score'],
  hps: ['hps_score'],
  siglip: ['siglip_score', 'siglip_self'],
  'dinov2-linear': ['dino_linear', 'dino_self'],
  inception: ['inception_confidence'],
} as const

before(async () => {
  for (const name of [...Object.keys(verifiers), ...Object.keys(families)]) {
    imported.set(name, await importFixture(name))
  }
  studio = await openStudio({ libraryPath: join(folder, 'library'), packFolders: [models], host: 'cli' })
})
after(async () => {
  await studio.close()
  rmSync(folder, { recursive: true })
})

async function importFixture(name: string): Promise<InstalledPack> {
  const path = fileURLToPath(new URL(`../../models/fixtures/${name}/model`, import.meta.url))
  const trial = () => Promise.resolve({})
  const plan = await inspectModel(path)
  // Inception's classes stand nowhere: a person names them.
  const answers = Object.fromEntries(
    plan.summary.questions.flatMap((question) =>
      question.kind === 'names'
        ? [
            [
              question.id,
              ['goldfinch', ...Array.from({ length: question.count - 1 }, (_, i) => `class ${i}`)].join('\n'),
            ],
          ]
        : [],
    ),
  )
  return importModel(plan, answers, { modelsFolder: models, id: name, name, trial })
}

for (const [name, caseName] of Object.entries(families)) {
  test(`a search with ${name} begins with the picture that diffusers made of this seed`, async () => {
    const { manifest } = imported.get(name) ?? {}
    assert.ok(manifest?.kind === 'text_to_image' || manifest?.kind === 'class_to_image')
    const golden = new Golden(new URL(`../../models/fixtures/${name}/`, import.meta.url))
    const index = golden.cases.findIndex((one) => one.name === caseName)
    const one = golden.cases[index]
    assert.ok(one !== undefined)
    const { sampler, schedule } = samplingOf(one, manifest.defaults)
    const { runId } = await studio.api.startRun({
      algorithm: 'random_search',
      candidates: 2,
      pack: name,
      prompt: one.prompt,
      negativePrompt: one.negativePrompt,
      guide: ['clip_score'],
      heldOut: [],
      sampler,
      schedule,
      ...(manifest.defaults.shift === undefined ? {} : { shift: manifest.defaults.shift }),
      steps: one.steps,
      guidance: manifest.guidanceBy === 'none' ? 1 : one.guidance,
      size: { width: one.width, height: one.height },
      baselines: [],
      // The noise of case k was drawn with the seed 100 (k + 1).
      generator: 'torch-cpu-mt19937',
      seed: String(100 * (index + 1)),
    })
    await studio.whenEnded(runId)
    const { status, candidates } = await studio.api.run({ runId })
    assert.deepEqual(status, { kind: 'done' })
    assert.equal(candidates.length, 2)
    const [first] = candidates
    const { width, height, data } = decodePng(readFileSync(studio.imageFile(first?.imageSha256 ?? '') ?? ''))
    assert.deepEqual([width, height], [one.width, one.height])
    const theirs = golden.bytes(one.tensors['image'])
    const apart = theirs.reduce((most, value, i) => Math.max(most, Math.abs(value - (data[i] ?? NaN))), 0)
    assert.ok(apart <= 1, `${apart} levels`)
  })
}

test('every imported verifier scores the pictures of a class, the first as the guide', async () => {
  const [guide, ...heldOut] = Object.values(verifiers).flat()
  assert.ok(guide !== undefined)
  const { runId } = await studio.api.startRun({
    ...{
      algorithm: 'random_search',
      candidates: 2,
      pack: 'sit',
      prompt: 'goldfinch',
      seed: '5',
      baselines: [],
    },
    ...{ guide: [guide], heldOut, sampler: 'heun', schedule: 'linear', steps: 3, guidance: 1 },
  })
  await studio.whenEnded(runId)
  const { status, candidates } = await studio.api.run({ runId })
  assert.deepEqual(status, { kind: 'done' })
  for (const { scores } of candidates) {
    assert.deepEqual(Object.keys(scores).sort(), [guide, ...heldOut].sort())
    assert.ok(Object.values(scores).every(Number.isFinite))
  }
  const [first, second] = candidates
  assert.notDeepEqual(first?.scores, second?.scores)
})

test('an imported Inception with its reference guides a search for a population', async () => {
  const { runId } = await studio.api.startRun({
    ...{
      algorithm: 'random_search',
      candidates: 8,
      pack: 'sit',
      prompt: 'goldfinch',
      seed: '5',
      baselines: [],
    },
    ...{ guide: ['frechet'], heldOut: ['inception_confidence'] },
    ...{ sampler: 'heun', schedule: 'linear', steps: 2, guidance: 1 },
  })
  await studio.whenEnded(runId)
  const { status, candidates } = await studio.api.run({ runId })
  assert.deepEqual(status, { kind: 'done' })
  assert.deepEqual(
    candidates.map(({ round }) => round),
    [0, 0, 0, 0, 1, 1, 1, 1],
  )
  const found = candidates.map(({ scores }) => scores.frechet ?? NaN)
  assert.ok(found.every((score) => score < 0))
  assert.equal(new Set(found).size, found.length)
})

const asked = {
  ...{ pack: 'sd15', prompt: 'a red cube', steps: 4, guidance: 5, seed: '3', baselines: [] },
  guide: ['clip_score' as const],
  heldOut: [],
}
/** What search does on the way, with models whose latents are x0 + sigma e: noise again, copy, score drafts. */
const searches: readonly RunSpecInput[] = [
  {
    ...asked,
    algorithm: 'search_over_paths',
    ...{ paths: 2, width: 2, startLevel: 0.3, forward: 0.4, backward: 0.6, length: 2 },
    ...{ sampler: 'euler', schedule: 'linear' },
  },
  {
    ...asked,
    algorithm: 'fk_steering',
    ...{ particles: 2, interval: 2, sampler: 'euler_ancestral', schedule: 'leading' },
  },
  {
    ...asked,
    algorithm: 'draft_cull_resume',
    ...{ candidates: 3, draftSteps: 2, survivors: 1, sampler: 'pndm', schedule: 'leading' },
  },
]

for (const search of searches) {
  test(`${search.algorithm} with an imported model ends with pictures that can be made again`, async () => {
    const { runId } = await studio.api.startRun(search)
    await studio.whenEnded(runId)
    const { status, candidates } = await studio.api.run({ runId })
    assert.deepEqual(status, { kind: 'done' })
    const last = candidates.at(-1)
    assert.ok(last !== undefined)
    const pictures = new Set(candidates.map(({ imageSha256 }) => imageSha256))
    assert.ok(pictures.size > 1)
    assert.equal((await studio.api.replay({ runId, arm: last.arm, seq: last.seq })).same, true)
  })
}
