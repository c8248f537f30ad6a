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
