import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'

import type { StudioEvent } from '../../shared/contract.ts'
import { StudioError } from '../../shared/errors.ts'
import type { RunSpecInput } from '../../shared/run-spec.ts'
import type { ImportJob, ImportPhase } from '../../shared/model-import.ts'
import { openStudio, type Studio } from './studio.ts'

const fixtures = join(import.meta.dirname, '../../models/fixtures')
const tinyPacks = join(import.meta.dirname, '../engine/fixtures/packs')
const sd15 = join(fixtures, 'sd15', 'model')

type Opened = { readonly studio: Studio; readonly models: string; readonly events: StudioEvent[] }

async function opened(t: TestContext): Promise<Opened> {
  const folder = mkdtempSync(join(tmpdir(), 'goldpan-imports-'))
  const studio = await openStudio({
    libraryPath: join(folder, 'library'),
    packFolders: [tinyPacks],
    host: 'cli',
  })
  const events: StudioEvent[] = []
  studio.onEvent((event) => events.push(event))
  t.after(async () => {
    await studio.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const { modelsFolder } = await studio.api.environment()
  return { studio, models: modelsFolder, events }
}

/** What is in the models folder besides the notes of its hashes. */
function kept(models: string): readonly string[] {
  return readdirSync(models).filter((name) => name !== '.hashes.json')
}

/** Waits for an import to be in one of these phases. */
async function until(
  studio: Studio,
  importId: number,
  ...kinds: readonly ImportPhase['kind'][]
): Promise<ImportJob> {
  for (let look = 0; look < 2000; look++) {
    const job = (await studio.api.imports()).find(({ id }) => id === importId)
    if (job !== undefined && kinds.includes(job.phase.kind)) return job
    if (job?.phase.kind === 'failed') throw new Error(job.phase.error.message)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`Expected an import to be ${kinds.join(' or ')}, found that it is not`)
}

const spec: Omit<Extract<RunSpecInput, { algorithm: 'random_search' }>, 'pack'> = {
  ...({ prompt: 'a red cube', guide: ['clip_score'], heldOut: [] } as const),
  ...({ algorithm: 'random_search', candidates: 2, sampler: 'euler', schedule: 'leading' } as const),
  ...{ steps: 2, guidance: 3, baselines: [], seed: '5' },
}

test('a folder becomes a pack with a preview of its own, removed and put back', async (t) => {
  const { studio, models, events } = await opened(t)
  const { api } = studio
  const found = await api.inspectModel({ folder: sd15 })
  assert.equal(found.what, 'Stable Diffusion')
  assert.deepEqual(found.questions, [])
  assert.ok(!existsSync(models), 'looking at a folder made one')
  const { importId } = await api.importModel({ folder: sd15, answers: {}, id: 'sd', name: 'My SD' })
  await until(studio, importId, 'done')

  const pack = (await api.packs()).find(({ id }) => id === 'sd')
  assert.ok(pack?.kind === 'text_to_image')
  assert.deepEqual([pack.name, pack.imported, pack.problem], ['My SD', true, null])
  assert.deepEqual(
    (await api.packs()).filter(({ imported }) => imported).map(({ id }) => id),
    ['sd'],
  )
  const manifest = JSON.parse(readFileSync(join(models, 'sd', 'pack.json'), 'utf8')) as {
    latents: { previewMatrix: number[][] }
  }
  assert.ok(manifest.latents.previewMatrix.flat().some((value) => Math.abs(value) > 1e-6))
  assert.ok(events.some(({ kind }) => kind === 'packs-changed'))
  assert.ok(events.some((event) => event.kind === 'import-changed' && event.importId === importId))

  const { removed } = await api.removePack({ id: 'sd' })
  assert.ok(!(await api.packs()).some(({ id }) => id === 'sd'))
  assert.ok(!existsSync(join(models, 'sd')))
  await api.restorePack({ removed })
  assert.equal((await api.packs()).find(({ id }) => id === 'sd')?.problem, null)
  await assert.rejects(api.removePack({ id: 'tiny' }), /it came with Goldpan/)
  await assert.rejects(api.removePack({ id: 'none' }), /Expected one of .*, found "none"/)
  await assert.rejects(api.restorePack({ removed: 'sd' }), /another pack/)
  await assert.rejects(api.restorePack({ removed: '..' }), /name of a removed pack/)
  await assert.rejects(api.restorePack({ removed: 'gone' }), /found none named gone/)
})

test('an imported pack is searched with at once', async (t) => {
  const { studio } = await opened(t)
  const { api } = studio
  const { importId } = await api.importModel({ folder: sd15, answers: {}, id: 'sd', name: 'SD' })
  await until(studio, importId, 'done')
  const clip = join(fixtures, 'clip', 'model')
  const verifier = await api.importModel({ folder: clip, answers: {}, id: 'my-clip', name: 'CLIP' })
  await until(studio, verifier.importId, 'done')
  const { runId } = await api.startRun({ ...spec, pack: 'sd' })
  await studio.whenEnded(runId)
  const run = await api.run({ runId })
  assert.equal(run.status.kind, 'done', JSON.stringify(run.status))
  assert.equal(run.candidates.length, 2)
  for (const { scores } of run.candidates) assert.ok(Number.isFinite(scores.clip_score))
})

test('what is refused leaves nothing, and says why', async (t) => {
  const { studio, models } = await opened(t)
  const { api } = studio
  const broken = mkdtempSync(join(tmpdir(), 'goldpan-broken-'))
  t.after(() => {
    rmSync(broken, { recursive: true, force: true })
  })
  cpSync(sd15, broken, { recursive: true })
  writeFileSync(join(broken, 'extra.pkl'), 'x')
  await assert.rejects(api.inspectModel({ folder: broken }), /extra\.pkl: expected .*pickle/)
  const { importId } = await api.importModel({ folder: broken, answers: {}, id: 'broken', name: 'Broken' })
  const { phase } = await until(studio, importId, 'failed')
  assert.ok(phase.kind === 'failed' && phase.error.code === 'pack_invalid')
  assert.match(phase.error.message, /pickle/)
  assert.deepEqual(existsSync(models) ? readdirSync(models) : [], [])
  await assert.rejects(
    api.importModel({ folder: sd15, answers: {}, id: 'tiny', name: 'Taken' }),
    /id: expected one that no pack has yet, found tiny/,
  )
  await assert.rejects(
    api.importModel({ folder: sd15, answers: {}, id: '../x', name: 'Path' }),
    /id: expected up to 64 lower-case/,
  )
  await assert.rejects(api.inspectModel({ folder: join(broken, 'none') }), /found nothing at/)
})

test('a trial waits for the run at work, and a cancel does not', async (t) => {
  const { studio, models } = await opened(t)
  const { api } = studio
  const slow = {
    ...spec,
    prompt: 'two red stars',
    schedule: 'linear',
    pack: 'tiny-slow',
  } as const satisfies Partial<RunSpecInput>
  const { runId } = await api.startRun({ ...slow, candidates: 500, steps: 50 })
  const first = await api.importModel({ folder: sd15, answers: {}, id: 'sd', name: 'SD' })
  const second = await api.importModel({ folder: sd15, answers: {}, id: 'again', name: 'Again' })
  await until(studio, first.importId, 'waiting_for_run')
  await until(studio, second.importId, 'waiting')
  await assert.rejects(
    api.importModel({ folder: sd15, answers: {}, id: 'sd', name: 'Same' }),
    /no pack has yet/,
  )
  assert.ok(!(await api.packs()).some(({ imported }) => imported), 'a staged pack is listed')

  await api.cancelImport({ importId: first.importId })
  assert.equal((await api.imports()).find(({ id }) => id === first.importId)?.phase.kind, 'cancelled')
  // Its turn comes although the run goes on.
  await until(studio, second.importId, 'waiting_for_run')
  assert.deepEqual(
    (await api.progress()).map((one) => one.runId),
    [runId],
  )
  await api.cancelRun({ runId })
  await until(studio, second.importId, 'done')
  assert.deepEqual(kept(models), ['again'])
  await assert.rejects(api.cancelImport({ importId: 77 }), StudioError)
})

test('a folder that a window sends is imported and removed', async (t) => {
  const { studio, models } = await opened(t)
  const { api } = studio
  const { upload } = await api.beginUpload()
  for (const path of readdirSync(sd15, { recursive: true, withFileTypes: true })) {
    if (!path.isFile()) continue
    const file = join(path.parentPath, path.name)
    const name = `tiny model${file.slice(sd15.length)}`
    await studio.receive({ upload, path: name, offset: 0, bytes: readFileSync(file) })
  }
  const found = await api.inspectModel({ folder: `upload:${upload}` })
  assert.deepEqual(found.suggested, { id: 'tiny-model', name: 'tiny model' })
  assert.equal(found.folder, `upload:${upload}`)
  const { importId } = await api.importModel({ ...found.suggested, folder: found.folder, answers: {} })
  await until(studio, importId, 'done')
  assert.deepEqual(kept(models), ['tiny-model'])
  await assert.rejects(api.inspectModel({ folder: `upload:${upload}` }), /none of this name/)
})

test('a run goes on with the model that it began with, and with no other of its id', async (t) => {
  const { studio } = await opened(t)
  const { api } = studio
  const install = async (name: string, id: string): Promise<void> => {
    const folder = join(fixtures, name, 'model')
    const { importId } = await api.importModel({ folder, answers: {}, id, name: `${name} as ${id}` })
    await until(studio, importId, 'done')
  }
  await install('clip', 'my-clip')
  await install('sd15', 'sd')
  const { runId } = await api.startRun({ ...spec, pack: 'sd', candidates: 200, batchSize: 1 })
  const stop = studio.onEvent((event) => {
    if (event.kind !== 'progress' || event.progress.finished === 0) return
    stop()
    void api.cancelRun({ runId })
  })
  await studio.whenEnded(runId)
  assert.equal((await api.run({ runId })).status.kind, 'cancelled')

  const { removed } = await api.removePack({ id: 'sd' })
  await install('sd21-base', 'sd')
  await assert.rejects(api.resumeRun({ runId }), /go on with pack sd [0-9a-f]{16}, with which this run began/)
  assert.equal((await api.run({ runId })).status.kind, 'cancelled')

  await api.removePack({ id: 'sd' })
  await api.restorePack({ removed })
  await api.resumeRun({ runId })
  await api.cancelRun({ runId })
  await studio.whenEnded(runId)
})
