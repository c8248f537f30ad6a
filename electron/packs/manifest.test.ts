import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'

import { hasGradients, packManifestSchema } from './manifest.ts'

type Manifest = { components: Record<string, Record<string, unknown>> }

const read = async (pack: string): Promise<Manifest> => {
  const file = join(import.meta.dirname, '../../models/packs', pack, 'pack.json')
  return JSON.parse(await readFile(file, 'utf8')) as Manifest
}

test('a pack has gradients only with every gradient graph that its kind needs', async () => {
  const has = (manifest: unknown): boolean => hasGradients(packManifestSchema.parse(manifest))
  const scenes = await read('scenes')
  assert.equal(has(scenes), true)
  const { decoderGradient, ...without } = scenes.components
  assert.ok(decoderGradient)
  assert.equal(has({ ...scenes, components: without }), false)
  assert.equal(has(await read('scenes-clip')), true)
  assert.equal(has(await read('scenes-image-reward')), true)
  assert.equal(has(await read('scenes-siglip')), false)
  assert.equal(has(await read('scenes-judge')), false)
})

test('the gradient of an output that the image tower does not have is refused', async () => {
  const clip = await read('scenes-clip')
  const { imageTowerGradient } = clip.components
  const components = { ...clip.components, imageTowerGradient: { ...imageTowerGradient, of: 'logits' } }
  const { error } = packManifestSchema.safeParse({ ...clip, components })
  assert.deepEqual(
    error?.issues.map(({ path, message }) => [path.join('.'), message]),
    [['components.imageTowerGradient.of', 'expected an output of imageTower']],
  )
})

test('guidance by embedding goes with a denoiser that is told the scale', async () => {
  const scenes = await read('scenes')
  const { denoiser } = scenes.components
  const inputs = { ...(denoiser?.['inputs'] as object), guidance: 'guidance' }
  const told = { ...scenes.components, denoiser: { ...denoiser, inputs } }
  const faultsOf = (changed: object) =>
    packManifestSchema.safeParse({ ...scenes, ...changed }).error?.issues.map(({ path }) => path.join('.'))
  assert.deepEqual(faultsOf({ components: told }), ['guidanceBy'])
  assert.deepEqual(faultsOf({ guidanceBy: 'embedding' }), ['guidanceBy'])
  assert.equal(faultsOf({ components: told, guidanceBy: 'embedding' }), undefined)
})
