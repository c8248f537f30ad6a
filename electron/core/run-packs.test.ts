import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

import { parseRunSpec } from '../../shared/run-spec.ts'
import { PackFolders } from '../packs/read-packs.ts'
import { openRunPacks } from './run-packs.ts'

const fixtures = join(import.meta.dirname, '../engine/fixtures/packs')
const folder = mkdtempSync(join(tmpdir(), 'goldpan-run-packs-'))
after(() => {
  rmSync(folder, { recursive: true, force: true })
})

let places = 0

type Manifest = { readonly image: object }

/** The tiny packs with changed manifests. */
function packsWith(
  changes: object,
  ofVerifier: (manifest: Manifest) => object = (same) => same,
): PackFolders {
  const place = join(folder, String(places++))
  const change = (name: string, changed: (manifest: Manifest) => object): void => {
    cpSync(join(fixtures, name), join(place, name), { recursive: true })
    const file = join(place, name, 'pack.json')
    writeFileSync(file, JSON.stringify(changed(JSON.parse(readFileSync(file, 'utf8')) as Manifest)))
  }
  change('tiny', (manifest) => ({ ...manifest, ...changes }))
  change('tiny-verifier', ofVerifier)
  return new PackFolders([place])
}

const asked = {
  ...{ prompt: 'two red stars', pack: 'tiny', guide: ['clip_score'], heldOut: [] },
  ...{ algorithm: 'random_search', candidates: 2, sampler: 'euler', schedule: 'linear', steps: 4 },
  ...{ guidance: 2, baselines: [], seed: '7' },
}
const open = async (packs: PackFolders, changes: object) =>
  openRunPacks(packs, parseRunSpec({ ...asked, ...changes }))

/** As SD1.5 was trained. */
const trained = {
  timeConvention: 'trained_timesteps',
  prediction: 'epsilon',
  trainedNoise: {
    betas: { kind: 'scaled_linear', start: 0.00085, end: 0.012, trainSteps: 1000 },
    ...{ stepsOffset: 1, final: 'sigma_min' },
  },
}
const defaults = { sampler: 'euler', schedule: 'linear', steps: 4, guidance: 1 }

test("a size of the pack's own list changes picture and latents alike, and verifiers of one size refuse it", async () => {
  const sizes = { multipleOf: 4, least: 4, most: 12 }
  const packs = packsWith({ sizes })
  const own = await open(packs, {})
  assert.deepEqual(own.pack.manifest.image, { width: 4, height: 4 })
  await assert.rejects(open(packs, { size: { width: 8, height: 12 } }), {
    code: 'bad_input',
    message: /CLIP score: expected pictures of 4 x 4 .* found 8 x 12/,
  })
  const resize = { fit: 'exact', filter: 'bicubic' }
  const resizing = packsWith({ sizes }, ({ image, ...rest }) => ({ ...rest, image: { ...image, resize } }))
  const { pack } = await open(resizing, { size: { width: 8, height: 12 } })
  assert.deepEqual(pack.manifest.image, { width: 8, height: 12 })
  assert.deepEqual([pack.manifest.latents.width, pack.manifest.latents.height], [4, 6])
})

test('a size that the graphs do not take is refused with those that they do', async () => {
  const one = { width: 8, height: 8 }
  await assert.rejects(open(packsWith({}), { size: one }), {
    code: 'bad_input',
    message: /^size: expected 4 x 4 of pack tiny, found 8 x 8;/,
  })
  const packs = packsWith({ sizes: { multipleOf: 16, least: 16, most: 64 } })
  for (const size of [one, { width: 24, height: 16 }, { width: 16, height: 80 }]) {
    await assert.rejects(open(packs, { size }), {
      code: 'bad_input',
      message: /expected 4 x 4 of pack tiny, or sides from 16 to 64 in multiples of 16, found/,
    })
  }
})

test('schedules and step counts without levels in the training are refused by the field that names them', async () => {
  await assert.rejects(open(packsWith({}), { schedule: 'leading' }), {
    code: 'bad_input',
    message: /^schedule: expected one of linear, karras, shifted, .* found leading/,
  })
  const packs = packsWith({ ...trained, defaults: { ...defaults, schedule: 'leading' } })
  await assert.rejects(open(packs, { schedule: 'shifted' }), { code: 'bad_input', message: /^schedule: / })
  await assert.rejects(open(packs, { sampler: 'ddim', schedule: 'karras' }), {
    code: 'bad_input',
    message: /^schedule: expected one of trained timesteps for ddim/,
  })
  const lcm = { sampler: 'lcm', schedule: 'consistency' }
  await open(packs, lcm)
  for (const [field, changes] of [
    ['steps', { steps: 80 }],
    ['finalSteps', { sampler: 'euler', finalSteps: 80 }],
    ['baselines', { baselines: [2, 80] }],
  ] as const) {
    await assert.rejects(open(packs, { ...lcm, ...changes }), {
      code: 'bad_input',
      message: new RegExp(`^${field}: 80 for pack tiny: `),
    })
  }
})

test('guidance and negative prompts that the network would never see are refused', async () => {
  const distilled = packsWith({ guidanceBy: 'none', defaults })
  await open(distilled, { guidance: 1 })
  await assert.rejects(open(distilled, {}), {
    code: 'bad_input',
    message: /^guidance: expected 1 for pack tiny, which was distilled without guidance, found 2/,
  })
  const negative = { negativePrompt: 'grey' }
  const { components } = JSON.parse(readFileSync(join(fixtures, 'tiny/pack.json'), 'utf8')) as {
    readonly components: { readonly denoiser: { readonly inputs: object } }
  }
  const { denoiser } = components
  const told = { ...denoiser, inputs: { ...denoiser.inputs, guidance: 'guidance' } }
  const embedding = packsWith({
    guidanceBy: 'embedding',
    components: { ...components, denoiser: told },
  })
  await assert.rejects(open(embedding, negative), {
    code: 'bad_input',
    message: /^negativePrompt: expected none, found "grey": pack tiny has no second pass/,
  })
  const ordinary = packsWith({})
  await open(ordinary, negative)
  await assert.rejects(open(ordinary, { ...negative, guidance: 1 }), {
    code: 'bad_input',
    message: /at guidance 1 there is nothing to lead away from/,
  })
})
