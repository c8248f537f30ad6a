import assert from 'node:assert/strict'
import { test } from 'node:test'

import { parse } from 'csv-parse/sync'

import type { Picture } from './gallery.ts'
import { scoresCsv } from './scores-csv.ts'

const image: Picture = {
  ...{ id: 12, imageSha256: 'a'.repeat(64), width: 128, height: 128, madeAt: '2026-11-22T00:00:00.000Z' },
  ...{ prompt: 'a "red", ring\nin night', flag: 'pick', rating: 4, boards: [] },
  scores: { clip_score: 0.7251, image_reward: -0.5 },
  origin: {
    ...{
      kind: 'candidate',
      runId: 3,
      arm: 'search',
      seq: 7,
      round: 0,
      parent: null,
      level: 0,
      steps: 20,
      nfe: 20,
    },
    ...{ seconds: 1.25, pack: 'scenes', algorithm: 'random_search', guide: ['clip_score'], heldOut: [] },
    deltas: { clip_score: -0.01 },
  },
}
const outside: Picture = {
  ...image,
  ...{ id: -2, flag: null, rating: 0, prompt: '=HYPERLINK("http://example.org")' },
  scores: { clip_score: 1e-7 },
  origin: { kind: 'outside', name: '-holiday.png' },
}

test('a reader of CSV gets back what was written, numbers to the last digit', () => {
  const rows = parse<Readonly<Record<string, string>>>(scoresCsv([image, outside]), { columns: true })
  const [first, second] = rows
  assert.equal(rows.length, 2)
  assert.equal(first?.prompt, 'a "red", ring\nin night')
  assert.deepEqual(
    [first.run, first.seq, first.clip_score, first.image_reward, first.delta_clip_score, first.rating],
    ['3', '7', '0.7251', '-0.5', '-0.01', '4'],
  )
  assert.deepEqual(
    [second?.run, second?.image_reward, second?.clip_score, second?.flag],
    ['', '', '1e-7', ''],
  )
  assert.ok(!('aesthetic_score' in first), 'no column for a verifier that none was judged by')
})

test('no text can be taken for a formula', () => {
  const [, second] = parse<Readonly<Record<string, string>>>(scoresCsv([image, outside]), {
    columns: true,
  })
  assert.deepEqual([second?.prompt, second?.name], [`'${outside.prompt}`, "'-holiday.png"])
})
