import assert from 'node:assert/strict'
import { test } from 'node:test'

import { killStudios } from './testing/kill-studios.ts'

test('engines, studios and both, killed at random moments in real runs: each run is the same', async (t) => {
  const seed = Math.floor(Math.random() * 2 ** 32)
  t.diagnostic(`seed ${seed}; all fifty kills: node build/kill-studios.ts ${seed}`)
  const kills = 6
  const toll = await killStudios(seed, kills, 3, (line) => t.diagnostic(line))
  assert.equal(toll.engine + toll.studio + toll.both, kills)
})
