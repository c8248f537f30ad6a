import assert from 'node:assert/strict'
import Database from 'better-sqlite3'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'

import type { Library } from '../core/runs/adapters.ts'
import { openCatalogue } from './catalogue.ts'
import { applicationId } from './connection.ts'
import { sha256Of } from './image-files.ts'
import { imagePath, layoutOf } from './layout.ts'
import { openLibrary } from './open.ts'
import { encodePng, recordOf } from './png.ts'
import { rebuildLibrary } from './rebuild.ts'
import { candidateOf, pictureOf, provenanceOf, specOf, temporaryFolder } from './testing/fixtures.ts'

/** Every file of a library but its lock, with its content's hash: equal before and after means untouched. */
function snapshot(folder: string): Readonly<Record<string, string>> {
  const { lock } = layoutOf(folder)
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => file !== lock)
  return Object.fromEntries(files.map((file) => [path.relative(folder, file), sha256Of(readFileSync(file))]))
}

async function addOne(library: Library, seq = 0): Promise<string> {
  const runId = library.createRun(specOf(), [])
  const added = await library.addCandidate(
    candidateOf(runId, seq),
    pictureOf(seq),
    provenanceOf(specOf()),
    null,
  )
  return added.imageSha256
}

test('the first opening makes the folder, however deep, and everything in it', async () => {
  const folder = path.join(temporaryFolder(), 'my', 'Bücher 📚', 'library')
  const library = await openLibrary(folder)
  assert.equal(library.path, folder)
  assert.deepEqual(library.runs(), [])
  library.close()
  const layout = layoutOf(folder)
  for (const place of [layout.marker, layout.catalogue, layout.imagesTmp, layout.backups]) {
    assert.ok(existsSync(place), place)
  }
})

test('a candidate that was kept by an earlier version is the same when it is made again', async (t) => {
  const folder = temporaryFolder()
  const layout = layoutOf(folder)
  const spec = specOf()
  const old = encodePng(pictureOf(4), recordOf(candidateOf(1, 0), provenanceOf(spec), 3))
  const file = imagePath(layout, sha256Of(old))
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, old)
  await rebuildLibrary(folder)
  const library = await openLibrary(folder)
  t.after(() => {
    library.close()
  })
  const again = await library.addCandidate(candidateOf(1, 0), pictureOf(4), provenanceOf(spec), null)
  assert.equal(again.imageSha256, sha256Of(old))
  assert.deepEqual(readFileSync(file), Buffer.from(old))
  const another = library.addCandidate(candidateOf(1, 0), pictureOf(5), provenanceOf(spec), null)
  await assert.rejects(another, { code: 'internal', message: /found another/ })
})

test('what was written is there when the library is opened again', async (t) => {
  const folder = temporaryFolder()
  const first = await openLibrary(folder)
  const imageSha256 = await addOne(first)
  const before = first.run(1)
  first.setStatus(1, { kind: 'done' })
  first.close()

  const second = await openLibrary(folder)
  t.after(() => second.close())
  assert.deepEqual(second.run(1), { ...before, status: { kind: 'done' } })
  const file = second.imageFile(imageSha256)
  assert.ok(file !== null && path.isAbsolute(file))
  assert.equal(sha256Of(readFileSync(file)), imageSha256)
})

test('an image comes back pixel by pixel, and one that is lost or altered is said to be', async (t) => {
  const folder = temporaryFolder()
  const library = await openLibrary(folder)
  t.after(() => library.close())
  const [first, second] = [await addOne(library, 3), await addOne(library, 4)]
  assert.deepEqual(await library.readImage(first), pictureOf(3))
  assert.deepEqual(await library.readImage(second), pictureOf(4))
  await assert.rejects(library.readImage('0'.repeat(64)), { code: 'not_found' })
  await assert.rejects(library.readImage('../../catalogue'), { code: 'not_found' })
  const fileOf = (sha256: string) => library.imageFile(sha256) ?? ''
  copyFileSync(fileOf(second), fileOf(first))
  await assert.rejects(library.readImage(first), { code: 'library_damaged', message: /altered/ })
  rmSync(fileOf(second))
  await assert.rejects(library.readImage(second), { code: 'library_damaged', message: /gone/ })
})

test('a hash that the catalogue does not know, or that is none, has no file', async (t) => {
  const folder = temporaryFolder()
  const library = await openLibrary(folder)
  t.after(() => library.close())
  assert.equal(library.imageFile('0'.repeat(64)), null)
  for (const hostile of [
    '',
    '..',
    '../../catalogue.db',
    `${'0'.repeat(63)}/`,
    '0'.repeat(64).toUpperCase(),
  ]) {
    assert.equal(library.imageFile(hostile), null)
  }
})

test('runs that were queued or running when the program ended are interrupted, others stay as they are', async (t) => {
  const folder = temporaryFolder()
  const failed = { kind: 'failed', error: { code: 'engine_died', message: 'The engine ended.' } } as const
  const statuses = [
    { kind: 'queued' },
    { kind: 'running' },
    { kind: 'paused' },
    { kind: 'done' },
    { kind: 'cancelled' },
    { kind: 'interrupted' },
    failed,
  ] as const
  const first = await openLibrary(folder)
  for (const status of statuses) first.setStatus(first.createRun(specOf(), []), status)
  assert.deepEqual(
    first.runs().map(({ status }) => status),
    statuses.toReversed(),
  )
  first.close()

  const second = await openLibrary(folder)
  t.after(() => second.close())
  assert.deepEqual(
    second.runs().map(({ status }) => status),
    [
      failed,
      { kind: 'interrupted' },
      { kind: 'cancelled' },
      { kind: 'done' },
      { kind: 'paused' },
      { kind: 'interrupted' },
      { kind: 'interrupted' },
    ],
  )
})

test('the connection has the settings that make a commit survive a power cut', async (t) => {
  const folder = temporaryFolder()
  ;(await openLibrary(folder)).close()
  const layout = layoutOf(folder)
  const db = openCatalogue(layout, layout.catalogue, () => undefined)
  t.after(() => db.close())
  const settings = Object.fromEntries(
    [
      'journal_mode',
      'locking_mode',
      'synchronous',
      'fullfsync',
      'checkpoint_fullfsync',
      'foreign_keys',
      'trusted_schema',
      'cell_size_check',
      'application_id',
      'user_version',
    ].map((name) => [name, db.pragma(name, { simple: true })]),
  )
  assert.deepEqual(settings, {
    journal_mode: 'wal',
    locking_mode: 'exclusive',
    synchronous: 2,
    fullfsync: 1,
    checkpoint_fullfsync: 1,
    foreign_keys: 1,
    trusted_schema: 0,
    cell_size_check: 1,
    application_id: applicationId,
    user_version: 6,
  })
})

test('SQLite is 3.51.3 or newer: older ones can damage a WAL', () => {
  const db = new Database(':memory:')
  const version = db.prepare<[], string>('SELECT sqlite_version()').pluck().get() ?? ''
  db.close()
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  assert.ok(major * 1e6 + minor * 1e3 + patch >= 3_051_003, version)
})

/** What can happen to a catalogue while nobody looks, and what the refusal must name. */
const damages: Readonly<Record<string, readonly [damage: (catalogue: string) => void, names: RegExp]>> = {
  missing: [(file) => rmSync(file), /no catalogue\.db although the folder has a marker/],
  empty: [(file) => truncateSync(file, 0), /an empty catalogue\.db although the folder has a marker/],
  'a text file': [(file) => writeFileSync(file, 'This is a broken DB'), /no SQLite database/],
  'without its header': [
    (file) => writeFileSync(file, Buffer.concat([Buffer.alloc(100), readFileSync(file).subarray(100)])),
    /no SQLite database/,
  ],
  'cut in half': [(file) => truncateSync(file, statSync(file).size / 2), /SQLite cannot read/],
  "another program's": [
    (file) => {
      rmSync(file)
      const other = new Database(file)
      other.exec('CREATE TABLE songs (title TEXT)')
      other.close()
    },
    /another program's database/,
  ],
}

for (const [what, [damage, names]] of Object.entries(damages)) {
  test(`a catalogue that is ${what} is an alarm, not a first start, and nothing is touched`, async () => {
    const folder = temporaryFolder()
    const library = await openLibrary(folder)
    await addOne(library)
    library.close()
    damage(layoutOf(folder).catalogue)
    const before = snapshot(folder)

    await assert.rejects(openLibrary(folder), (error: { code: string; message: string }) => {
      assert.equal(error.code, 'library_damaged')
      assert.match(error.message, names)
      assert.match(error.message, /newest backup is .*catalogue-000001-v6-/)
      assert.match(error.message, /npm start -- rebuild --library/)
      return true
    })
    assert.deepEqual(snapshot(folder), before)
  })
}

test('images without a catalogue are an alarm even when the marker is gone', async () => {
  const folder = temporaryFolder()
  const layout = layoutOf(folder)
  mkdirSync(path.join(layout.images, 'ab'), { recursive: true })
  await assert.rejects(openLibrary(folder), {
    code: 'library_damaged',
    message: /although the folder has images/,
  })
  assert.equal(existsSync(layout.catalogue), false)
})

test('what a kill during the very first start leaves behind does not stop the next first start', async (t) => {
  const folder = temporaryFolder()
  const { catalogue } = layoutOf(folder)
  writeFileSync(`${catalogue}.draft`, 'half a catalogue')
  writeFileSync(`${catalogue}.draft-journal`, 'half a journal')
  writeFileSync(catalogue, '')
  const library = await openLibrary(folder)
  t.after(() => library.close())
  assert.equal(await addOne(library).then((sha256) => sha256.length), 64)
  assert.equal(existsSync(`${catalogue}.draft`), false)
})

for (const place of ['in the file', 'in the -wal'] as const) {
  test(`a library of a newer version, the version ${place}, is refused with the version that it needs`, async (t) => {
    const folder = temporaryFolder()
    const library = await openLibrary(folder)
    await addOne(library)
    library.close()
    const { catalogue } = layoutOf(folder)
    const newer = new Database(catalogue)
    newer.pragma('journal_mode = WAL')
    newer.pragma('user_version = 1000')
    if (place === 'in the -wal') {
      copyFileSync(catalogue, `${catalogue}.kept`)
      copyFileSync(`${catalogue}-wal`, `${catalogue}-wal.kept`)
    }
    newer.close()
    if (place === 'in the -wal') {
      copyFileSync(`${catalogue}.kept`, catalogue)
      copyFileSync(`${catalogue}-wal.kept`, `${catalogue}-wal`)
    }
    const before = snapshot(folder)
    await assert.rejects(openLibrary(folder), {
      code: 'library_newer',
      message: /Expected a library of version 6 or older, found version 1000 .*knows library version 1000/,
    })
    if (place === 'in the file') assert.deepEqual(snapshot(folder), before)
    const after = new Database(catalogue, { readonly: true })
    t.after(() => after.close())
    assert.equal(after.pragma('user_version', { simple: true }), 1000)
  })
}

test('emoji, right-to-left text and 2,000 characters come back exactly', async (t) => {
  const folder = temporaryFolder()
  const texts = [
    '👩‍👩‍👧‍👦 ⭐️ 🏳️‍🌈',
    'שלום \u202Eעולם\u202C مرحبا',
    "'; DROP TABLE runs; -- \\u0041",
    '\u0301'.repeat(2000),
  ]
  const prompts = [...texts, '⭐'.repeat(2000)]
  const first = await openLibrary(folder)
  for (const [index, prompt] of prompts.entries()) {
    const spec = specOf({ prompt })
    const runId = first.createRun(spec, [prompt])
    await first.addCandidate(candidateOf(runId, 0), pictureOf(index), provenanceOf(spec), null)
    first.setDevice(runId, prompt)
    first.setStatus(runId, { kind: 'failed', error: { code: 'internal', message: prompt, detail: prompt } })
  }
  first.close()

  const second = await openLibrary(folder)
  t.after(() => second.close())
  for (const [index, prompt] of prompts.entries()) {
    const { spec, unknownWords, device, status } = second.run(index + 1)
    assert.equal(spec.prompt, prompt)
    assert.deepEqual(unknownWords, [prompt])
    assert.equal(device, prompt)
    assert.deepEqual(status, {
      kind: 'failed',
      error: { code: 'internal', message: prompt, detail: prompt },
    })
  }
})

test('a closed library says so, and closing it twice is harmless', async () => {
  const folder = temporaryFolder()
  const library = await openLibrary(folder)
  library.close()
  library.close()
  assert.throws(() => library.runs(), { code: 'internal', message: /found a closed one/ })
})

test('the same recipe gives the same file in another library', async (t) => {
  const files = await Promise.all(
    [temporaryFolder(), temporaryFolder()].map(async (folder, index) => {
      const library = await openLibrary(folder)
      t.after(() => library.close())
      // A run before it in the second library, so that run ids differ; another time spent.
      if (index === 1) library.createRun(specOf({ prompt: 'another' }), [])
      const runId = library.createRun(specOf(), [])
      const candidate = candidateOf(runId, 3, { seconds: index + 1 })
      const { imageSha256 } = await library.addCandidate(
        candidate,
        pictureOf(3),
        provenanceOf(specOf()),
        null,
      )
      return { imageSha256, bytes: readFileSync(library.imageFile(imageSha256) ?? '') }
    }),
  )
  assert.deepEqual(files[0], files[1])
})
