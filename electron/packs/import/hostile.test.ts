import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'

import { harmlessModel, hostileModels, type HostileModel } from './testing/hostile-models.ts'
import type { ImportOutcome, ImportReport } from './testing/import-process.ts'

const secret = 'not for you.'
const control = 'the same without a fault'

let root: string
let report: ImportReport
let outcomeOf: ReadonlyMap<string, ImportOutcome>

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'goldpan-hostile-'))
  for (const [place, { make }] of [...hostileModels, { make: harmlessModel }].entries()) {
    const folder = join(root, folderOf(place))
    for (const name of ['model', 'outside', 'models']) await mkdir(join(folder, name), { recursive: true })
    await writeFile(join(folder, 'outside', 'secret'), secret)
    await make(join(folder, 'model'), join(folder, 'outside'))
  }
  const script = join(import.meta.dirname, 'testing/import-process.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [script, root])
  report = JSON.parse(stdout) as ImportReport
  outcomeOf = new Map(report.outcomes.map((outcome) => [outcome.name, outcome]))
})

after(() => rm(root, { recursive: true, force: true }))

const folderOf = (place: number): string => String(place).padStart(3, '0')

test('the model without a fault is imported, so that only the faults of the others refuse them', async () => {
  const folder = folderOf(hostileModels.length)
  assert.deepEqual(outcomeOf.get(folder), { name: folder, refusal: null, triedOut: true }, control)
  assert.deepEqual(await readdir(join(root, folder, 'models')), ['imported'])
})

for (const [place, hostile] of hostileModels.entries()) {
  test(`refused: ${hostile.name}`, () => refusedWithoutTrace(folderOf(place), hostile))
}

async function refusedWithoutTrace(folder: string, hostile: HostileModel): Promise<void> {
  const outcome = outcomeOf.get(folder)
  assert.match(outcome?.refusal?.message ?? 'imported', hostile.reason)
  assert.notEqual(outcome?.refusal?.code, 'internal')
  // What the file itself gives away never reaches the runtime.
  assert.equal(outcome?.triedOut, hostile.onlyByTrial === true)
  assert.deepEqual(await readdir(join(root, folder, 'models')), [], 'nothing is left in the models folder')
  assert.equal(await readFile(join(root, folder, 'outside', 'secret'), 'utf8'), secret)
}

test('every refusal has a reason of its own', () => {
  const messages = report.outcomes.flatMap(({ name, refusal }) =>
    refusal === null ? [] : [refusal.message.replaceAll(name, '')],
  )
  assert.equal(new Set(messages).size, messages.length)
  assert.equal(messages.length, hostileModels.length)
})

test('refusing all of them takes less than 300 MB', () => {
  assert.ok(report.peakBytes < 300e6, `${Math.round(report.peakBytes / 1e6)} MB`)
})
