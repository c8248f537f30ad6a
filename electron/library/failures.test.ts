import assert from 'node:assert/strict'
import { readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'

import { layoutOf } from './layout.ts'
import { openLibrary } from './open.ts'
import { rebuildLibrary } from './rebuild.ts'
import { addTo, specOf, temporaryFolder } from './testing/fixtures.ts'

const error = { code: 'model_output_invalid', message: 'NaN at step 3', detail: 'denoiser' } as const

test('failures come back with their reason, also from the disk; the first one stays', async (t) => {
  const folder = temporaryFolder()
  const first = await openLibrary(folder)
  const [runId, other] = [first.createRun(specOf(), []), first.createRun(specOf(), [])]
  await addTo(first, runId, 0)
  first.addFailure({ runId, arm: 'search', seq: 2 }, error)
  first.addFailure({ runId, arm: 'search', seq: 2 }, { ...error, message: 'another' })
  first.addFailure({ runId, arm: 'baseline', seq: 1 }, error)
  first.close()
  const second = await openLibrary(folder)
  t.after(() => second.close())
  const { failures, failed, finished, planned } = second.run(runId)
  assert.deepEqual(failures, [
    { runId, arm: 'baseline', seq: 1, error },
    { runId, arm: 'search', seq: 2, error },
  ])
  assert.deepEqual([failed, finished, planned], [2, 1, 6])
  assert.deepEqual([second.run(other).failures, second.run(other).failed], [[], 0])
  assert.deepEqual(
    second.runs().map((run) => run.failed),
    [0, 2],
  )
})

test('a failure of a run that is not there is refused', async (t) => {
  const library = await openLibrary(temporaryFolder())
  t.after(() => library.close())
  assert.throws(() => library.addFailure({ runId: 1, arm: 'search', seq: 0 }, error), { code: 'unknown_run' })
})

test('a rebuilt run is done with what failed as long as a backup says so; from pictures alone it can go on', async () => {
  const folder = temporaryFolder()
  const library = await openLibrary(folder)
  const runId = library.createRun(specOf({ baselines: [] }), [])
  for (const seq of [0, 1, 3]) await addTo(library, runId, seq)
  library.addFailure({ runId, arm: 'search', seq: 2 }, error)
  library.close()
  const { backups, catalogue } = layoutOf(folder)
  const rebuilt = async () => {
    await rebuildLibrary(folder)
    const again = await openLibrary(folder)
    const [run] = again.runs()
    again.close()
    return [run?.status.kind, run?.finished, run?.failed]
  }
  // The backup was made while the run was queued, as after a crash.
  rmSync(catalogue)
  assert.deepEqual(await rebuilt(), ['done', 3, 1])
  for (const name of readdirSync(backups)) rmSync(path.join(backups, name))
  rmSync(catalogue)
  assert.deepEqual(await rebuilt(), ['interrupted', 3, 0])
})
