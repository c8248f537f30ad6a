import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

import type { utilityProcess } from 'electron'

import type { EngineExit } from '../../engine/engine-port.ts'
import { utilityProcess as played } from './testing/recorded-electron.ts'
import { utilityEngine } from './utility-engine.ts'

const folder = mkdtempSync(join(tmpdir(), 'goldpan-utility-'))
after(() => {
  rmSync(folder, { recursive: true, force: true })
})

const playedFork = played.fork as unknown as typeof utilityProcess.fork

function launch(script: string) {
  const entry = join(folder, 'entry.mjs')
  writeFileSync(entry, script)
  const port = utilityEngine(playedFork)(entry)
  const exit = new Promise<EngineExit>((resolve) => {
    port.onExit(resolve)
  })
  return { port, exit }
}

test('messages cross in both directions with their arrays as they are', async () => {
  const { port, exit } = launch(
    "process.on('message', (m) => process.send({ sum: m.values[0] + m.values[1], back: m.values }))",
  )
  const answer = new Promise((resolve) => {
    port.onMessage(resolve)
  })
  port.post({ values: new Float32Array([1.5, 2]) })
  assert.deepEqual(await answer, { sum: 3.5, back: new Float32Array([1.5, 2]) })
  port.kill()
  await exit
})

test('the end of the process is told, with the last of what it wrote', async () => {
  const { exit } = launch("process.stderr.write('out of memory\\n', () => process.exit(3))")
  const { code, stderr } = await exit
  assert.equal(code, 3)
  assert.equal(stderr, 'out of memory\n')
})

test('the engine does not get the variables that let a model bring its own options', async () => {
  process.env.ORT_LOAD_CONFIG_FROM_MODEL = '1'
  const { port, exit } = launch('process.send(Object.keys(process.env))')
  const names = new Promise((resolve) => {
    port.onMessage(resolve)
  })
  assert.ok(!((await names) as string[]).includes('ORT_LOAD_CONFIG_FROM_MODEL'))
  delete process.env.ORT_LOAD_CONFIG_FROM_MODEL
  port.kill()
  await exit
})
