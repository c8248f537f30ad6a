import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

import { openLibrary } from '../../library/open.ts'
import type { runJson } from './run-json.ts'
import { goldpan } from './testing/goldpan.ts'

const folder = mkdtempSync(join(tmpdir(), 'goldpan-resume-'))
after(() => {
  rmSync(folder, { recursive: true, force: true })
})

test('resume all goes on with the runs of a program that was killed, in the order that they had been given by hand', async () => {
  const place = join(folder, 'library')
  const prompts = join(folder, 'prompts.txt')
  writeFileSync(
    prompts,
    'a red star in sky\nblue ring in night\ntwo red stars in night\ntwo blue rings in sky\n',
  )
  const few = ['--candidates', '2', '--steps', '4', '--baselines', '']
  const killed = await goldpan(['batch', prompts, ...few, '--library', place], {
    on: /working: /,
    signal: 'SIGKILL',
  })
  assert.equal(killed.code, null)
  const library = await openLibrary(place)
  // Its first runs may have come to their end before the kill reached it.
  const waiting = library.runs().filter(({ status }) => status.kind === 'interrupted')
  assert.ok(waiting.length > 1)
  // The list begins with the newest: the opposite of the order in which they were queued.
  const order = waiting.map(({ id }) => id)
  library.arrangeQueue(order)
  library.close()

  const { code, stdout } = await goldpan(['resume', 'all', '--library', place, '--json'])
  assert.equal(code, 0)
  const { runs } = JSON.parse(stdout) as { runs: readonly ReturnType<typeof runJson>[] }
  assert.deepEqual(
    runs.map(({ run, status, candidates }) => [run, status, candidates.length]),
    order.map((run) => [run, 'done', 2]),
  )
  const again = await goldpan(['resume', 'all', '--library', place])
  assert.deepEqual([again.code, again.stdout], [0, 'No run was interrupted.\n'])
})
