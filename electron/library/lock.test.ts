import assert from 'node:assert/strict'
import { existsSync, statSync } from 'node:fs'
import { test } from 'node:test'

import { layoutOf } from './layout.ts'
import { openLibrary } from './open.ts'
import { temporaryFolder } from './testing/fixtures.ts'
import { startProcess } from './testing/processes.ts'

test('a second process is refused while the first has the library, and let in after kill -9 of the first', async (t) => {
  const folder = temporaryFolder()
  const holder = startProcess('hold', folder)
  t.after(() => holder.kill())
  assert.equal((await holder.lines.next()).value, 'open')

  await assert.rejects(openLibrary(folder), {
    code: 'library_locked',
    message:
      `Expected the library ${folder} to be free, found it open in another Goldpan (browser, process ${holder.pid}). ` +
      'Close the other one, or choose another folder with --library.',
  })

  await holder.kill()
  assert.ok(existsSync(layoutOf(folder).holder), 'the killed process left its note')
  const library = await openLibrary(folder)
  library.close()
})

test('a second opening in the same process is refused, and does not let others in', async (t) => {
  const folder = temporaryFolder()
  const library = await openLibrary(folder)
  await assert.rejects(openLibrary(folder), { code: 'library_locked' })

  // POSIX drops a process's locks when any descriptor of the file is closed: the refusal must not have done that.
  const other = startProcess('open', folder)
  t.after(() => other.kill())
  const said = (await other.lines.next()).value as { error: { code: string } }
  assert.equal(said.error.code, 'library_locked')
  library.close()
})

test('the lock is an empty file, and its note goes when the library is closed', async () => {
  const folder = temporaryFolder()
  const layout = layoutOf(folder)
  const library = await openLibrary(folder, 'desktop')
  assert.ok(existsSync(layout.holder))
  assert.equal(statSync(layout.lock).size, 0)
  library.close()
  assert.equal(existsSync(layout.holder), false)
  ;(await openLibrary(folder)).close()
})
