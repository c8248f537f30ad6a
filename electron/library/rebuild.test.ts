import assert from 'node:assert/strict'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'

import type { NoiseRecipe, RunDetail } from '../../shared/domain.ts'
import type { Library, NewCandidate } from '../core/runs/adapters.ts'
import { listBackups } from './backup-files.ts'
import { imagePath, layoutOf, type LibraryLayout } from './layout.ts'
import { openLibrary } from './open.ts'
import { pngOf, readChunks } from './png-chunks.ts'
import { rebuildLibrary } from './rebuild.ts'
import { expectSound } from './testing/expect-sound.ts'
import { candidateOf, pictureOf, provenanceOf, specOf, stateOf, temporaryFolder } from './testing/fixtures.ts'

const whole = specOf({ prompt: 'a whole run ⭐', candidates: 2, baselines: [5, 20] })
const partly = specOf({ prompt: 'half a run', candidates: 4, baselines: [] })

/** A library with a finished run and one that was cancelled half way. */
async function libraryWithTwoRuns(folder: string): Promise<readonly RunDetail[]> {
  const library = await openLibrary(folder)
  const first = library.createRun(whole, ['purpleish'])
  library.setDevice(first, 'cpu, onnxruntime 1.30.0')
  for (const seq of [0, 1]) {
    await library.addCandidate(candidateOf(first, seq), pictureOf(seq), provenanceOf(whole), null)
    const baseline = candidateOf(first, seq, {
      arm: 'baseline',
      steps: whole.baselines[seq] ?? 1,
      scores: {},
    })
    await library.addCandidate(baseline, pictureOf(10 + seq), provenanceOf(whole), null)
  }
  library.setStatus(first, { kind: 'done' })
  const second = library.createRun(partly, [])
  for (const seq of [0, 2]) {
    await library.addCandidate(candidateOf(second, seq), pictureOf(20 + seq), provenanceOf(partly), null)
  }
  library.setStatus(second, { kind: 'cancelled' })
  const runs = [library.run(first), library.run(second)]
  library.close()
  return runs
}

async function runsOf(folder: string): Promise<readonly RunDetail[]> {
  const library = await openLibrary(folder)
  const runs = library.runs().map(({ id }) => library.run(id))
  library.close()
  return runs.toReversed()
}

function loseBackups(layout: LibraryLayout): void {
  for (const { file } of listBackups(layout)) rmSync(file)
}

test('from the pictures alone come the same candidates, scores and images', async () => {
  const folder = temporaryFolder()
  const layout = layoutOf(folder)
  const before = await libraryWithTwoRuns(folder)
  rmSync(layout.catalogue)
  loseBackups(layout)

  const report = await rebuildLibrary(folder)
  assert.deepEqual(report, {
    runs: 2,
    candidates: 6,
    adopted: 6,
    outside: 0,
    backup: null,
    setAside: null,
    skipped: [],
    missing: [],
  })

  const after = await runsOf(folder)
  const timeless = (run: RunDetail | undefined): unknown => {
    const strip = (candidates: RunDetail['candidates']) =>
      candidates.map((candidate) => ({ ...candidate, runId: 0, seconds: 0 }))
    return run && [run.spec, run.finished, run.best, strip(run.candidates), strip(run.baselines)]
  }
  for (const run of before) {
    const same = after.find(({ spec }) => spec.prompt === run.spec.prompt)
    assert.deepEqual(timeless(same), timeless(run))
    // What a picture cannot tell.
    assert.equal(same?.ledger.seconds, 0)
    assert.equal(same.device, null)
  }
  const kinds = Object.fromEntries(after.map(({ spec, status }) => [spec.prompt, status.kind]))
  assert.deepEqual(kinds, { [whole.prompt]: 'done', [partly.prompt]: 'interrupted' })
  expectSound(folder)
})

test('with a backup nothing is lost at all, and pictures newer than it are adopted', async () => {
  const folder = temporaryFolder()
  const layout = layoutOf(folder)
  const before = await libraryWithTwoRuns(folder)
  const [backup] = listBackups(layout)
  const library = await openLibrary(folder)
  const later = await library.addCandidate(candidateOf(2, 1), pictureOf(21), provenanceOf(partly), null)
  library.close()
  for (const { file } of listBackups(layout).slice(1)) rmSync(file)
  writeFileSync(layout.catalogue, 'This is a broken DB')
  writeFileSync(`${layout.catalogue}-wal`, 'and its log')

  const { setAside, ...report } = await rebuildLibrary(folder)
  assert.deepEqual(report, {
    runs: 2,
    candidates: 7,
    adopted: 1,
    outside: 0,
    backup: backup?.file,
    skipped: [],
    missing: [],
  })
  assert.deepEqual(readdirSync(setAside ?? ''), ['catalogue.db', 'catalogue.db-wal'])
  assert.equal(readFileSync(path.join(setAside ?? '', 'catalogue.db'), 'utf8'), 'This is a broken DB')

  const [first, second] = await runsOf(folder)
  assert.deepEqual(first, before[0])
  assert.deepEqual(second?.candidates, [
    before[1]?.candidates[0],
    { ...later, seconds: 0 },
    before[1]?.candidates[1],
  ])
  assert.equal(second.status.kind, 'cancelled')
  expectSound(folder)
})

test('a damaged backup is passed over for an older one', async () => {
  const folder = temporaryFolder()
  const layout = layoutOf(folder)
  const before = await libraryWithTwoRuns(folder)
  const [good] = listBackups(layout)
  for (const [number, content] of [
    ['000002', ''],
    ['000003', 'This is a broken DB'],
  ] as const) {
    writeFileSync(path.join(layout.backups, `catalogue-${number}-v1-20261121T120000Z.db`), content)
  }
  rmSync(layout.catalogue)
  const { backup } = await rebuildLibrary(folder)
  assert.equal(backup, good?.file)
  assert.deepEqual(await runsOf(folder), before)
})

test('files that are not ours are left where they are, each with the reason', async () => {
  const folder = temporaryFolder()
  const layout = layoutOf(folder)
  await libraryWithTwoRuns(folder)
  rmSync(layout.catalogue)
  loseBackups(layout)
  const [image = ''] = readdirSync(layout.images, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.png'),
  )
  const hash = '0'.repeat(64)
  mkdirSync(path.dirname(imagePath(layout, hash)), { recursive: true })
  copyFileSync(path.join(layout.images, image), imagePath(layout, hash))
  copyFileSync(path.join(layout.images, image), path.join(layout.images, 'holiday.png'))
  writeFileSync(path.join(layout.imagesTmp, 'half'), 'a half picture')

  const { skipped, candidates } = await rebuildLibrary(folder)
  assert.equal(candidates, 6)
  assert.deepEqual(skipped, [
    { file: imagePath(layout, hash), reason: 'its content is not what its name says' },
    { file: path.join(layout.images, 'holiday.png'), reason: 'not at the place that its name says' },
  ])
  for (const { file } of skipped) assert.ok(existsSync(file))
})

test('a picture that the backup knows and that is gone is named, and its row is kept', async () => {
  const folder = temporaryFolder()
  const layout = layoutOf(folder)
  const [run] = await libraryWithTwoRuns(folder)
  const gone = run?.candidates[0]?.imageSha256 ?? ''
  rmSync(imagePath(layout, gone))
  rmSync(layout.catalogue)
  const { missing } = await rebuildLibrary(folder)
  assert.deepEqual(missing, [gone])
  assert.deepEqual((await runsOf(folder))[0], run)
})

test('pictures of one place and specification, but different, come back as two runs', async () => {
  const folder = temporaryFolder()
  const layout = layoutOf(folder)
  const library = await openLibrary(folder)
  for (const number of [1, 2]) {
    const runId = library.createRun(partly, [])
    await library.addCandidate(candidateOf(runId, 0), pictureOf(number), provenanceOf(partly), null)
  }
  library.close()
  rmSync(layout.catalogue)
  loseBackups(layout)
  assert.equal((await rebuildLibrary(folder)).runs, 2)
  expectSound(folder)
})

const steered = specOf({ prompt: 'a steered run', finalSteps: 50, baselines: [20] })

/** A run with everything that a picture must tell: a round, a draft, a parent, a branch, a baseline, a final image. */
async function addSteeredRun(library: Library): Promise<number> {
  const runId = library.createRun(steered, [])
  const added: readonly Partial<NewCandidate>[] = [
    { seq: 0, level: 0.4 },
    { seq: 1, level: 0.4 },
    { seq: 2, round: 1, parent: 0, nfe: 6, gflop: 1 / 3, verifierCalls: 0, scores: {} },
    { seq: 3, round: 1, parent: 1, recipe: pathRecipe },
    // Numbered after the four that the specification asks for: somebody branched it off.
    { seq: 5, round: 1, parent: 3 },
    { seq: 0, arm: 'baseline', steps: 20 },
    { seq: 3, arm: 'final', parent: 3, steps: 50, nfe: 50, round: 1 },
  ]
  for (const [i, changes] of added.entries()) {
    const candidate = candidateOf(runId, changes.seq ?? 0, changes)
    await library.addCandidate(candidate, pictureOf(500 + i), provenanceOf(steered), stateOf(i))
  }
  library.addIntervention(runId, { kind: 'branch', seq: 3, cosine: 0.9, count: 1, firstSeq: 5 }, 1)
  return runId
}

const pathRecipe: NoiseRecipe = {
  ...{ generator: 'philox4x32-10', seed: '7', stream: 3 },
  operations: [
    { kind: 'neighbour', stream: 3, cosine: 0.95 },
    { kind: 'steps', to: 11, stream: 3 },
    { kind: 'renoise', to: 0.89, stream: 4 },
    { kind: 'descend', to: 0.08, evaluations: 8, predict: true },
  ],
}

test('every arm, round, parent and branch comes back from the pictures; a hand and states do not', async () => {
  const folder = temporaryFolder()
  const layout = layoutOf(folder)
  const library = await openLibrary(folder)
  const runId = await addSteeredRun(library)
  const before = library.run(runId)
  library.close()
  rmSync(layout.catalogue)
  loseBackups(layout)
  assert.equal((await rebuildLibrary(folder)).adopted, 7)

  const after = await openLibrary(folder)
  const run = after.run(1)
  const untimed = (candidates: RunDetail['candidates']) => candidates.map((one) => ({ ...one, seconds: 0 }))
  assert.deepEqual(run.candidates, untimed(before.candidates))
  assert.deepEqual(run.baselines, untimed(before.baselines))
  assert.deepEqual(run.finals, untimed(before.finals))
  assert.deepEqual(run.ledger, { ...before.ledger, seconds: 0 })
  assert.deepEqual(
    after.lineage({ runId: 1, arm: 'final', seq: 3 }).map(({ arm, seq }) => `${arm} ${seq}`),
    ['search 1', 'search 3', 'final 3'],
  )
  assert.equal(run.status.kind, 'done', 'everything that the specification asks for is there')
  assert.deepEqual(run.interventions, [])
  assert.equal(after.savedState(1, 0), null)
  after.close()
  expectSound(folder)
})

test('with a backup a hand and states are kept', async () => {
  const folder = temporaryFolder()
  const library = await openLibrary(folder)
  const before = library.run(await addSteeredRun(library))
  library.close()
  rmSync(layoutOf(folder).catalogue)
  await rebuildLibrary(folder)
  const after = await openLibrary(folder)
  assert.deepEqual(after.run(1).interventions, before.interventions)
  assert.deepEqual(after.savedState(1, 3), stateOf(3))
  after.close()
})

test('a run is not done because of its branches', async () => {
  const folder = temporaryFolder()
  const library = await openLibrary(folder)
  library.createRun(partly, [])
  for (const seq of [0, 1, 2]) {
    await library.addCandidate(candidateOf(1, seq), pictureOf(seq), provenanceOf(partly), null)
  }
  await library.addCandidate(candidateOf(1, 4, { parent: 0 }), pictureOf(4), provenanceOf(partly), null)
  library.close()
  rmSync(layoutOf(folder).catalogue)
  loseBackups(layoutOf(folder))
  await rebuildLibrary(folder)
  const [run] = await runsOf(folder)
  assert.deepEqual([run?.finished, run?.planned, run?.status.kind], [4, 4, 'interrupted'])
})

test('a picture of a place that its specification has not is left alone', async () => {
  const folder = temporaryFolder()
  const library = await openLibrary(folder)
  library.createRun(partly, [])
  const unasked: readonly Partial<NewCandidate>[] = [
    { seq: 4 },
    { seq: 0, arm: 'baseline' },
    { seq: 0, arm: 'final', parent: 0 },
  ]
  for (const [i, changes] of unasked.entries()) {
    const candidate = candidateOf(1, changes.seq ?? 0, changes)
    await library.addCandidate(candidate, pictureOf(i), provenanceOf(partly), null)
  }
  library.close()
  rmSync(layoutOf(folder).catalogue)
  loseBackups(layoutOf(folder))
  const { adopted, skipped } = await rebuildLibrary(folder)
  assert.equal(adopted, 0)
  assert.deepEqual(skipped.map(({ reason }) => reason).toSorted(), [
    'its recipe has baseline 0, which its specification does not ask for',
    'its recipe has final 0, which its specification does not ask for',
    'its recipe has search 4, which its specification does not ask for',
  ])
})

test("a stranger's picture whose recipe no table would take is left alone, and costs the others nothing", async () => {
  const folder = temporaryFolder()
  const library = await openLibrary(folder)
  library.createRun(partly, [])
  const own = await library.addCandidate(candidateOf(1, 0), pictureOf(0), provenanceOf(partly), null)
  const chunks = readChunks(await library.readImageFile(own.imageSha256)).chunks
  for (const field of ['"gflop":', '"clip_score":']) {
    const png = pngOf(
      chunks.map(({ type, data }) => {
        const text = data.toString('latin1')
        if (!text.startsWith('goldpan\0')) return { type, data }
        const [before = '', after = ''] = text.split(field)
        return { type, data: Buffer.from(`${before}${field}1e300${after.replace(/^[^,}]*/, '')}`, 'latin1') }
      }),
    )
    await library.gallery.addOutsideImage({ name: 'found.png', prompt: '', png })
  }
  library.close()
  rmSync(layoutOf(folder).catalogue)
  loseBackups(layoutOf(folder))
  const { adopted, skipped } = await rebuildLibrary(folder)
  assert.equal(adopted, 1)
  assert.deepEqual(
    skipped.map(({ reason }) => /found (?<field>[a-z_.]+): Too big/.exec(reason)?.groups?.field).toSorted(),
    ['gflop', 'scores.clip_score'],
  )
})

test('a library in use is not rebuilt, and a folder that is none is named', async (t) => {
  const folder = temporaryFolder()
  await assert.rejects(rebuildLibrary(folder), { code: 'bad_input', message: /neither marker nor images/ })
  assert.deepEqual(readdirSync(folder), [])
  const library = await openLibrary(folder)
  t.after(() => library.close())
  await assert.rejects(rebuildLibrary(folder), { code: 'library_locked' })
})
