import assert from 'node:assert/strict'
import { chmodSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'

import { createCatalogue, openCatalogue } from './catalogue.ts'
import { guarded } from './faults.ts'
import { diskWriter, type ImageWriter } from './image-files.ts'
import { layoutOf } from './layout.ts'
import { openLibrary } from './open.ts'
import { insertRun, listRuns } from './runs.ts'
import { expectSound } from './testing/expect-sound.ts'
import { candidateOf, pictureOf, provenanceOf, specOf, temporaryFolder } from './testing/fixtures.ts'
import { mountNamespace, runMounted } from './testing/processes.ts'

const unmountable =
  mountNamespace === null && 'this machine lets nobody mount; the same errors are tested by other means below'

type Said = { readonly error: { readonly code: string; readonly message: string } }

test(
  'a library on a read-only file system is refused with its folder and what to do',
  { skip: unmountable },
  async () => {
    const folder = temporaryFolder()
    ;(await openLibrary(folder)).close()
    const readOnly = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"'
    const { error } = runMounted(mountNamespace ?? [], readOnly, 'open', folder) as Said
    assert.equal(error.code, 'library_unwritable')
    assert.ok(error.message.includes(folder))
    assert.match(error.message, /choose another folder with --library/)
  },
)

test('a first start on a read-only file system is refused the same way', { skip: unmountable }, () => {
  const folder = temporaryFolder()
  const { error } = runMounted(
    mountNamespace ?? [],
    'mount -t tmpfs -o ro tmpfs "$1"',
    'open',
    folder,
  ) as Said
  assert.equal(error.code, 'library_unwritable')
})

test('a folder that cannot be made is refused, for root and everyone else', async () => {
  const file = path.join(temporaryFolder(), 'a file')
  writeFileSync(file, '')
  await assert.rejects(openLibrary(path.join(file, 'library')), {
    code: 'library_unwritable',
    message: /a file.library cannot \(E/,
  })
})

test(
  'a folder without the right to write is refused',
  {
    // Permission bits do not bind root, and mean little on Windows.
    skip:
      (process.getuid === undefined || process.getuid() === 0) &&
      'permissions do not bind this user; the read-only file system covers the same error',
  },
  async () => {
    const folder = temporaryFolder()
    chmodSync(folder, 0o555)
    await assert.rejects(openLibrary(folder), { code: 'library_unwritable' })
  },
)

test(
  'a disk that fills up: a named error, everything finished is kept and can be looked at, and it goes on when there is room',
  { skip: unmountable },
  () => {
    const folder = temporaryFolder()
    const said = runMounted(
      mountNamespace ?? [],
      'mount -t tmpfs -o size=1m tmpfs "$1"',
      'fill',
      folder,
    ) as Said & {
      readonly finished: number
      readonly keptWhenFull: number
      readonly keptAfterwards: number
    }
    assert.equal(said.error.code, 'library_full')
    assert.match(
      said.error.message,
      /\d\.\d MB free.*Everything finished before this is kept\. Free some space/,
    )
    assert.ok(said.keptWhenFull > 0)
    assert.equal(said.keptAfterwards, said.keptWhenFull + 1)
    assert.equal(said.finished, said.keptAfterwards)
  },
)

for (const [code, expected] of [
  ['ENOSPC', 'library_full'],
  ['EDQUOT', 'library_full'],
  ['EROFS', 'library_unwritable'],
  ['EIO', 'library_unwritable'],
] as const) {
  test(`${code} while a picture is written (played by the image writer) is ${expected}; no row, no half file, and it can go on`, async () => {
    let broken = true
    const writer: ImageWriter = {
      ...diskWriter,
      async write(file, bytes) {
        await diskWriter.write(file, broken ? bytes.subarray(0, 100) : bytes)
        if (broken) throw Object.assign(new Error(`${code}: write`), { code })
      },
    }
    const folder = temporaryFolder()
    const library = await openLibrary(folder, 'cli', writer)
    const runId = library.createRun(specOf(), [])
    const add = () => library.addCandidate(candidateOf(runId, 0), pictureOf(0), provenanceOf(specOf()), null)
    await assert.rejects(add(), { code: expected })
    assert.equal(library.run(runId).finished, 0)
    assert.deepEqual(readdirSync(layoutOf(folder).imagesTmp), [])
    broken = false
    const { imageSha256 } = await add()
    library.close()
    assert.deepEqual(expectSound(folder), { rows: new Set([imageSha256]), orphans: [] })
  })
}

test('a catalogue that may not grow (a real SQLITE_FULL) is library_full, keeps its rows and goes on with room', (t) => {
  const layout = layoutOf(temporaryFolder())
  createCatalogue(layout.catalogue)
  const db = openCatalogue(layout, layout.catalogue, () => undefined)
  t.after(() => db.close())
  db.pragma(`max_page_count = ${Number(db.pragma('page_count', { simple: true })) + 4}`)
  const spec = specOf({ prompt: 'x'.repeat(2000) })
  let written = 0
  const write = (): void => {
    guarded(layout, () => insertRun(db, spec, [], new Date()))
    written += 1
  }
  assert.throws(
    () => {
      while (written < 100) write()
    },
    { code: 'library_full' },
  )
  assert.equal(listRuns(db).length, written)
  db.pragma('max_page_count = 1000000')
  write()
  assert.equal(listRuns(db).length, written)
  assert.ok(written > 1)
})

test('an error that is none of the disk passes unchanged', () => {
  const error = new RangeError('a defect')
  assert.throws(
    () =>
      guarded(layoutOf(temporaryFolder()), () => {
        throw error
      }),
    (thrown) => thrown === error,
  )
})
