import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

import { createEngineClient } from '../../engine/engine-client.ts'
import { PackFolders } from '../../packs/read-packs.ts'
import { Panel } from '../runs/panel.ts'
import { you } from '../verifiers/you.ts'
import { writePersonalPack } from './personal-pack.ts'

const bundled = join(import.meta.dirname, '../../../models/packs')
const folder = mkdtempSync(join(tmpdir(), 'goldpan-you-pack-'))
after(() => {
  rmSync(folder, { recursive: true, force: true })
})

const accuracy = { verifier: 'you' as const, accuracy: 0.8, low: 0.7, high: 0.9, votes: 40 }
const personalOf = (features: string, weights: readonly number[]) => ({
  ...{
    weights: [...weights],
    bias: 0.25,
    features,
    votes: 40,
    unseenPictures: true,
    own: accuracy,
    others: [],
  },
})

test('the pack holds the image tower alone, as links, and scores by its weights and with a gradient', async () => {
  const models = join(folder, 'models')
  // Beside the models, so that links are possible whatever disks this machine has.
  cpSync(join(bundled, 'scenes-clip'), join(folder, 'bundled', 'scenes-clip'), { recursive: true })
  const packs = new PackFolders([join(folder, 'bundled')], models)
  const clip = await packs.openVerifierPack('clip_score')
  const weights = Array.from({ length: 128 }, (_, i) => Math.sin(i))
  await writePersonalPack(models, clip, personalOf('scenes-clip', weights))
  const pack = await packs.openVerifierPack('you')
  assert.deepEqual(Object.keys(pack.manifest.files).toSorted(), [
    'vision_model.onnx',
    'vision_model_vjp.onnx',
  ])
  assert.equal(statSync(join(pack.folder, 'vision_model.onnx')).nlink, 2)
  assert.deepEqual(Object.keys(pack.manifest.components), ['imageTower', 'imageTowerGradient'])

  const engine = createEngineClient()
  try {
    await engine.load([pack, clip])
    const data = Uint8Array.from({ length: 128 * 128 * 3 }, (_, i) => (i * 7) % 256)
    const images = [{ width: 128, height: 128, data }]
    const panel = await Panel.open(engine, [{ pack, verifiers: ['you'] }], '')
    const { scores } = await panel.score(images, null)
    const { features } = await engine.embedImages({ packId: 'scenes-clip', images })
    assert.equal(scores[0]?.you, you(features[0]?.embedding ?? null, { weights, bias: 0.25 }))
    const { gradient } = await panel.gradient('you', images)
    assert.ok(gradient?.some((value) => value !== 0) === true)
  } finally {
    await engine.stop()
  }
  await assert.rejects(writePersonalPack(models, clip, personalOf('scenes-clip', weights)), {
    code: 'bad_input',
  })
  const before = readFileSync(join(pack.folder, 'pack.json'), 'utf8')
  assert.match(before, /"version": "[0-9a-f]{16}"/)
})

test('other weights are another version', async () => {
  const versions: string[] = []
  for (const weight of [1, 2, 1]) {
    const models = join(folder, `models-${versions.length}`)
    const packs = new PackFolders([bundled], models)
    const source = await packs.openVerifierPack('dino_self')
    await writePersonalPack(models, source, personalOf(source.manifest.id, [weight]))
    versions.push((await packs.openVerifierPack('you')).manifest.version)
  }
  assert.equal(versions[0], versions[2])
  assert.notEqual(versions[0], versions[1])
})
