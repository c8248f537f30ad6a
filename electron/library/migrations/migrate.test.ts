import assert from 'node:assert/strict'
import path from 'node:path'
import { test, type TestContext } from 'node:test'

import { applicationId, connect, makeDurable, type WritableDatabase } from '../connection.ts'
import { temporaryFolder } from '../testing/fixtures.ts'
import { startProcess } from '../testing/processes.ts'
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
    [
      ...['board_pictures', 'boards', 'candidates', 'failures', 'features', 'images', 'interventions'],
      ...['outside_images', 'pictures', 'preferences', 'runs', 'scores', 'states', 'verdicts', 'votes'],
    ].map((name) => ({ name, strict: 1 })),
  )
})

/** A row of the candidates table; `columns` replaces some of its values, each as SQL. */
function candidateRow(columns: Readonly<Record<string, string>> = {}): string {
  const row = {
    ...{
      id: '2',
      run_id: '1',
      arm: `'search'`,
      seq: '1',
      round: '0',
      parent: 'NULL',
      level: '0',
      steps: '1',
    },
    ...{ recipe: `'{}'`, noise_sha256: `'${hash}'`, nfe: '1', forward_passes: '1', verifier_calls: '1' },
    ...{ gflop: '0.5', seconds: '0.5', image_sha256: `'${hash}'`, ...columns },
  }
  return `INSERT INTO candidates (${Object.keys(row).join()}) VALUES (${Object.values(row).join()})`
}

const hash = 'a'.repeat(64)

test('the tables refuse what must never be stored', (t) => {
  const db = emptyDatabase(t)
  migrate(db, migrations, () => undefined)
  db.exec(`
    INSERT INTO runs (created_at, spec, unknown_words, status) VALUES ('', '{}', '[]', 'queued');
    INSERT INTO images VALUES ('${hash}', 1, 1, 1);
    ${candidateRow({ id: '1', seq: '0' })};
  `)
  const outside = (values: string): string =>
    `INSERT INTO outside_images (picture_id, image_sha256, name, prompt, added_at) VALUES (${values})`
  db.exec(`
    INSERT INTO pictures (id, candidate_id) VALUES (1, 1), (-1, NULL), (-2, NULL);
    INSERT INTO boards (name) VALUES ('a board');
    INSERT INTO board_pictures (board_id, picture_id) VALUES (1, -1);
  `)
  const intervene = (values: string): string =>
    `INSERT INTO interventions (run_id, round, until, kind, seq, cosine, count, first_seq) VALUES (${values})`
  const refused: readonly (readonly [sql: string, why: RegExp])[] = [
    [`INSERT INTO scores VALUES (1, 'clip_score', NULL)`, /NOT NULL/],
    [`INSERT INTO scores VALUES (1, 'clip_score', 9e999)`, /CHECK/],
    [`INSERT INTO scores VALUES (2, 'clip_score', 1)`, /FOREIGN KEY/],
    [candidateRow({ seq: '0' }), /UNIQUE/],
    [candidateRow({ arm: `'other'` }), /CHECK/],
    [candidateRow({ image_sha256: `'${'b'.repeat(64)}'` }), /FOREIGN KEY/],
    [candidateRow({ run_id: '9' }), /FOREIGN KEY/],
    [candidateRow({ round: '-1' }), /CHECK/],
    [candidateRow({ level: '-0.1' }), /CHECK/],
    [candidateRow({ level: 'NULL' }), /NOT NULL/],
    [candidateRow({ gflop: '9e999' }), /CHECK/],
    [candidateRow({ verifier_calls: '-1' }), /CHECK/],
    // A candidate of the search comes from an earlier one, a final image from the one that it repeats.
    [candidateRow({ parent: '1' }), /CHECK/],
    [candidateRow({ parent: '7' }), /CHECK/],
    [candidateRow({ arm: `'baseline'`, parent: '0' }), /CHECK/],
    [candidateRow({ arm: `'final'`, parent: '0' }), /CHECK/],
    [candidateRow({ arm: `'final'` }), /CHECK/],
    [`INSERT INTO states VALUES (2, 0, 0, x'00', '${hash}')`, /FOREIGN KEY/],
    [`INSERT INTO states VALUES (1, -1, 0, x'00', '${hash}')`, /CHECK/],
    [`INSERT INTO states VALUES (1, 0, 0, x'00', 'short')`, /CHECK/],
    [intervene(`9, 0, NULL, 'pin', 0, NULL, NULL, NULL`), /FOREIGN KEY/],
    [intervene(`1, 0, NULL, 'push', 0, NULL, NULL, NULL`), /CHECK/],
    [intervene(`1, 3, 2, 'pin', 0, NULL, NULL, NULL`), /CHECK/],
    [intervene(`1, 0, NULL, 'pin', 0, 0.9, NULL, NULL`), /CHECK/],
    [intervene(`1, 0, NULL, 'branch', 0, 0.9, NULL, 4`), /CHECK/],
    [intervene(`1, 0, NULL, 'branch', 0, 1.1, 2, 4`), /CHECK/],
    [intervene(`1, 0, NULL, 'branch', 4, 0.9, 2, 4`), /CHECK/],
    // A candidate's picture has its number, an image from outside a negative one.
    [`INSERT INTO pictures (id, candidate_id) VALUES (2, NULL)`, /CHECK/],
    [`INSERT INTO pictures (id, candidate_id) VALUES (0, NULL)`, /CHECK/],
    [`INSERT INTO pictures (id, candidate_id) VALUES (-3, 1)`, /CHECK/],
    [`INSERT INTO pictures (id, candidate_id) VALUES (9, 9)`, /FOREIGN KEY/],
    [`UPDATE pictures SET rating = 6 WHERE id = 1`, /CHECK/],
    [`UPDATE pictures SET flag = 'maybe' WHERE id = 1`, /CHECK/],
    [outside(`1, '${hash}', '', '', ''`), /CHECK/],
    [outside(`-9, '${hash}', '', '', ''`), /FOREIGN KEY/],
    [outside(`-1, '${'b'.repeat(64)}', '', '', ''`), /FOREIGN KEY/],
    [
      `INSERT INTO outside_images (picture_id, image_sha256, name, prompt, added_at, removed) VALUES (-1, '${hash}', '', '', '', 2)`,
      /CHECK/,
    ],
    [`INSERT INTO boards (name) VALUES ('')`, /CHECK/],
    [`INSERT INTO board_pictures (board_id, picture_id) VALUES (1, -1)`, /UNIQUE/],
    [`INSERT INTO board_pictures (board_id, picture_id) VALUES (1, 9)`, /FOREIGN KEY/],
    [`INSERT INTO votes (voted_at, winner, loser) VALUES ('', 1, 1)`, /CHECK/],
    [`INSERT INTO votes (voted_at, winner, loser) VALUES ('', 1, 9)`, /FOREIGN KEY/],
    [`INSERT INTO verdicts VALUES (1, 'clip_score', 9e999, '')`, /CHECK/],
    [`INSERT INTO verdicts VALUES (9, 'clip_score', 1, '')`, /FOREIGN KEY/],
    [`INSERT INTO features VALUES (1, '${hash}', '${hash}', x'000000')`, /CHECK/],
    [`INSERT INTO features VALUES (1, '${'b'.repeat(64)}', '${hash}', x'00000000')`, /FOREIGN KEY/],
    [`INSERT INTO preferences VALUES ('theme', 'no json')`, /CHECK/],
    [`UPDATE runs SET status = 'failed'`, /CHECK/],
    [`UPDATE runs SET status = 'gone'`, /CHECK/],
    [`UPDATE runs SET spec = 'no json'`, /CHECK/],
  ]
  for (const [sql, why] of refused) assert.throws(() => db.exec(sql), why, sql)
  // And these are taken, so that what was refused was refused for its own reason.
  const taken = [
    candidateRow({ parent: '0', level: '0.4', round: '3' }),
    candidateRow({ id: '3', arm: `'baseline'` }),
    candidateRow({ id: '4', arm: `'final'`, parent: '1', gflop: 'NULL', seconds: 'NULL' }),
    `INSERT INTO states VALUES (1, 0, 0, x'00', '${hash}')`,
    intervene(`1, 0, NULL, 'pin', 0, NULL, NULL, NULL`),
    intervene(`1, 2, 2, 'branch', 0, 0.9, 2, 4`),
    outside(`-1, '${hash}', 'a.png', '', ''`),
    `UPDATE pictures SET rating = 5, flag = 'reject' WHERE id = 1`,
    `INSERT INTO board_pictures (board_id, picture_id) VALUES (1, 1)`,
    `INSERT INTO votes (voted_at, winner, loser) VALUES ('', 1, -1)`,
    `INSERT INTO verdicts VALUES (1, 'clip_score', NULL, ''), (-1, 'clip_score', 0.5, '')`,
    `INSERT INTO features VALUES (1, '${hash}', '${hash}', x'00000000')`,
    `INSERT INTO preferences VALUES ('theme', '"dark"')`,
    `UPDATE runs SET status = 'paused'`,
  ]
  for (const sql of taken) db.exec(sql)
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

/** A catalogue of version 2 with every kind of row, as that version wrote them. */
function versionTwo(db: WritableDatabase): void {
  migrate(db, migrations.slice(0, 2), () => undefined)
  const other = 'b'.repeat(64)
  db.exec(`
    INSERT INTO runs VALUES
      (3, '2026-11-01T00:00:00.000Z', '{"guide":["clip_score","pick_score"]}', '["glim"]', 'done', NULL, 'cpu'),
      (7, '2026-11-02T00:00:00.000Z', '{"guide":["clip_score"]}', '[]', 'failed', '{"code":"internal"}', NULL);
    INSERT INTO images VALUES ('${hash}', 10, 2, 3), ('${other}', 20, 4, 5);
    INSERT INTO candidates VALUES
      (5, 3, 'search', 0, 12, '{"a":1}', '${hash}', 12, 24, 0.5, '${hash}'),
      (6, 3, 'baseline', 0, 20, '{"a":2}', '${hash}', 20, 40, NULL, '${other}'),
      (9, 7, 'search', 4, 12, '{"a":3}', '${other}', 12, 12, 0.25, '${hash}');
    INSERT INTO scores VALUES (5, 'clip_score', 0.3), (5, 'pick_score', 20.5), (9, 'clip_score', -1);
  `)
}

test('a catalogue of version 2 keeps every row, with what is new about it said as far as it is known', (t) => {
  const db = emptyDatabase(t)
  versionTwo(db)
  const select = (sql: string): readonly unknown[] => db.prepare(sql).raw().all()
  const kept = {
    runs: 'SELECT id, created_at, spec, unknown_words, status, error, device FROM runs ORDER BY id',
    images: 'SELECT * FROM images ORDER BY sha256',
    scores: 'SELECT * FROM scores ORDER BY candidate_id, verifier',
    candidates: `SELECT id, run_id, arm, seq, steps, recipe, noise_sha256, nfe, forward_passes, seconds, image_sha256
                   FROM candidates ORDER BY id`,
  }
  const before = Object.values(kept).map(select)
  migrate(db, migrations, () => undefined)
  assert.deepEqual(Object.values(kept).map(select), before)
  assert.deepEqual(
    before.map(({ length }) => length),
    [2, 2, 3, 3],
  )
  assert.deepEqual(
    select('SELECT id, round, parent, level, verifier_calls, gflop FROM candidates ORDER BY id'),
    // Every verifier of the guide was asked; what a forward pass took was not written down.
    [
      [5, 0, null, 0, 2, null],
      [6, 0, null, 0, 2, null],
      [9, 0, null, 0, 1, null],
    ],
  )
  assert.deepEqual(
    select('SELECT id, candidate_id, flag, rating FROM pictures ORDER BY id'),
    [5, 6, 9].map((id) => [id, id, null, 0]),
    'each has its picture, unmarked',
  )
  assert.deepEqual(db.pragma('foreign_key_check'), [])
  assert.equal(db.pragma('integrity_check', { simple: true }), 'ok')
  const next = db.prepare(
    `INSERT INTO runs (created_at, spec, unknown_words, status) VALUES ('', '{}', '[]', 'queued')`,
  )
  assert.equal(next.run().lastInsertRowid, 8, 'no id is used twice')
})

test('runs of an earlier version keep their order in the queue, that of their numbers', (t) => {
  const db = emptyDatabase(t)
  versionTwo(db)
  migrate(db, migrations, () => undefined)
  const places = db.prepare('SELECT id, queue_place FROM runs ORDER BY queue_place').raw().all()
  assert.deepEqual(places, [
    [3, 3],
    [7, 7],
  ])
})

test('the catalogue is the same whether it grew through the versions or began with the newest', (t) => {
  const schema = (db: WritableDatabase): readonly unknown[] =>
    db.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name').all()
  const [grown, begun] = [emptyDatabase(t), emptyDatabase(t)]
  versionTwo(grown)
  migrate(grown, migrations, () => undefined)
  migrate(begun, migrations, () => undefined)
  assert.deepEqual(schema(grown), schema(begun))
  assert.ok(!JSON.stringify(schema(begun)).includes('old_'))
})

test('a process that is killed while it migrates leaves the version before, whole', async (t) => {
  const folder = temporaryFolder()
  const file = path.join(folder, 'x.db')
  const first = connect(file)
  makeDurable(first)
  versionTwo(first)
  migrate(first, migrations.slice(0, -1), () => undefined)
  const contents = first.prepare('SELECT * FROM candidates JOIN scores ON candidate_id = id')
  const before = contents.all()
  first.close()

  const victim = startProcess('migrate', file)
  t.after(() => victim.kill())
  const said: unknown[] = []
  for await (const line of victim.lines) said.push(line)
  assert.deepEqual(said, [{ pictures: 3 }], 'it died with the new tables made and filled')

  const db = connect(file)
  t.after(() => db.close())
  assert.equal(schemaVersion(db), migrations.length - 1)
  assert.equal(db.pragma('integrity_check', { simple: true }), 'ok')
  assert.deepEqual(db.prepare('SELECT * FROM candidates JOIN scores ON candidate_id = id').all(), before)
  migrate(db, migrations, () => undefined)
  assert.equal(db.prepare('SELECT count(*) FROM pictures').pluck().get(), 3)
})
