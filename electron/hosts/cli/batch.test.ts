import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

import type { runJson } from './run-json.ts'
import { goldpan } from './testing/goldpan.ts'

const folder = mkdtempSync(join(tmpdir(), 'goldpan-batch-'))
after(() => {
  rmSync(folder, { recursive: true, force: true })
})

const few = ['--candidates', '1', '--steps', '2', '--baselines', '', '--library', join(folder, 'library')]

function fileOf(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

test('makes a run of every row in order, with what the row says; a row that cannot be is named, the others are made', async () => {
  const table =
    'prompt,seed,steps,draft_steps,Category\na red star in sky,7,,,x\nblue ring in night,,0,,x\na ring,,,3,x\n"two red, blue stars",,3,,x\n'
  const args = ['batch', fileOf('a.csv', table), ...few, '--seed', '9', '--json']
  const { code, stdout, stderr } = await goldpan(args)
  assert.equal(code, 1)
  const found = JSON.parse(stdout) as {
    runs: readonly ReturnType<typeof runJson>[]
    refused: readonly { line: number; message: string }[]
  }
  assert.deepEqual(
    found.runs.map(({ spec: { prompt, seed, steps }, status }) => [prompt, seed, steps, status]),
    [
      ['a red star in sky', '7', 2, 'done'],
      ['two red, blue stars', '9', 3, 'done'],
    ],
  )
  assert.deepEqual(
    found.refused.map(({ line }) => line),
    [3, 4],
  )
  assert.match(stderr, /Passed over the columns Category/)
  assert.match(stderr, /Line 3: steps: expected a whole number from 1 to 1000, found 0/)
  assert.match(stderr, /Line 4: --draft-steps: expected only with draft_cull_resume/)
})

test('a file that is not there, or of something else, is said in one line', async () => {
  const missing = await goldpan(['batch', join(folder, 'none.txt'), ...few])
  assert.deepEqual([missing.code, /found nothing at .*none\.txt/.test(missing.stderr)], [2, true])
  const other = await goldpan(['batch', folder, ...few])
  assert.deepEqual([other.code, /found no file/.test(other.stderr)], [2, true])
})
