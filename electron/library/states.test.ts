import assert from 'node:assert/strict'
import Database from 'better-sqlite3'
import { test, type TestContext } from 'node:test'

import type { Library, SamplerState } from '../core/runs/adapters.ts'
import { layoutOf } from './layout.ts'
import { openLibrary } from './open.ts'
import { addTo, specOf, stateOf, temporaryFolder } from './testing/fixtures.ts'

function bitsOf({ step, x, history }: SamplerState): readonly unknown[] {
  return [step, ...[x, ...history].map((one) => Buffer.from(one.buffer, one.byteOffset, one.byteLength))]
}

function assertSameBits(found: SamplerState | null, expected: SamplerState): void {
  assert.ok(found !== null)
  assert.deepEqual(bitsOf(found), bitsOf(expected))
}

async function libraryIn(t: TestContext, folder: string): Promise<Library> {
  const library = await openLibrary(folder)
  t.after(() => library.close())
  return library
}

test('a state comes back bit for bit, also from the disk, and only for the candidate that has it', async (t) => {
  const folder = temporaryFolder()
  const first = await openLibrary(folder)
  for (const runId of [first.createRun(specOf(), []), first.createRun(specOf(), [])]) {
    for (const history of [0, 1, 3]) await addTo(first, runId, history, {}, stateOf(runId * 10, history))
    await addTo(first, runId, 9)
    await addTo(first, runId, 4, { arm: 'baseline' })
  }
  assertSameBits(first.savedState(1, 3), stateOf(10, 3))
  first.close()

  const second = await libraryIn(t, folder)
  for (const runId of [1, 2]) {
    for (const history of [0, 1, 3]) {
      assertSameBits(second.savedState(runId, history), stateOf(runId * 10, history))
    }
    for (const without of [9, 4, 77]) assert.equal(second.savedState(runId, without), null)
  }
  assert.equal(second.savedState(3, 0), null)
})

test('what is handed in and what is handed out are copies', async (t) => {
  const library = await libraryIn(t, temporaryFolder())
  library.createRun(specOf(), [])
  const whole = new Float64Array(8).fill(0.5)
  await addTo(library, 1, 0, {}, { step: 2, x: whole.subarray(1, 4), history: [whole.subarray(4, 7)] })
  whole.fill(9)
  library.savedState(1, 0)?.x.fill(7)
  const half = Float64Array.of(0.5, 0.5, 0.5)
  assertSameBits(library.savedState(1, 0), { step: 2, x: half, history: [half] })
})

test('a history of another length is refused, and leaves no row behind', async (t) => {
  const library = await libraryIn(t, temporaryFolder())
  library.createRun(specOf(), [])
  const uneven = { step: 1, x: new Float64Array(4), history: [new Float64Array(3)] }
  await assert.rejects(addTo(library, 1, 0, {}, uneven), /as long as the latents \(4\), found 3/)
  assert.equal(library.run(1).finished, 0)
})

for (const [what, sql] of [
  ['an altered byte', `data = CAST(substr(data, 1, 16) || x'02' || substr(data, 18) AS BLOB)`],
  ['its end cut off', 'data = substr(data, 1, length(data) - 8)'],
  ['no bytes', `data = x''`],
  ['another step', 'step = step + 1'],
  ['another history', 'history = 0'],
  ['another hash', `sha256 = '${'0'.repeat(64)}'`],
] as const) {
  test(`a state with ${what} is none, and is put right when its candidate is made again`, async (t) => {
    const folder = temporaryFolder()
    const first = await openLibrary(folder)
    first.createRun(specOf(), [])
    const added = await addTo(first, 1, 0, {}, stateOf(5))
    await addTo(first, 1, 1, {}, stateOf(6))
    first.close()
    const db = new Database(layoutOf(folder).catalogue)
    db.exec(`UPDATE states SET ${sql} WHERE candidate_id = 1`)
    db.close()

    const second = await libraryIn(t, folder)
    assert.equal(second.savedState(1, 0), null)
    assertSameBits(second.savedState(1, 1), stateOf(6))
    assert.deepEqual(second.run(1).candidates[0], added, 'its candidate is as sound as before')
    assert.deepEqual(await addTo(second, 1, 0, { seconds: 99 }, stateOf(5)), added)
    assertSameBits(second.savedState(1, 0), stateOf(5))
  })
}

test('a candidate that is added again keeps the state that it has, and takes the one that it lacks', async (t) => {
  const library = await libraryIn(t, temporaryFolder())
  library.createRun(specOf(), [])
  await addTo(library, 1, 0, {}, stateOf(5))
  await addTo(library, 1, 0, {}, stateOf(6))
  await addTo(library, 1, 0)
  assertSameBits(library.savedState(1, 0), stateOf(5))
  await addTo(library, 1, 1)
  await addTo(library, 1, 1, {}, stateOf(7))
  assertSameBits(library.savedState(1, 1), stateOf(7))
})
