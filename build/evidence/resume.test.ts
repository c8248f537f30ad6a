import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { createEngineClient } from '../../electron/engine/engine-client.ts'
import { draftWinner } from './figures.ts'
import { substanceOf } from './pack-substance.ts'
import { draftSteps, finalSteps, parts } from './plan.ts'
import { keyOf, Store } from './store.ts'
import { suite } from './suite.ts'
import { openTinyKit } from './testing/tiny-evidence.ts'
import { workOn, type SetRow } from './work.ts'

const folder = mkdtempSync(join(tmpdir(), 'goldpan-evidence-'))
after(() => {
  rmSync(folder, { recursive: true, force: true })
})

const entry = fileURLToPath(new URL('./testing/tiny-evidence.ts', import.meta.url))
const prompts = 6

/** Runs the tiny evidence; kills the process after so many pieces. Returns how many it made. */
async function run(work: string, killAfter = Infinity): Promise<number> {
  const child = spawn(process.execPath, [entry, work, String(prompts)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let made = 0
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    made += text.split('piece').length - 1
    if (made >= killAfter) child.kill('SIGKILL')
  })
  const [code] = (await once(child, 'close')) as [number | null]
  if (killAfter === Infinity) assert.equal(code, 0)
  else assert.equal(code, null, 'expected the process to be killed before it was done')
  return made
}

/** What the store holds of every prompt, without what a clock put into it. */
async function rowsOf(work: string): Promise<unknown> {
  const kit = await openTinyKit(work)
  const rows: unknown[] = []
  for (const prompt of suite.slice(0, prompts)) {
    const found = await workOn('search', prompt, kit, null)
    const timeless = (row: SetRow) => ({ ...row, sampleSeconds: 0, judgeSeconds: 0 })
    rows.push(found?.map(timeless) ?? null)
  }
  return rows
}

test('a run that is killed goes on where it was, and ends with the rows of one that was not', async () => {
  const [whole, cut] = [join(folder, 'whole'), join(folder, 'cut')]
  assert.equal(await run(whole), prompts)
  const before = await run(cut, 2)
  const rest = await run(cut)
  assert.ok(before >= 2 && rest <= prompts - 2, `expected ${prompts - 2} or fewer again, found ${rest}`)
  const rows = await rowsOf(whole)
  assert.deepEqual(await rowsOf(cut), rows)
  assert.doesNotMatch(JSON.stringify(rows), /\[null\]|^null/)
  assert.equal((rows as SetRow[][])[0]?.[0]?.images.length, 16)
})

test('a file that was cut off is made again, one that is whole is kept', async () => {
  const store = new Store(join(folder, 'store'))
  const key = keyOf('something')
  assert.equal(await store.get(key), null)
  await store.put(key, { value: 1 })
  assert.deepEqual(await store.get(key), { value: 1 })
  const [file] = readdirSync(join(folder, 'store', key.slice(0, 2)))
  writeFileSync(join(folder, 'store', key.slice(0, 2), file ?? ''), '{"value":')
  assert.equal(await store.get(key), null)
  await store.put(key, { value: 2 })
  await store.clear()
  assert.equal(await store.get(key), null)
})

test('other weights are other rows; another description of the same weights is not', async () => {
  const { large } = await openTinyKit(join(folder, 'none'))
  const of = (change: object) => keyOf(substanceOf({ ...large.manifest, ...change }))
  assert.equal(of({ version: '9.9.9', description: 'mended', name: 'Other' }), of({}))
  const file = Object.keys(large.manifest.files)[0] ?? ''
  assert.notEqual(
    of({ files: { ...large.manifest.files, [file]: { bytes: 1, sha256: 'f'.repeat(64) } } }),
    of({}),
  )
  assert.notEqual(of({ defaults: { ...large.manifest.defaults, guidance: 7 } }), of({}))
})

test('every part is made and read back; the finals are the winners of the drafts', async () => {
  const tiny = await openTinyKit(join(folder, 'parts'))
  const kit = { ...tiny, small: tiny.large }
  const engine = createEngineClient()
  const [prompt] = suite
  if (prompt === undefined) return assert.fail('expected a suite')
  try {
    await engine.load([kit.large, ...kit.referee.packs])
    for (const part of parts) {
      assert.equal(await workOn(part, prompt, kit, null), null, `${part} was there before it was made`)
      const made = await workOn(part, prompt, kit, { engine, place: 'here' })
      assert.deepEqual(await workOn(part, prompt, kit, null), made)
      for (const { images } of made ?? [])
        for (const { nfe, steps, claims } of images) {
          assert.equal(nfe, steps)
          assert.ok((claims ?? []).length >= 3)
        }
    }
  } finally {
    await engine.stop()
  }
  const rows = await Promise.all(parts.map((part) => workOn(part, prompt, kit, null)))
  const large = rows.flatMap((sets) => sets ?? []).flatMap(({ images }) => images)
  for (const steps of draftSteps) {
    const winner = draftWinner(large, steps)
    assert.ok(winner !== null, `no winner among the drafts of ${steps} steps`)
    assert.ok(
      large.some((image) => image.seq === winner.seq && image.steps === finalSteps),
      `the winner of the drafts of ${steps} steps was not sampled again`,
    )
  }
})
