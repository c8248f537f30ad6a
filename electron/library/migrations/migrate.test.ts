import assert from 'node:assert/strict'
import path from 'node:path'
import { test, type TestContext } from 'node:test'

import { applicationId, connect, type WritableDatabase } from '../connection.ts'
import { temporaryFolder } from '../testing/fixtures.ts'
import { migrations } from './index.ts'
import { migrate, newestVersion, schemaVersion, type Migration } from './migrate.ts'

const first: Migration = {
  version: 1,
  slug: 'first',
  apply: (db) => db.exec('CREATE TABLE first (a INTEGER) STRICT'),
}
const second: Migration = {
  version: 2,
  slug: 'second',
  apply: (db) => db.exec('ALTER TABLE first ADD COLUMN b TEXT'),
}
const broken: Migration = {
  version: 2,
  slug: 'broken',
  apply(db) {
    db.exec('ALTER TABLE first ADD COLUMN b TEXT')
    throw new Error('half way')
  },
}

function emptyDatabase(t: TestContext): WritableDatabase {
  const db = connect(path.join(temporaryFolder(), 'x.db'))
  t.after(() => db.close())
  return db
}

const columns = (db: WritableDatabase): readonly unknown[] =>
  db.prepare(`SELECT name FROM pragma_table_info('first')`).pluck().all()

test('a new catalogue gets every migration in order, and nothing is copied before', (t) => {
  const db = emptyDatabase(t)
  migrate(db, [first, second], () => assert.fail('there was nothing to copy'))
  assert.deepEqual(columns(db), ['a', 'b'])
  assert.equal(schemaVersion(db), 2)
  assert.equal(db.pragma('application_id', { simple: true }), applicationId)
})

test('an older catalogue gets what it lacks, after one copy of the old state', (t) => {
  const db = emptyDatabase(t)
  migrate(db, [first], () => undefined)
  const copied: number[] = []
  migrate(db, [first, second], () => copied.push(schemaVersion(db)))
  migrate(db, [first, second], () => assert.fail('it was up to date'))
  assert.deepEqual(copied, [1])
  assert.deepEqual(columns(db), ['a', 'b'])
})

test('a copy that fails stops the migration before it starts', (t) => {
  const db = emptyDatabase(t)
  migrate(db, [first], () => undefined)
  assert.throws(
    () =>
      migrate(db, [first, second], () => {
        throw new Error('no room for a copy')
      }),
    /no room/,
  )
  assert.deepEqual(columns(db), ['a'])
})

test('a migration that fails half way leaves tables and version as they were, and can be tried again', (t) => {
  const db = emptyDatabase(t)
  migrate(db, [first], () => undefined)
  assert.throws(() => migrate(db, [first, broken], () => undefined), /half way/)
  assert.deepEqual(columns(db), ['a'])
  assert.equal(schemaVersion(db), 1)
  migrate(db, [first, second], () => undefined)
  assert.equal(schemaVersion(db), 2)
})

test('a list of migrations with a gap, a repetition or the wrong order is refused', () => {
  for (const list of [[second], [first, first], [second, first]]) {
    assert.throws(() => newestVersion(list), /expected version \d at this place/)
  }
})

test('every table of the catalogue is strict', (t) => {
  const db = emptyDatabase(t)
  migrate(db, migrations, () => undefined)
  const tables = db
    .prepare(
      `SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite_%' ORDER BY name`,
    )
    .all()
  assert.deepEqual(
    tables,
    ['candidates', 'images', 'runs', 'scores'].map((name) => ({ name, strict: 1 })),
  )
})

test('the tables refuse what must never be stored', (t) => {
  const db = emptyDatabase(t)
  migrate(db, migrations, () => undefined)
  const hash = 'a'.repeat(64)
  db.exec(`
    INSERT INTO runs (created_at, spec, unknown_words, status) VALUES ('', '{}', '[]', 'queued');
    INSERT INTO images VALUES ('${hash}', 1, 1, 1);
    INSERT INTO candidates VALUES (1, 1, 'search', 0, 1, '{}', '${hash}', 1, 1, 0.5, '${hash}');
  `)
  const refused: readonly (readonly [sql: string, why: RegExp])[] = [
    [`INSERT INTO scores VALUES (1, 'clip_score', NULL)`, /NOT NULL/],
    [`INSERT INTO scores VALUES (1, 'clip_score', 9e999)`, /CHECK/],
    [`INSERT INTO scores VALUES (2, 'clip_score', 1)`, /FOREIGN KEY/],
    [`INSERT INTO candidates VALUES (2, 1, 'search', 0, 1, '{}', '${hash}', 1, 1, 1, '${hash}')`, /UNIQUE/],
    [`INSERT INTO candidates VALUES (2, 1, 'other', 0, 1, '{}', '${hash}', 1, 1, 1, '${hash}')`, /CHECK/],
    [
      `INSERT INTO candidates VALUES (2, 1, 'search', 1, 1, '{}', '${hash}', 1, 1, 1, '${'b'.repeat(64)}')`,
      /FOREIGN KEY/,
    ],
    [
      `INSERT INTO candidates VALUES (2, 9, 'search', 1, 1, '{}', '${hash}', 1, 1, 1, '${hash}')`,
      /FOREIGN KEY/,
    ],
    [`UPDATE runs SET status = 'failed'`, /CHECK/],
    [`UPDATE runs SET status = 'gone'`, /CHECK/],
    [`UPDATE runs SET spec = 'no json'`, /CHECK/],
  ]
  for (const [sql, why] of refused) assert.throws(() => db.exec(sql), why, sql)
})

test('a run of the first version keeps its verifier as its guide, with nothing held out', (t) => {
  const db = emptyDatabase(t)
  migrate(db, migrations.slice(0, 1), () => undefined)
  db.exec(`
    INSERT INTO runs (created_at, spec, unknown_words, status)
    VALUES ('', '{"prompt":"a star","pack":"scenes","verifier":"clip_score","steps":5}', '[]', 'queued'),
           ('', '{"prompt":"no verifier"}', '[]', 'queued');
  `)
  migrate(db, migrations, () => undefined)
  const specs = db.prepare<[], { spec: string }>('SELECT spec FROM runs ORDER BY id').all()
  assert.deepEqual(
    specs.map(({ spec }) => JSON.parse(spec) as unknown),
    [
      { prompt: 'a star', pack: 'scenes', steps: 5, guide: ['clip_score'], heldOut: [] },
      { prompt: 'no verifier' },
    ],
  )
})
