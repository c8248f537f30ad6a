/** The judge's pack and these rules against models/recipes/judge.py, which wrote the pictures and their verdicts. */

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'

import { decode } from 'fast-png'

import { createInference } from '../../engine/inference.ts'
import type { EngineCalls } from '../../engine/protocol.ts'
import { PackFolders } from '../../packs/read-packs.ts'
import type { RgbImage } from '../runs/adapters.ts'
import { claimsOf, type Claim } from './claims.ts'
import { pictureOf } from './detections.ts'
import { verdict } from './verdict.ts'

const folder = join(import.meta.dirname, 'fixtures')
const models = join(import.meta.dirname, '../../../models/packs')

/** What `judge.py --fixture` writes. */
type Row = {
  readonly file: string
  readonly caption: string
  readonly claims: readonly (Claim & { readonly holds: boolean })[]
}

const pictureFrom = async (file: string): Promise<RgbImage> => {
  const { width, height, channels, data } = decode(await readFile(join(folder, file)))
  assert.deepEqual([width, height, channels], [128, 128, 3])
  return { width, height, data: Uint8Array.from(data) }
}

test('the judge says of each caption what the recipe said', async () => {
  const rows = JSON.parse(await readFile(join(folder, 'verdicts.json'), 'utf8')) as readonly Row[]
  const pack = await new PackFolders([models]).openJudgePack()
  const infer = createInference()
  await infer({ kind: 'load', device: 'cpu', packs: [pack] })
  const files = [...new Set(rows.map(({ file }) => file))]
  const { detections } = (await infer({
    kind: 'detect',
    packId: pack.manifest.id,
    images: await Promise.all(files.map(pictureFrom)),
  })) as EngineCalls['detect']['value']
  const pictures = new Map(
    files.map((file, i) => [file, pictureOf(detections[i] ?? assert.fail(file), pack.manifest)]),
  )
  let held = 0
  for (const { file, caption, claims } of rows) {
    const said = verdict(claimsOf(caption), pictures.get(file) ?? assert.fail(file))
    assert.deepEqual(
      said.map(({ claim, holds }) => ({ ...claim, holds })),
      claims,
      `${file}: ${caption}`,
    )
    held += claims.filter(({ holds }) => holds).length
  }
  // A fixture in which everything holds, or nothing, would compare little.
  const asked = rows.reduce((sum, { claims }) => sum + claims.length, 0)
  assert.ok(rows.length >= 50 && held > asked / 4 && held < asked - 50, `${held} of ${asked} claims hold`)
})
