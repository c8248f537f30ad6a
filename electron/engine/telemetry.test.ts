import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { PackFolders } from '../packs/read-packs.ts'
import { createEngineClient } from './engine-client.ts'

test("the runtime's telemetry is off: neither its identifier of the machine nor what it would send is on the disk", async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'goldpan-home-'))
  t.after(() => {
    rmSync(home, { recursive: true })
  })
  const temporary = join(home, 'temporary')
  mkdirSync(temporary)
  Object.assign(process.env, { HOME: home, XDG_CACHE_HOME: join(home, '.cache'), TMPDIR: temporary })
  // The tests of many a project run with these set, and the runtime is quiet then by itself.
  for (const name of ['CI', 'GITHUB_ACTIONS', 'TF_BUILD', 'ORT_DISABLE_TELEMETRY'])
    Reflect.deleteProperty(process.env, name)
  const engine = createEngineClient()
  await engine.load([
    await new PackFolders([join(import.meta.dirname, 'fixtures/packs')]).openImagePack('tiny'),
  ])
  await engine.stop()
  assert.deepEqual(readdirSync(home, { recursive: true }), ['temporary'])
})
