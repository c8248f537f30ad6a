import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

import { createBuilder } from 'vite'

const folder = mkdtempSync(join(tmpdir(), 'goldpan-bundle-'))
after(() => {
  rmSync(folder, { recursive: true, force: true })
})

test('the desktop host bundles into main, engine and one preload file that requires only electron', async () => {
  const builder = await createBuilder({
    configFile: join(import.meta.dirname, 'vite.config.ts'),
    logLevel: 'error',
  })
  for (const environment of Object.values(builder.environments)) environment.config.build.outDir = folder
  await builder.buildApp()

  const files = readdirSync(folder)
  for (const name of ['main.js', 'engine-process.js', 'preload.cjs']) assert.ok(files.includes(name), name)
  const preload = readFileSync(join(folder, 'preload.cjs'), 'utf8')
  const required = [...preload.matchAll(/\brequire\(([^)]*)\)/g)].map(([, name]) => name)
  assert.deepEqual(required, ['"electron"'])
  assert.doesNotMatch(preload, /^\s*(import|export)\b/m)

  const loads = (name: string, packageName: string) =>
    readFileSync(join(folder, name), 'utf8').includes(`from "${packageName}"`)
  assert.ok(
    loads('main.js', 'electron') &&
      loads('main.js', 'better-sqlite3') &&
      !loads('main.js', 'onnxruntime-node'),
  )
  assert.ok(loads('engine-process.js', 'onnxruntime-node') && !loads('engine-process.js', 'electron'))
})
