import assert from 'node:assert/strict'
import Database from 'better-sqlite3'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'

import { listBackups } from './backup-files.ts'
import { backUp, backupFacts, backupsKept } from './backups.ts'
import { connect } from './connection.ts'
import { layoutOf } from './layout.ts'
import { migrations } from './migrations/index.ts'
import { migrate } from './migrations/migrate.ts'
import { openLibrary } from './open.ts'
import { candidateOf, pictureOf, provenanceOf, specOf, temporaryFolder } from './testing/fixtures.ts'

test('closing leaves a backup that opens by itself and holds every row', async (t) => {
  const folder = temporaryFolder()
  const library = await openLibrary(folder)
  const runId = library.createRun(specOf(), [])
  const { imageSha256 } = await library.addCandidate(
    candidateOf(runId, 0),
    pictureOf(0),
    provenanceOf(specOf()),
    null,
  )
  library.close()

  const [backup, ...more] = listBackups(layoutOf(folder))
  assert.deepEqual(more, [])
  assert.match(path.basename(backup?.file ?? ''), /^catalogue-000001-v6-\d{8}T\d{6}Z\.db$/)
  assert.deepEqual(readdirSync(layoutOf(folder).backups).length, 1, 'no half copy stays')
  const { newest, ...facts } = backupFacts(layoutOf(folder))
  assert.deepEqual(facts, { folder: layoutOf(folder).backups, count: 1 })
  assert.match(newest ?? '', /^\d{4}-\d\d-\d\dT.*Z$/)
  assert.equal(backupFacts(layoutOf(temporaryFolder())).newest, null)
  const copy = new Database(backup?.file, { readonly: true, fileMustExist: true })
  t.after(() => copy.close())
  assert.equal(copy.pragma('integrity_check', { simple: true }), 'ok')
  assert.equal(copy.pragma('user_version', { simple: true }), 6)
  assert.deepEqual(
    copy.prepare('SELECT run_id, image_sha256, score FROM candidates JOIN scores ON candidate_id = id').all(),
    [{ run_id: 1, image_sha256: imageSha256, score: 0.25 }],
  )
})

test('the copy before a migration holds the old version, also when the migration then fails', async (t) => {
  const folder = temporaryFolder()
  const layout = layoutOf(folder)
  const library = await openLibrary(folder)
  library.setStatus(library.createRun(specOf(), []), { kind: 'done' })
  library.close()
  for (const { file } of listBackups(layout)) rmSync(file)

  const db = connect(layout.catalogue)
  t.after(() => db.close())
  const failing = {
    version: migrations.length + 1,
    slug: 'fails',
    apply() {
      db.exec('DELETE FROM runs')
      throw new Error('half way')
    },
  }
  assert.throws(() => migrate(db, [...migrations, failing], () => backUp(db, layout)), /half way/)
  assert.equal(db.prepare('SELECT count(*) FROM runs').pluck().get(), 1)
  const copy = new Database(listBackups(layout)[0]?.file, { readonly: true, fileMustExist: true })
  t.after(() => copy.close())
  assert.equal(copy.pragma('user_version', { simple: true }), migrations.length)
  assert.equal(copy.prepare('SELECT count(*) FROM runs').pluck().get(), 1)
})

test('opening to look leaves no backup', async () => {
  const folder = temporaryFolder()
  const first = await openLibrary(folder)
  first.setStatus(first.createRun(specOf(), []), { kind: 'done' })
  first.close()
  const before = listBackups(layoutOf(folder))
  assert.equal(before.length, 1)
  const second = await openLibrary(folder)
  second.runs()
  second.close()
  assert.deepEqual(listBackups(layoutOf(folder)), before)
})

test('the newest ten backups stay, by number, whatever the clock says', async () => {
  const folder = temporaryFolder()
  const layout = layoutOf(folder)
  ;(await openLibrary(folder)).close()
  for (const { file } of listBackups(layout)) rmSync(file)
  // Made while the clock was a hundred years ahead.
  for (let number = 1; number <= backupsKept; number += 1) {
    writeFileSync(
      path.join(layout.backups, `catalogue-${String(number).padStart(6, '0')}-v1-21261121T120000Z.db`),
      '',
    )
  }
  writeFileSync(path.join(layout.backups, 'notes of mine.txt'), '')
  const library = await openLibrary(folder)
  library.createRun(specOf(), [])
  library.close()
  assert.deepEqual(
    listBackups(layout).map(({ number }) => number),
    [2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
  )
  assert.ok(readdirSync(layout.backups).includes('notes of mine.txt'))
})

test('a backup that cannot be made is said aloud, and the library is closed all the same', async (t) => {
  const folder = temporaryFolder()
  const { backups } = layoutOf(folder)
  const library = await openLibrary(folder)
  library.createRun(specOf(), [])
  rmSync(backups, { recursive: true })
  writeFileSync(backups, 'a file where the folder should be')
  const warned = new Promise<Error>((resolve) => process.once('warning', resolve))
  library.close()
  assert.match((await warned).message, /closed without a new backup/)
  rmSync(backups)
  mkdirSync(backups)
  const again = await openLibrary(folder)
  t.after(() => again.close())
  assert.equal(again.runs().length, 1)
})

test(
  'closing a library whose folder has vanished does not make the folder again',
  { skip: process.platform === 'win32' && 'Windows does not let go of the folder of an open file' },
  async () => {
    const folder = temporaryFolder()
    const library = await openLibrary(folder)
    library.createRun(specOf(), [])
    rmSync(folder, { recursive: true })
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve))
    library.close()
    assert.match((await warned).message, /closed without a new backup.*Check that the drive is connected/)
    assert.equal(existsSync(folder), false)
  },
)
