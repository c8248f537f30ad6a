import assert from 'node:assert/strict'
import Database from 'better-sqlite3'
import { readFileSync } from 'node:fs'
import { test, type TestContext } from 'node:test'

import { parseRunSpec, type RunSpec } from '../../shared/run-spec.ts'
import type { Library, NewCandidate } from '../core/runs/adapters.ts'
import { layoutOf } from './layout.ts'
import { openLibrary } from './open.ts'
import { readRecipe } from './png.ts'
import { candidateOf, pictureOf, provenanceOf, specOf, temporaryFolder } from './testing/fixtures.ts'
import { startProcess } from './testing/processes.ts'

/** Adds a search candidate for each score; null is a verifier that failed. */
async function addScored(library: Library, runId: number, scores: readonly (number | null)[]): Promise<void> {
  for (const [seq, score] of scores.entries()) {
    await library.addCandidate(
      candidateOf(runId, seq, { scores: score === null ? {} : { clip_score: score } }),
      pictureOf(runId * 100 + seq),
      provenanceOf(specOf()),
      null,
    )
  }
}

async function openedLibrary(t: TestContext): Promise<Library> {
  const library = await openLibrary(temporaryFolder())
  t.after(() => library.close())
  return library
}

test('a new run is queued, has nothing finished and no best', async (t) => {
  const library = await openedLibrary(t)
  const runId = library.createRun(specOf(), ['purpleish'])
  const { createdAt, ...rest } = library.run(runId)
  assert.match(createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  assert.deepEqual(rest, {
    id: 1,
    spec: specOf(),
    status: { kind: 'queued' },
    finished: 0,
    planned: 6,
    failed: 0,
    queuePlace: 1,
    best: null,
    ledger: { nfe: 0, forwardPasses: 0, verifierCalls: 0, seconds: 0, gflop: 0 },
    baselines: [],
    candidates: [],
    finals: [],
    failures: [],
    interventions: [],
    winner: null,
    device: null,
    unknownWords: ['purpleish'],
    pictures: { search: {}, baseline: {}, final: {} },
  })
})

test('a run whose parameters a later rule would refuse is read as it was', async (t) => {
  const library = await openedLibrary(t)
  // Held out what guides: refused before anything runs, today.
  const spec: RunSpec = { ...specOf(), heldOut: ['clip_score'] }
  assert.throws(() => parseRunSpec(spec), /heldOut/)
  const runId = library.createRun(spec, [])
  assert.deepEqual(library.run(runId).spec, spec)
  assert.equal(library.runs().length, 1)
  await library.addCandidate(candidateOf(runId, 0), pictureOf(1), provenanceOf(spec), null)
  const [made] = library.run(runId).candidates
  const file = library.imageFile(made?.imageSha256 ?? '')
  assert.deepEqual(readRecipe(readFileSync(file ?? '')).record.spec, spec)
})

test('the best is the highest score of the search arm, the first of equals, negative scores too', async (t) => {
  const library = await openedLibrary(t)
  const runs: readonly (readonly [scores: readonly (number | null)[], best: number | null])[] = [
    [[0.1, 0.3, 0.3, 0.2], 1],
    [[-2, -1, null], 1],
    [[null, null], null],
    [[0, null], 0],
  ]
  for (const [scores, best] of runs) {
    const runId = library.createRun(specOf(), [])
    await addScored(library, runId, scores)
    const { candidates, best: found } = library.run(runId)
    const expected = best === null ? null : candidates[best]
    assert.deepEqual(
      found,
      expected == null
        ? null
        : { seq: best, score: expected.scores.clip_score, imageSha256: expected.imageSha256 },
    )
  }
})

test("an ensemble's best has the lowest mean rank, and no score of its own", async (t) => {
  const library = await openedLibrary(t)
  const spec = specOf({ guide: ['clip_score', 'aesthetic_score'], heldOut: ['pick_score'] })
  const runId = library.createRun(spec, [])
  const all = [
    { clip_score: 0.9, aesthetic_score: 1, pick_score: 9 },
    { clip_score: 0.5, aesthetic_score: 7, pick_score: 1 },
    { clip_score: 0.4, aesthetic_score: 6 },
  ]
  for (const [seq, scores] of all.entries()) {
    await library.addCandidate(
      candidateOf(runId, seq, { scores, verifierCalls: 2 }),
      pictureOf(seq),
      provenanceOf(spec),
      null,
    )
  }
  const { best, ledger, candidates, spec: kept } = library.run(runId)
  assert.deepEqual([kept.guide, kept.heldOut], [['clip_score', 'aesthetic_score'], ['pick_score']])
  assert.deepEqual(
    candidates.map(({ scores }) => scores),
    all,
  )
  // Ranks 1 3, 2 1, 3 2.
  assert.deepEqual(best, { seq: 1, score: null, imageSha256: candidates[1]?.imageSha256 })
  assert.deepEqual(library.runs()[0]?.best, best)
  assert.equal(ledger.verifierCalls, 6)
})

test('a baseline is never the best, and costs the search nothing', async (t) => {
  const library = await openedLibrary(t)
  const spec = specOf({ baselines: [5, 20, 80] })
  const runId = library.createRun(spec, [])
  await addScored(library, runId, [0.2, 0.4])
  for (const [seq, steps] of [80, 5, 20].entries()) {
    const baseline = candidateOf(runId, seq, {
      arm: 'baseline',
      steps,
      nfe: steps,
      forwardPasses: 2 * steps,
      scores: { clip_score: 9 },
    })
    await library.addCandidate(baseline, pictureOf(900 + seq), provenanceOf(spec), null)
  }
  const run = library.run(runId)
  assert.equal(run.best?.seq, 1)
  assert.equal(run.finished, 5)
  assert.equal(run.planned, 7)
  assert.deepEqual(run.ledger, { nfe: 24, forwardPasses: 48, verifierCalls: 2, seconds: 1, gflop: 4.8 })
  assert.deepEqual(
    run.baselines.map(({ steps }) => steps),
    [5, 20, 80],
  )
})

test('a score that is not a number is a missing score: no row, never the best; the call was made and counts', async (t) => {
  const library = await openedLibrary(t)
  const runId = library.createRun(specOf(), [])
  for (const [seq, score] of [Number.NaN, Infinity, -Infinity, 0.1].entries()) {
    const stored = await library.addCandidate(
      candidateOf(runId, seq, { scores: { clip_score: score } }),
      pictureOf(seq),
      provenanceOf(specOf()),
      null,
    )
    assert.deepEqual(stored.scores, seq === 3 ? { clip_score: 0.1 } : {})
  }
  const run = library.run(runId)
  assert.deepEqual(
    run.candidates.map(({ scores }) => scores),
    [{}, {}, {}, { clip_score: 0.1 }],
  )
  assert.equal(run.best?.seq, 3)
  assert.equal(run.ledger.verifierCalls, 4)
})

test('only an image wins, never the x-prediction of an unfinished sample, however high its score', async (t) => {
  const library = await openedLibrary(t)
  for (const guide of [['clip_score'], ['clip_score', 'pick_score']] as const) {
    const spec = specOf({ guide: [...guide] })
    const runId = library.createRun(spec, [])
    const scored = async (seq: number, level: number, score: number) => {
      const candidate = candidateOf(runId, seq, { level, scores: { clip_score: score, pick_score: score } })
      await library.addCandidate(candidate, pictureOf(seq), provenanceOf(spec), null)
    }
    const won = () => {
      const { winner, best } = library.run(runId)
      assert.equal(best?.seq ?? null, winner)
      assert.deepEqual(library.runs()[0]?.best, best)
      return winner
    }
    await scored(0, 0.4, 9)
    assert.equal(won(), null)
    await scored(1, 0, 1)
    await scored(2, 0, 2)
    await scored(3, 0.001, 8)
    assert.equal(won(), 2)
  }
})

test('the final image is a cost of the search, stands by itself, and is never the best', async (t) => {
  const library = await openedLibrary(t)
  const spec = specOf({ finalSteps: 50, baselines: [] })
  const runId = library.createRun(spec, [])
  const add = (changes: Partial<NewCandidate>, seq: number) =>
    library.addCandidate(candidateOf(runId, seq, changes), pictureOf(seq), provenanceOf(spec), null)
  for (const seq of [0, 1, 2, 3]) await add({ scores: { clip_score: seq } }, seq)
  const costs = { steps: 50, nfe: 50, forwardPasses: 100, gflop: 10, seconds: 2 }
  const finals = [
    await add({ ...costs, arm: 'final', parent: 2, scores: { clip_score: 9 } }, 2),
    await add({ ...costs, arm: 'final', parent: 3, scores: { clip_score: 7 } }, 3),
  ]
  const run = library.run(runId)
  assert.deepEqual(run.finals, finals)
  assert.deepEqual(
    run.candidates.map(({ seq }) => seq),
    [0, 1, 2, 3],
  )
  assert.equal(run.winner, 3)
  assert.equal(run.best?.score, 3)
  // Two of them, because another candidate won when the first was made.
  assert.deepEqual([run.finished, run.planned], [6, 6])
  assert.deepEqual(run.ledger, {
    nfe: 4 * 12 + 2 * 50,
    forwardPasses: 4 * 24 + 2 * 100,
    verifierCalls: 6,
    seconds: 4 * 0.5 + 2 * 2,
    gflop: 4 * 2.4 + 2 * 10,
  })
})

test('the list is newest first and says the same as each run', async (t) => {
  const folder = temporaryFolder()
  const library = await openLibrary(folder)
  t.after(() => library.close())
  for (let count = 0; count < 4; count += 1) {
    await addScored(
      library,
      library.createRun(specOf(), []),
      Array.from({ length: count }, (_, i) => i),
    )
  }
  const list = library.runs()
  assert.deepEqual(
    list.map(({ id, finished }) => [id, finished]),
    [
      [4, 3],
      [3, 2],
      [2, 1],
      [1, 0],
    ],
  )
  for (const summary of list) {
    const { id, createdAt, spec, status, finished, planned, failed, queuePlace, best } = library.run(
      summary.id,
    )
    assert.deepEqual(summary, { id, createdAt, spec, status, finished, planned, failed, queuePlace, best })
  }
})

test('a number that no run has is refused by every call', async (t) => {
  const library = await openedLibrary(t)
  const unknown = { code: 'unknown_run', message: /found 7\. `runs` lists them/ }
  assert.throws(() => library.run(7), unknown)
  assert.throws(() => library.setStatus(7, { kind: 'done' }), unknown)
  assert.throws(() => library.setDevice(7, 'cpu'), unknown)
  await assert.rejects(
    library.addCandidate(candidateOf(7, 0), pictureOf(0), provenanceOf(specOf()), null),
    unknown,
  )
})

test('two runs of one specification share their picture files', async (t) => {
  const library = await openedLibrary(t)
  const added = []
  for (const runId of [library.createRun(specOf(), []), library.createRun(specOf(), [])]) {
    added.push(await library.addCandidate(candidateOf(runId, 0), pictureOf(0), provenanceOf(specOf()), null))
  }
  assert.equal(added[0]?.imageSha256, added[1]?.imageSha256)
  assert.equal(library.runs().length, 2)
  assert.equal(library.run(2).finished, 1)
})

for (const [column, value, names] of [
  ['spec', '{"prompt":"x"}', /specification of run 1/],
  ['unknown_words', '{}', /list of unknown words of run 1/],
] as const) {
  test(`a run whose ${column} was altered is named as damaged, not shown as something else`, async (t) => {
    const folder = temporaryFolder()
    const first = await openLibrary(folder)
    first.createRun(specOf(), [])
    first.close()
    const db = new Database(layoutOf(folder).catalogue)
    db.prepare(`UPDATE runs SET ${column} = ?`).run(value)
    db.close()
    const second = await openLibrary(folder)
    t.after(() => second.close())
    assert.throws(() => second.run(1), { code: 'library_damaged', message: names })
  })
}

test('the list says of every run what the run itself says, also after it was asked for before', async (t) => {
  const library = await openedLibrary(t)
  const ensemble = specOf({ guide: ['clip_score', 'aesthetic_score'] })
  const expectAll = (what: string): void => {
    const listed = library.runs()
    for (const summary of listed) {
      const { id, createdAt, spec, status, finished, planned, failed, queuePlace, best } = library.run(
        summary.id,
      )
      assert.deepEqual(
        summary,
        { id, createdAt, spec, status, finished, planned, failed, queuePlace, best },
        what,
      )
    }
    assert.deepEqual(
      listed.map(({ id }) => id),
      Array.from({ length: listed.length }, (_, i) => listed.length - i),
      what,
    )
  }
  const add = async (runId: number, seq: number, scores: NewCandidate['scores']): Promise<unknown> =>
    library.addCandidate(
      candidateOf(runId, seq, { scores }),
      pictureOf(runId * 10 + seq),
      provenanceOf(ensemble),
      null,
    )
  const changes: Readonly<Record<string, () => unknown>> = {
    'a run': () => library.createRun(ensemble, []),
    'another run': () => library.createRun(specOf(), []),
    'a status': () => library.setStatus(1, { kind: 'running' }),
    'an image': () => add(1, 0, { clip_score: 1, aesthetic_score: 1 }),
    'a better image': () => add(1, 1, { clip_score: 2, aesthetic_score: 2 }),
    'an image of the other': () => add(2, 0, { clip_score: 3 }),
    'a failure': () =>
      library.addFailure({ runId: 1, arm: 'search', seq: 2 }, { code: 'internal', message: '' }),
    'a veto': () => library.addIntervention(1, { kind: 'veto', seq: 1 }, 0),
    'its undo': () => library.undoIntervention(1, 1),
    'a branch': () =>
      library.addIntervention(2, { kind: 'branch', seq: 0, cosine: 0.9, count: 5, firstSeq: 4 }, 0),
  }
  for (const [what, change] of Object.entries(changes)) {
    const before = JSON.stringify(library.runs())
    await change()
    expectAll(what)
    assert.notEqual(JSON.stringify(library.runs()), before, `${what} can be seen in the list`)
  }
})

/** Runs in the order of their places in the queue. */
const inQueue = (library: Library): readonly number[] =>
  library
    .runs()
    .toSorted((a, b) => a.queuePlace - b.queuePlace)
    .map(({ id }) => id)

test('a queue that was put in order by hand is in that order after a kill, and goes on in it', async (t) => {
  const folder = temporaryFolder()
  const victim = startProcess('arrange', folder)
  t.after(() => victim.kill())
  const said: unknown[] = []
  for await (const line of victim.lines) said.push(line)
  const [{ order }] = said as [{ order: readonly number[] }]
  const library = await openLibrary(folder)
  t.after(() => library.close())
  assert.deepEqual([order, said.length], [inQueue(library), 1])
  assert.ok(library.runs().every(({ status }) => status.kind === 'interrupted'))

  // All of them go on one after the other, and the program dies half way: the rest is still behind them.
  const [first = 0, second = 0] = order
  library.setStatus(first, { kind: 'queued' })
  library.setStatus(second, { kind: 'queued' })
  assert.deepEqual(inQueue(library), order)
  // One that goes on behind newer ones is behind them.
  const newest = library.createRun(specOf(), [])
  assert.deepEqual(inQueue(library), [...order, newest])
  const [, , third = 0, last = 0] = order
  library.setStatus(third, { kind: 'queued' })
  assert.deepEqual(inQueue(library), [first, second, last, newest, third])
  assert.throws(() => library.arrangeQueue([second, 99]), { code: 'unknown_run', message: /99/ })
  assert.deepEqual(inQueue(library), [first, second, last, newest, third])
})
