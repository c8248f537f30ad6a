import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { encode } from 'fast-png'

import type { CandidateReference } from '../../shared/domain.ts'
import { StudioError } from '../../shared/errors.ts'
import type { RunSpecInput } from '../../shared/run-spec.ts'
import { decodePng, encodePng, readRecipe, type ImageRecord } from '../library/png.ts'
import { rebuildLibrary } from '../library/rebuild.ts'
import { sha256Of } from '../library/image-files.ts'
import { openStudio, type Studio } from './studio.ts'

const fixtures = fileURLToPath(new URL('../engine/fixtures/packs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'goldpan-replay-'))
after(() => {
  rmSync(folder, { recursive: true, force: true })
})

let places = 0
const newPlace = (name: string) => join(folder, `${name}-${places++}`)

function packs(): string {
  const place = newPlace('packs')
  for (const name of ['tiny', 'tiny-slow', 'tiny-verifier']) {
    cpSync(join(fixtures, name), join(place, name), { recursive: true })
  }
  return place
}

let open: Studio | null = null
afterEach(async () => {
  await open?.close()
  open = null
})

async function studioOf(libraryPath: string, packFolder: string): Promise<Studio> {
  await open?.close()
  open = await openStudio({ libraryPath, packFolders: [packFolder], host: 'cli' })
  return open
}

const spec: RunSpecInput = {
  prompt: 'three green moons in meadow',
  pack: 'tiny',
  guide: ['clip_score'],
  heldOut: [],
  algorithm: 'random_search',
  candidates: 3,
  sampler: 'euler',
  schedule: 'linear',
  steps: 4,
  guidance: 2,
  baselines: [2],
  seed: '7',
}

async function runOf(studio: Studio, change: Partial<RunSpecInput> = {}): Promise<number> {
  const { runId } = await studio.api.startRun({ ...spec, ...change } as RunSpecInput)
  await studio.whenEnded(runId)
  return runId
}

const second = (runId: number): CandidateReference => ({ runId, arm: 'search', seq: 1 })

test('another version of a verifier is named, and the scores that differ stand side by side', async () => {
  const [library, packFolder] = [newPlace('library'), packs()]
  const runId = await runOf(await studioOf(library, packFolder))
  const file = join(packFolder, 'tiny-verifier', 'pack.json')
  const manifest = readFileSync(file, 'utf8')
  writeFileSync(file, manifest.replace('"promptPrefix": ""', '"promptPrefix": "large blue "'))
  const report = await (await studioOf(library, packFolder)).api.replay(second(runId))
  assert.equal(report.same, false)
  assert.equal(report.noiseSha256.found, report.noiseSha256.recorded)
  assert.notEqual(report.scores.found.clip_score, report.scores.recorded.clip_score)
  // The file tells the score.
  assert.notEqual(report.imageSha256.found, report.imageSha256.recorded)
  assert.match(report.note ?? '', /^expected pack tiny-verifier 1\.0\.0 with manifest .*, found 1\.0\.0 with/)
  // What is only newer makes the same.
  writeFileSync(file, manifest.replace('"version": "1.0.0"', '"version": "1.0.1"'))
  const newer = await (await studioOf(library, packFolder)).api.replay(second(runId))
  assert.equal(newer.same, true)
  assert.match(newer.note ?? '', /found 1\.0\.1 with/)
})

test("pictures of torch's noise are made again, those of a stochastic sampler too", async () => {
  const studio = await studioOf(newPlace('library'), packs())
  const seeds = new Map<string, string>()
  for (const seed of ['7', '8']) {
    const runId = await runOf(studio, { seed, sampler: 'euler_ancestral', generator: 'torch-cpu-mt19937' })
    const { candidates } = await studio.api.run({ runId })
    assert.equal(candidates.length, 3)
    for (const { arm, seq, recipe, noiseSha256 } of candidates) {
      assert.equal(recipe.generator, 'torch-cpu-mt19937')
      if (arm === 'search') seeds.set(`${seed} + ${seq}`, noiseSha256)
      const report = await studio.api.replay({ runId, arm, seq })
      assert.equal(report.same, true, JSON.stringify(report))
    }
  }
  // Candidate k of a seed is candidate k - 1 of the next.
  assert.equal(seeds.get('7 + 1'), seeds.get('8 + 0'))
  assert.equal(seeds.get('7 + 2'), seeds.get('8 + 1'))
  assert.equal(new Set(seeds.values()).size, 4)
})

test('a candidate whose file is lost or altered can be made again, and says so', async () => {
  const studio = await studioOf(newPlace('library'), packs())
  const runId = await runOf(studio)
  const { candidates } = await studio.api.run({ runId })
  const file = studio.imageFile(candidates[1]?.imageSha256 ?? '') ?? ''
  writeFileSync(file, readFileSync(file).subarray(1))
  const altered = await studio.api.replay(second(runId))
  assert.equal(altered.same, true)
  assert.match(altered.note ?? '', /^its file is gone or altered/)
  rmSync(file)
  assert.deepEqual(await studio.api.replay(second(runId)), altered)
})

test('a picture of an earlier version is compared as it would be written now', async () => {
  const packFolder = packs()
  const studio = await studioOf(newPlace('library'), packFolder)
  const run = await studio.api.run({ runId: await runOf(studio, { candidates: 1, baselines: [] }) })
  const png = readFileSync(studio.imageFile(run.candidates[0]?.imageSha256 ?? '') ?? '')
  const { spec: whole, arm, seq, steps, recipe, noiseSha256, nfe, ...record } = readRecipe(png).record
  const { forwardPasses, scores, packs: made } = record
  const later = ['shift', 'finalSteps', 'budget', 'negativePrompt', 'size', 'device', 'generator']
  const earlierSpec = Object.fromEntries(Object.entries(whole).filter(([field]) => !later.includes(field)))
  const earlier = {
    ...{ format: 2, spec: earlierSpec, arm, seq, steps, recipe, noiseSha256, nfe, forwardPasses, scores },
    packs: made,
  }
  const old = encode({ ...decodePng(png), channels: 3, depth: 8, text: { goldpan: JSON.stringify(earlier) } })
  const library = newPlace('library')
  const images = join(library, 'images', sha256Of(old).slice(0, 2))
  mkdirSync(images, { recursive: true })
  writeFileSync(join(images, `${sha256Of(old)}.png`), old)
  await rebuildLibrary(library)
  const reopened = await studioOf(library, packFolder)
  const [found] = reopened.candidatesWithImage(sha256Of(old))
  assert.ok(found !== undefined)
  const report = await reopened.api.replay({ runId: found.runId, arm, seq })
  assert.equal(report.same, true, JSON.stringify(report))
  assert.match(report.note ?? '', /earlier version/)
})

test('a picture of the third format comes out again to the byte, also where its file is gone', async () => {
  const packFolder = packs()
  const studio = await studioOf(newPlace('library'), packFolder)
  const run = await studio.api.run({ runId: await runOf(studio, { candidates: 1, baselines: [] }) })
  const png = readFileSync(studio.imageFile(run.candidates[0]?.imageSha256 ?? '') ?? '')
  const old = encodePng(decodePng(png), { ...readRecipe(png).record, format: 3 } as ImageRecord)
  const library = newPlace('library')
  const images = join(library, 'images', sha256Of(old).slice(0, 2))
  mkdirSync(images, { recursive: true })
  writeFileSync(join(images, `${sha256Of(old)}.png`), old)
  await rebuildLibrary(library)
  const reopened = await studioOf(library, packFolder)
  const [found] = reopened.candidatesWithImage(sha256Of(old))
  assert.ok(found !== undefined)
  const { runId, arm, seq } = found
  const report = await reopened.api.replay({ runId, arm, seq })
  assert.deepEqual([report.same, report.note, report.imageSha256.found], [true, null, sha256Of(old)])
  rmSync(reopened.imageFile(sha256Of(old)) ?? '')
  const { same, note } = await reopened.api.replay({ runId, arm, seq })
  assert.equal(same, true)
  assert.match(note ?? '', /^its file is gone/)
})

test('a replay waits for the run at work, and the next run for the replay', async () => {
  const studio = await studioOf(newPlace('library'), packs())
  const runId = await runOf(studio)
  const order: string[] = []
  const note = (what: string) => () => order.push(what)
  const { runId: slow } = await studio.api.startRun({
    ...spec,
    pack: 'tiny-slow',
    candidates: 2,
  })
  const replay = studio.api.replay(second(runId)).then(note('replay'))
  const ended = studio.whenEnded(slow).then(note('slow run'))
  const { runId: last } = await studio.api.startRun({ ...spec, seed: '8' })
  await Promise.all([replay, ended, studio.whenEnded(last).then(note('last run'))])
  assert.deepEqual(order, ['slow run', 'replay', 'last run'])
})

test('closing the studio ends a replay after the step at work', async () => {
  const studio = await studioOf(newPlace('library'), packs())
  const runId = await runOf(studio, { pack: 'tiny-slow', candidates: 2, steps: 16, baselines: [] })
  const replay = studio.api.replay(second(runId))
  const ended = assert.rejects(replay, (error) => error instanceof StudioError && error.code === 'cancelled')
  await studio.close()
  await ended
})

test('candidates that are not there are refused at once', async () => {
  const studio = await studioOf(newPlace('library'), packs())
  const runId = await runOf(studio)
  await assert.rejects(studio.api.replay({ runId, arm: 'search', seq: 9 }), /found none at search 9 of run 1/)
  await assert.rejects(studio.api.replay({ runId: 77, arm: 'search', seq: 0 }), /77/)
  await assert.rejects(studio.api.replay({ runId, arm: 'magic' as 'search', seq: 0 }), /arm/)
})
