import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, test } from 'node:test'

import { StudioError } from '../../shared/errors.ts'
import type { RunSpecInput } from '../../shared/run-spec.ts'
import type { VerifierId } from '../../shared/vocabulary.ts'
import { populationRound } from './search/random-search.ts'
import { openStudio, type Studio, type StudioOptions } from './studio.ts'

const fixtures = join(import.meta.dirname, '../engine/fixtures/packs')
const folder = mkdtempSync(join(tmpdir(), 'goldpan-verifiers-'))
for (const pack of ['tiny', 'tiny-verifier', 'tiny-outputs']) {
  cpSync(join(fixtures, pack), join(folder, 'packs', pack), { recursive: true })
}
after(() => {
  rmSync(folder, { recursive: true, force: true })
})

const closers: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

let libraries = 0
async function open(options: Partial<StudioOptions> = {}): Promise<Studio> {
  const libraryPath = join(folder, `library-${libraries++}`)
  const packFolders = [join(folder, 'packs')]
  const studio = await openStudio({ libraryPath, packFolders, host: 'cli', ...options })
  closers.push(() => studio.close())
  return studio
}

const spec = {
  algorithm: 'random_search',
  prompt: 'two red stars in night',
  pack: 'tiny',
  guide: ['clip_score'],
  heldOut: [],
  candidates: 6,
  sampler: 'euler',
  schedule: 'linear',
  steps: 2,
  guidance: 1,
  baselines: [3],
  seed: '7',
} satisfies RunSpecInput

async function runToEnd(studio: Studio, guide: VerifierId[], heldOut: VerifierId[] = [], candidates = 6) {
  const { runId } = await studio.api.startRun({ ...spec, guide, heldOut, candidates })
  await studio.whenEnded(runId)
  return studio.api.run({ runId })
}

/** A grader on this machine that answers the n-th request (1-based) with these marks; null is a refusal. */
async function serveMarks(markOf: (call: number) => number | null): Promise<string> {
  const aspects = ['accuracy', 'originality', 'visual_quality', 'consistency', 'emotional_resonance']
  let calls = 0
  const server = createServer((incoming, response) => {
    incoming.resume().on('end', () => {
      const mark = markOf(++calls)
      const marks = Object.fromEntries(aspects.map((name) => [name, { reason: 'As seen.', mark }]))
      const message = mark === null ? { refusal: 'No.' } : { content: JSON.stringify(marks) }
      response.end(JSON.stringify({ choices: [{ finish_reason: 'stop', message }] }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
}

test('a grader guides: the best mark wins, a refusal costs one score, and its verdicts are counted', async () => {
  // Every second request is refused.
  const endpoint = await serveMarks((call) => (call % 2 === 0 ? null : call))
  const studio = await open({ grader: { endpoint, model: 'local-vision' } })
  assert.deepEqual((await studio.api.environment()).grader, { endpoint, model: 'local-vision' })
  const run = await runToEnd(studio, ['llm_grader'], ['clip_score'])
  assert.deepEqual(run.status, { kind: 'done' })
  const images = [...run.candidates, ...run.baselines]
  assert.equal(images.length, 7)
  const marks = images.flatMap(({ scores: { llm_grader: mark } }) => mark ?? [])
  assert.deepEqual(
    marks.toSorted((a, b) => a - b),
    [1, 3, 5, 7],
  )
  assert.ok(images.every(({ scores }) => Number.isFinite(scores.clip_score)))
  const winner = run.candidates.find(({ seq }) => seq === run.winner)
  const best = Math.max(...run.candidates.map(({ scores }) => scores.llm_grader ?? -1))
  assert.equal(winner?.scores.llm_grader, best)
  assert.equal(run.ledger.verifierCalls, 6)
})

test('a grader that never gives a mark ends the run with its reason; every image is kept', async () => {
  const studio = await open({ grader: { endpoint: await serveMarks(() => null), model: 'shy' } })
  const run = await runToEnd(studio, ['clip_score'], ['llm_grader'])
  assert.equal(run.status.kind, 'failed')
  assert.match(run.status.error.message, /marks from shy at .* a refusal: No\./)
  assert.equal(run.finished, 7)
  assert.ok(run.candidates.every(({ scores }) => Object.keys(scores).join() === 'clip_score'))
})

test('without a grader, asking for one says what to set; one on another machine is refused at once', async () => {
  const studio = await open()
  assert.equal((await studio.api.environment()).grader, null)
  for (const [guide, heldOut] of [
    [['llm_grader'], []],
    [['clip_score'], ['llm_grader']],
  ] as const) {
    await assert.rejects(studio.api.startRun({ ...spec, guide: [...guide], heldOut: [...heldOut] }), {
      code: 'unknown_verifier',
      message: /set GOLDPAN_GRADER_ENDPOINT .* and GOLDPAN_GRADER_MODEL/,
    })
  }
  assert.deepEqual(await studio.api.runs(), [])
  await assert.rejects(
    open({ grader: { endpoint: 'https://api.example.com/v1', model: 'm' } }),
    (error) => error instanceof StudioError && error.code === 'bad_input',
  )
})

test('a population guides in rounds: each winner is nearest the reference with those before it', async () => {
  const studio = await open()
  const run = await runToEnd(studio, ['frechet'], ['inception_confidence'], 10)
  assert.deepEqual(run.status, { kind: 'done' })
  assert.equal(run.candidates.length, 10)
  assert.ok(run.candidates.every(({ scores }) => (scores.frechet ?? 1) <= 0))
  assert.deepEqual(
    run.candidates.map(({ round }) => round),
    run.candidates.map(({ seq }) => Math.floor(seq / populationRound)),
  )
  // The first round is scored against nobody: as in a run that has no other.
  const alone = await runToEnd(studio, ['frechet'], [], populationRound)
  const scoresOf = (candidates: typeof run.candidates) => candidates.map(({ scores }) => scores.frechet)
  assert.deepEqual(scoresOf(run.candidates.slice(0, populationRound)), scoresOf(alone.candidates))
  // The same noises drawn in one order only: a later round's scores depend on who joined before.
  assert.notDeepEqual(scoresOf(run.candidates.slice(4, 8)), scoresOf(run.candidates.slice(0, 4)))
})
