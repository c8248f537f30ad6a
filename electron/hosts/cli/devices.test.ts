import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

import type { DeviceReport } from '../../../shared/domain.ts'
import { devices, idsOf } from '../../../shared/vocabulary.ts'
import type { runJson } from './run-json.ts'
import { goldpan } from './testing/goldpan.ts'

const folder = mkdtempSync(join(tmpdir(), 'goldpan-cli-devices-'))
after(() => {
  rmSync(folder, { recursive: true, force: true })
})

let libraries = 0
const newLibrary = () => join(folder, `library-${++libraries}`)

test('devices lists all that there can be, the processor among those that are there, and why not the others', async () => {
  const { code, stdout } = await goldpan(['devices', '--json'])
  assert.equal(code, 0)
  const reports = JSON.parse(stdout) as readonly DeviceReport[]
  assert.deepEqual(
    reports.map(({ id }) => id),
    idsOf(devices),
  )
  for (const { id, available, reason } of reports) {
    assert.equal(available, reason === null)
    if (id === 'cpu') assert.ok(available)
  }
  assert.ok(reports.some(({ available }) => !available))
})

test('what a pack or this machine does not have is one line, exit code 2, and no run', async () => {
  const library = newLibrary()
  for (const [options, message] of [
    [['--size', '64x64'], /^size: expected 128 x 128 of pack scenes, found 64 x 64;.*\n$/],
    [['--size', 'large'], /^size: expected width and height in pixels, found "large"\n$/],
    [['--device', 'abacus'], /^device: expected one of cpu, webgpu, .*, found "abacus"\n$/],
    [['--schedule', 'leading'], /^schedule: expected one of linear, .* found leading\n$/],
    [['--negative-prompt', 'grey', '--guidance', '1'], /^negativePrompt: expected none, found "grey".*\n$/],
    [['--batch-size', '0'], /^batchSize: expected a whole number from 1 to 8, found 0\n$/],
  ] as const) {
    const { code, stdout, stderr } = await goldpan(['search', 'a star', ...options, '--library', library])
    assert.equal(code, 2, options.join(' '))
    assert.equal(stdout, '')
    assert.match(stderr, message)
  }
  const { stdout } = await goldpan(['runs', '--library', library])
  assert.doesNotMatch(stdout, /a star/)
})

test('a negative prompt leads to other images, and the batch size to none', async () => {
  const search = async (...options: readonly string[]) => {
    const few = ['--candidates', '3', '--steps', '2', '--baselines', '', '--library', newLibrary(), '--json']
    const { code, stdout, stderr } = await goldpan(['search', 'two red stars in night', ...few, ...options])
    assert.equal(code, 0, stderr)
    assert.match(stderr, /^Memory: up to \d+\.\d GB, \d+\.\d GB are free/m)
    return JSON.parse(stdout) as ReturnType<typeof runJson>
  }
  const scores = ({ candidates }: Awaited<ReturnType<typeof search>>) => candidates.map((one) => one.scores)
  const plain = await search()
  const negative = await search('--negative-prompt', 'blue')
  assert.equal(negative.spec.negativePrompt, 'blue')
  assert.notDeepEqual(scores(negative), scores(plain))
  assert.deepEqual(scores(await search('--negative-prompt', 'blue', '--batch-size', '1')), scores(negative))
})

test('packs tells the memory that each will take', async () => {
  const { stdout } = await goldpan(['packs'])
  assert.match(stdout, /^pack +what +size +memory/)
  assert.match(stdout, /^scenes .* \d+\.\d MB +0\.5 GB /m)
})
