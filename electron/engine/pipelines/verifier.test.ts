import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before, test } from 'node:test'

import type { RgbImage } from '../../core/runs/adapters.ts'
import { PackFolders } from '../../packs/read-packs.ts'
import { createInference } from '../inference.ts'
import type { EngineCalls } from '../protocol.ts'

const packs = new PackFolders([join(import.meta.dirname, '../fixtures/packs')])
const infer = createInference()
const picture = (seed: number): RgbImage => ({
  width: 4,
  height: 4,
  data: Uint8Array.from({ length: 48 }, (_, i) => (i * 37 + seed * 59) % 256),
})
const pictures = [picture(1), picture(2), picture(3)]

/** Mean over the pixels of (value / 255 - mean) / std, per channel: what every fixture starts from. */
const meanColour = ({ data }: RgbImage): readonly number[] =>
  [0, 1, 2].map((channel) => {
    const values = [...data].filter((_, i) => i % 3 === channel)
    const mean = values.reduce((sum, value) => sum + value / 255, 0) / values.length
    return (mean - ([0.4, 0.5, 0.6][channel] ?? NaN)) / ([0.2, 0.25, 0.3][channel] ?? NaN)
  })

const features = async (images: readonly RgbImage[]) => {
  const value = await infer({ kind: 'embedImages', packId: 'tiny-outputs', images })
  return (value as EngineCalls['embedImages']['value']).features
}
const pairs = async (images: readonly RgbImage[], text: string) => {
  const value = await infer({ kind: 'scorePairs', packId: 'tiny-pairs', images, text })
  return (value as EngineCalls['scorePairs']['value']).scores
}
const detect = async (images: readonly RgbImage[]) => {
  const value = await infer({ kind: 'detect', packId: 'tiny-judge', images })
  return (value as EngineCalls['detect']['value']).detections
}

before(async () => {
  const loaded = [
    await packs.openVerifierPack('clip_score'),
    await packs.openVerifierPack('aesthetic_score'),
    await packs.openVerifierPack('image_reward'),
    await packs.openJudgePack(),
  ]
  await infer({ kind: 'load', device: 'cpu', packs: loaded })
})

test('one evaluation gives every output that the manifest names', async () => {
  const found = await features(pictures)
  for (const [i, { embedding, logits, score }] of found.entries()) {
    assert.equal(embedding?.length, 4)
    assert.equal(logits?.length, 3)
    const colour = meanColour(pictures[i] ?? picture(0))
    const expected = colour.reduce((sum, value) => sum + value, 0) / 3
    assert.ok(Math.abs((score ?? NaN) - expected) < 1e-5, `${score} for ${expected}`)
  }
})

test('an output that the manifest does not name is null', async () => {
  const value = await infer({ kind: 'embedImages', packId: 'tiny-verifier', images: pictures })
  const [first] = (value as EngineCalls['embedImages']['value']).features
  assert.equal(first?.embedding?.length, 4)
  assert.deepEqual([first.logits, first.score], [null, null])
})

test('every value of an image is the same bits alone and in a batch', async () => {
  const [together, scored, seen] = [
    await features(pictures),
    await pairs(pictures, 'two red stars'),
    await detect(pictures),
  ]
  assert.equal(new Set(scored).size, 3)
  for (const [i, image] of pictures.entries()) {
    assert.deepEqual(await features([image]), [together[i]])
    assert.deepEqual(await pairs([image], 'two red stars'), [scored[i]])
    assert.deepEqual(await detect([image]), [seen[i]])
  }
})

test('a pair depends on the text, and is zero for a text of unknown words', async () => {
  const [of] = await pairs([picture(1)], 'red star')
  const [other] = await pairs([picture(1)], 'blue ring')
  assert.notEqual(of, other)
  assert.deepEqual(await pairs([picture(1)], 'zzz'), [0])
})

test("a judge's detection has the cells and backgrounds of its manifest", async () => {
  const [first] = await detect([picture(1)])
  assert.equal(first?.cells.length, 10 * 2 * 2)
  assert.equal(first.background.length, 2)
})

test('no picture gives no answer, whatever is asked', async () => {
  assert.deepEqual(await features([]), [])
  assert.deepEqual(await pairs([], 'red star'), [])
  assert.deepEqual(await detect([]), [])
})

test('what a pack does not have is refused by name', async () => {
  await assert.rejects(infer({ kind: 'embedText', packId: 'tiny-outputs', text: 'red' }), {
    code: 'engine_failed',
    message: /Pack tiny-outputs: expected textTower among its components, found none/,
  })
  await assert.rejects(infer({ kind: 'detect', packId: 'tiny-verifier', images: [picture(1)] }), {
    code: 'unknown_pack',
    message: /Expected a judge that is loaded, found tiny-verifier/,
  })
})

test('a picture of another size is refused with both sizes', async () => {
  const wide = { width: 8, height: 4, data: new Uint8Array(96) }
  for (const kind of ['embedImages', 'detect'] as const) {
    const packId = kind === 'detect' ? 'tiny-judge' : 'tiny-outputs'
    await assert.rejects(infer({ kind, packId, images: [wide] }), {
      code: 'bad_input',
      message: /expected pictures of 4 x 4, found 8 x 4/,
    })
  }
})
