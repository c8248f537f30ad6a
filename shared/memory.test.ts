import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { PackSummary } from './domain.ts'
import { expectedMemory } from './memory.ts'

const head = {
  id: 'a',
  name: 'a',
  description: '',
  version: '1',
  licence: 'CC0',
  imported: false,
  problem: null,
}
const verifier: PackSummary = { ...head, kind: 'verifier', bytes: 100e6, verifiers: ['clip_score'] }
const image: PackSummary = {
  ...{ ...head, kind: 'text_to_image', bytes: 1000e6, examplePrompts: [], width: 256, height: 256 },
  ...{ sizes: null, guidanceBy: 'second_pass', schedules: ['linear'] },
  defaults: { sampler: 'euler', schedule: 'linear', shift: 3, steps: 20, guidance: 3 },
}

test('memory is that of the process, of the weights of all packs, and of the pictures decoded together', () => {
  assert.equal(expectedMemory([verifier]), 150e6 + 250e6)
  const picture = 4096 * 256 * 256
  assert.equal(expectedMemory([image, verifier]), 150e6 + 2750e6 + 4 * picture)
  assert.equal(expectedMemory([image], { batchSize: 1 }), 150e6 + 2500e6 + picture)
  assert.equal(
    expectedMemory([image], { size: { width: 512, height: 256 }, batchSize: 2 }),
    150e6 + 2500e6 + 4 * picture,
  )
})

test('large pictures are decoded one at a time, whatever the batch', () => {
  const size = { width: 1024, height: 512 }
  assert.equal(expectedMemory([image], { size, batchSize: 8 }), 150e6 + 2500e6 + 4096 * 1024 * 512)
})
