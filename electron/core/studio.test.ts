import assert from 'node:assert/strict'
import { appendFileSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'

import type { StudioEvent } from '../../shared/contract.ts'
import type { RunStatus } from '../../shared/domain.ts'
import { StudioError, type ErrorCode } from '../../shared/errors.ts'
import { bestByGuide } from '../../shared/ranking.ts'
import { parseRunSpec, type SpecOf } from '../../shared/run-spec.ts'
import { forkEngine } from '../engine/engine-port.ts'
import { lasting } from './runs/testing/closed-form-run.ts'
import { openStudio, type Studio } from './studio.ts'

const fixtures = fileURLToPath(new URL('../engine/fixtures/packs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'goldpan-studio-'))
after(() => {
  rmSync(folder, { recursive: true, force: true })
})

let places = 0
const newPlace = (name: string) => join(folder, `${name}-${places++}`)

/** A folder with copies of these packs, free to be damaged. */
function packsOf(...names: readonly string[]): string {
  const place = newPlace('packs')
  for (const name of names) cpSync(join(fixtures, name), join(place, name), { recursive: true })
  return place
}

let open: Studio | null = null
afterEach(async () => {
  await open?.close()
  open = null
})

type Opened = { readonly studio: Studio; readonly events: StudioEvent[]; readonly engines: number[] }

/** A studio with the tiny packs and the real engine process, which it can be asked to lose. */
async function openTiny(options: { library?: string; packs?: string } = {}): Promise<Opened> {
  const engines: number[] = []
  const studio = await openStudio({
    libraryPath: options.library ?? newPlace('library'),
    packFolders: [options.packs ?? packsOf('tiny', 'tiny-slow', 'tiny-verifier')],
    host: 'cli',
    launchEngine: (entry) => {
      const port = forkEngine(entry)
      if (port.pid !== undefined) engines.push(port.pid)
      return port
    },
  })
  open = studio
  const events: StudioEvent[] = []
  studio.onEvent((event) => events.push(event))
  return { studio, events, engines }
}

const spec = parseRunSpec({
  prompt: 'two red stars in night',
  pack: 'tiny',
  guide: ['clip_score'],
  heldOut: [],
  algorithm: 'random_search',
  candidates: 5,
  sampler: 'euler',
  schedule: 'linear',
  steps: 4,
  guidance: 2,
  baselines: [2, 8],
  seed: '7',
}) as SpecOf<'random_search'>

async function runToEnd({ studio }: Opened, change: Partial<typeof spec> = {}) {
  const { runId } = await studio.api.startRun({ ...spec, ...change })
  await studio.whenEnded(runId)
  return studio.api.run({ runId })
}

const refused = (code: ErrorCode, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof StudioError, String(error))
  assert.equal(error.code, code)
  assert.match(error.message, message)
  return true
}

/** Waits for an event; bounded, so that a missing one fails the test instead of hanging it. */
function event(studio: Studio, wanted: (event: StudioEvent) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('The event did not come')), 30_000)
    const stop = studio.onEvent((found) => {
      if (!wanted(found)) return
      clearTimeout(timer)
      stop()
      resolve()
    })
  })
}

describe('a run through the real engine', () => {
  test('makes, scores and keeps everything, and tells its views', async () => {
    const opened = await openTiny()
    const run = await runToEnd(opened)
    assert.deepEqual(run.status, { kind: 'done' })
    assert.equal(run.finished, 7)
    assert.ok(run.candidates.every(({ scores }) => Number.isFinite(scores.clip_score)))
    assert.match(run.device ?? '', /^cpu, onnxruntime \d/)
    const changes = opened.events.filter(({ kind }) => kind === 'run-changed')
    // Queued, running, done, and new images in between.
    assert.ok(changes.length >= 3, `${changes.length} changes told`)
    for (const { imageSha256 } of run.candidates)
      assert.ok(existsSync(opened.studio.imageFile(imageSha256) ?? ''))
  })

  test('is all there after closing and opening again', async () => {
    const library = newPlace('library')
    const before = await runToEnd(await openTiny({ library }))
    await open?.close()
    const { studio } = await openTiny({ library })
    assert.deepEqual(await studio.api.run({ runId: before.id }), before)
    assert.deepEqual(
      (await studio.api.runs()).map(({ id }) => id),
      [before.id],
    )
  })

  test('runs wait for each other in the order in which they were started', async () => {
    const opened = await openTiny()
    const { studio } = opened
    const ids: number[] = []
    for (let i = 0; i < 3; i++) ids.push((await studio.api.startRun(spec)).runId)
    await Promise.all(ids.map((id) => studio.whenEnded(id)))
    const ends = opened.events.flatMap((one) =>
      one.kind === 'progress' && one.progress.phase === 'loading' ? [one.progress.runId] : [],
    )
    assert.deepEqual(ends, ids)
    assert.deepEqual(await studio.api.progress(), [])
  })

  test('runs that wait change places; none overtakes the one at work, and a replay keeps its turn', async () => {
    const opened = await openTiny()
    const { studio } = opened
    const made = await runToEnd(opened)
    const loaded: number[] = []
    studio.onEvent((one) => {
      if (one.kind === 'progress' && one.progress.phase === 'loading') loaded.push(one.progress.runId)
    })
    const order = async () => (await studio.api.progress()).map(({ runId }) => runId)
    const slow = { pack: 'tiny-slow', candidates: 40, steps: 30, baselines: [] }
    const working = await studio.api.startRun({ ...spec, ...slow })
    await event(studio, (one) => one.kind === 'progress' && one.progress.phase === 'working')
    const start = async () => (await studio.api.startRun(spec)).runId
    const [a, b] = [await start(), await start()]
    const statuses = async () =>
      Promise.all([b, c].map(async (runId) => (await studio.api.run({ runId })).status.kind))
    const replayed = studio.api
      .replay({ runId: made.id, arm: 'search', seq: 0 })
      .then(async (report) => [report.same, await statuses()])
    // Its device is known to be there, so that it has its turn before anything else is asked.
    await new Promise((resolve) => setImmediate(resolve))
    const [c, d] = [await start(), await start()]
    assert.deepEqual(await order(), [working.runId, a, b, c, d])

    await studio.api.moveRun({ runId: d, behind: null })
    assert.deepEqual(await order(), [working.runId, d, a, b, c])
    await studio.api.moveRun({ runId: d, behind: a })
    assert.deepEqual(await order(), [working.runId, a, d, b, c])
    await studio.api.moveRun({ runId: b, behind: working.runId })
    assert.deepEqual(await order(), [working.runId, b, a, d, c])
    const message = (wrong: Promise<void>, expected: RegExp) =>
      assert.rejects(wrong, refused('bad_input', expected))
    await message(studio.api.moveRun({ runId: working.runId, behind: a }), /waits to move.*at work/)
    await message(studio.api.moveRun({ runId: made.id, behind: a }), /waits to move.*not in the queue/)
    await message(studio.api.moveRun({ runId: a, behind: made.id }), /waits to go behind.*not in the queue/)
    await message(studio.api.moveRun({ runId: a, behind: a }), /another run/)
    await assert.rejects(studio.api.moveRun({ runId: 99, behind: null }), refused('unknown_run', /99/))

    const places = await Promise.all(
      (await order()).map(async (runId) => (await studio.api.run({ runId })).queuePlace),
    )
    assert.deepEqual(
      places,
      places.toSorted((x, y) => x - y),
      'the library keeps the order of the queue',
    )

    // One that leaves the queue takes its turn with it.
    await studio.api.cancelRun({ runId: a })
    await studio.api.moveRun({ runId: c, behind: b })
    assert.deepEqual(await order(), [working.runId, b, c, d])
    await studio.api.cancelRun(working)
    for (const id of [b, c, d]) await studio.whenEnded(id)
    assert.deepEqual(loaded, [working.runId, b, c, d])
    const [same, [first, second]] = (await replayed) as [boolean, string[]]
    assert.deepEqual([same, first], [true, 'done'])
    assert.ok(second === 'queued' || second === 'running', `${second}: the replay came after its turn`)
  })

  test('notes words that the pack does not know, and runs', async () => {
    const opened = await openTiny()
    const run = await runToEnd(opened, { prompt: 'two red dragons 🐉 in night' })
    assert.equal(run.status.kind, 'done')
    assert.ok(run.unknownWords.includes('dragons'))
    const check = await opened.studio.api.checkPrompt({ pack: 'tiny', prompt: 'two red dragons in night' })
    assert.deepEqual(check.unknownWords, ['dragons'])
  })
})

describe('a pack that draws classes', () => {
  const classes = () => openTiny({ packs: packsOf('tiny-classes', 'tiny-verifier') })

  test('makes, judges and keeps pictures of the class that the prompt names', async () => {
    const run = await runToEnd(await classes(), { pack: 'tiny-classes', prompt: 'red star', sampler: 'heun' })
    assert.equal(run.status.kind, 'done')
    assert.deepEqual(run.unknownWords, [])
    // Heun: 2n - 1 evaluations, and with guidance twice as many forward passes.
    for (const { nfe, forwardPasses, scores } of run.candidates) {
      assert.deepEqual([nfe, forwardPasses, scores.clip_score !== undefined], [7, 14, true])
    }
    assert.equal(new Set(run.candidates.map(({ imageSha256 }) => imageSha256)).size, 5)
  })

  test('refuses a prompt that names no class, before a run is written down', async () => {
    const { studio } = await classes()
    const noClass = refused('bad_input', /expected a class of pack tiny-classes: red star, .* found "a star"/)
    const wrong = { pack: 'tiny-classes', prompt: 'a star' }
    await assert.rejects(studio.api.startRun({ ...spec, ...wrong }), noClass)
    await assert.rejects(studio.api.checkPrompt(wrong), noClass)
    assert.deepEqual(await studio.api.runs(), [])
  })
})

describe('what ends a run early', () => {
  const slow: Partial<typeof spec> = { pack: 'tiny-slow', candidates: 40, steps: 30, baselines: [] }

  test('an engine killed in the middle is replaced, and the run is what it would have been', async () => {
    const opened = await openTiny()
    const { studio, engines } = opened
    const calm = await runToEnd(opened, { ...slow, candidates: 12 })
    const { runId } = await studio.api.startRun({ ...spec, ...slow, candidates: 12 })
    await event(
      studio,
      (one) => one.kind === 'progress' && one.progress.runId === runId && one.progress.finished >= 4,
    )
    process.kill(engines[0] ?? NaN, 'SIGKILL')
    await studio.whenEnded(runId)
    assert.equal(engines.length, 2)
    assert.equal(lasting(await studio.api.run({ runId })), lasting(calm))
  })

  test('a cancel keeps what finished; the queue goes on; a second cancel is harmless', async () => {
    const opened = await openTiny()
    const { studio } = opened
    const { runId } = await studio.api.startRun({ ...spec, ...slow })
    const next = await studio.api.startRun(spec)
    await event(
      studio,
      (one) => one.kind === 'progress' && one.progress.runId === runId && one.progress.nfe > 0,
    )
    await studio.api.cancelRun({ runId })
    await studio.whenEnded(runId)
    assert.deepEqual((await studio.api.run({ runId })).status, { kind: 'cancelled' })
    await studio.api.cancelRun({ runId })
    await studio.whenEnded(next.runId)
    assert.equal((await studio.api.run(next)).status.kind, 'done')
  })

  test('a run cancelled while it waits never starts', async () => {
    const { studio } = await openTiny()
    const first = await studio.api.startRun({ ...spec, ...slow })
    const waiting = await studio.api.startRun(spec)
    await studio.api.cancelRun(waiting)
    // At once, not when its turn comes.
    const run = await studio.api.run(waiting)
    assert.deepEqual([run.status.kind, run.finished], ['cancelled', 0])
    assert.deepEqual(
      (await studio.api.progress()).map(({ runId }) => runId),
      [first.runId],
    )
    await studio.api.cancelRun(first)
    await studio.whenEnded(first.runId)
  })

  test('closing the studio in the middle cancels, and the library opens again', async () => {
    const library = newPlace('library')
    const { studio } = await openTiny({ library })
    const { runId } = await studio.api.startRun({ ...spec, ...slow })
    await event(studio, (one) => one.kind === 'progress' && one.progress.nfe > 0)
    await studio.close()
    const again = await openTiny({ library })
    assert.equal((await again.studio.api.run({ runId })).status.kind, 'cancelled')
  })

  test('NaN out of the denoiser for every image ends the run and names the tensor; nothing of it is kept', async () => {
    const run = await runToEnd(await openTiny({ packs: packsOf('tiny-nan', 'tiny-verifier') }), {
      pack: 'tiny-nan',
    })
    assert.equal(run.status.kind === 'failed' && run.status.error.code, 'model_output_invalid')
    assert.match(run.status.kind === 'failed' ? run.status.error.message : '', /tiny-nan/)
    assert.equal(run.finished, 0)
  })

  test('NaN out of the denoiser for one baseline costs that one alone, also after the run is opened again', async () => {
    const library = newPlace('library')
    const packs = packsOf('tiny-nan', 'tiny-verifier')
    // This denoiser gives NaN from noise level 0.5 down, where a single step never comes.
    const first = await openTiny({ library, packs })
    const run = await runToEnd(first, { pack: 'tiny-nan', steps: 1, baselines: [1, 8] })
    assert.deepEqual(run.status, { kind: 'done' })
    assert.deepEqual([run.finished, run.failed, run.planned], [6, 1, 7])
    const [failure] = run.failures
    assert.deepEqual([failure?.arm, failure?.seq], ['baseline', 1])
    assert.equal(failure?.error.code, 'model_output_invalid')
    assert.match(
      failure.error.message,
      /^At step 5, noise level 0\.5: Pack tiny-nan, denoiser, output velocity: expected finite numbers, found \d+ of \d+ NaN or infinite in sample 0/,
    )
    await first.studio.close()
    const second = await openTiny({ library, packs })
    await second.studio.api.resumeRun({ runId: run.id })
    await second.studio.whenEnded(run.id)
    assert.deepEqual(await second.studio.api.run({ runId: run.id }), run)
  })

  test('NaN out of the verifier leaves those images without a score, and the others win', async () => {
    // This verifier cannot judge pictures darker than its mean: of this prompt, about half.
    const opened = await openTiny({ packs: packsOf('tiny', 'tiny-verifier-nan') })
    const run = await runToEnd(opened, { prompt: 'paper', guidance: 1, candidates: 30 })
    assert.equal(run.status.kind, 'done')
    assert.equal(run.finished, 32)
    const judged = run.candidates.filter(({ scores }) => scores.clip_score !== undefined)
    assert.ok(judged.length > 0 && judged.length < 30, `${judged.length} judged`)
    assert.ok(judged.some(({ seq }) => seq === run.best?.seq))
  })
})

describe('a run that goes on', () => {
  const slow: Partial<typeof spec> = { pack: 'tiny-slow', candidates: 24, steps: 6, baselines: [3] }

  test('after a pause, and after closing in the middle, is the run that nothing stopped', async () => {
    const library = newPlace('library')
    const opened = await openTiny({ library })
    const { studio } = opened
    const calm = await runToEnd(opened, slow)
    const { runId } = await studio.api.startRun({ ...spec, ...slow })
    const finished = (count: number) => (one: StudioEvent) =>
      one.kind === 'progress' && one.progress.runId === runId && one.progress.finished >= count
    await event(studio, finished(4))
    await studio.api.pauseRun({ runId })
    await studio.api.pauseRun({ runId })
    await studio.whenEnded(runId)
    const paused = await studio.api.run({ runId })
    assert.equal(paused.status.kind, 'paused')
    assert.ok(paused.finished >= 4 && paused.finished < calm.finished, `${paused.finished}`)
    await studio.api.resumeRun({ runId })
    const nfe = [...paused.candidates, ...paused.baselines].reduce((sum, one) => sum + one.nfe, 0)
    await event(
      studio,
      (one) => one.kind === 'progress' && one.progress.runId === runId && one.progress.nfe > nfe,
    )
    await studio.close()

    const again = await openTiny({ library })
    const closed = await again.studio.api.run({ runId })
    assert.equal(closed.status.kind, 'cancelled')
    assert.ok(closed.finished >= paused.finished && closed.finished < calm.finished)
    await again.studio.api.resumeRun({ runId })
    // What is live is not started a second time.
    await again.studio.api.resumeRun({ runId })
    await again.studio.whenEnded(runId)
    assert.equal(lasting(await again.studio.api.run({ runId })), lasting(calm))
  })

  test('asked while it still pauses, goes on after the pause; paused or cancelled while it waits, it rests', async () => {
    const { studio } = await openTiny()
    const first = await studio.api.startRun({ ...spec, ...slow })
    const waiting = await studio.api.startRun(spec)
    await studio.api.pauseRun(waiting)
    assert.equal((await studio.api.run(waiting)).status.kind, 'paused')
    await event(studio, (one) => one.kind === 'progress' && one.progress.nfe > 0)
    await studio.api.pauseRun(first)
    await studio.api.resumeRun(first)
    await studio.whenEnded(first.runId)
    assert.equal((await studio.api.run(first)).status.kind, 'done')
    await studio.api.resumeRun(waiting)
    await studio.whenEnded(waiting.runId)
    assert.equal((await studio.api.run(waiting)).status.kind, 'done')
  })

  test('stopped while it waits and resumed before its turn, has its turn', async () => {
    const { studio } = await openTiny()
    const first = await studio.api.startRun({ ...spec, ...slow })
    const [paused, cancelled] = [await studio.api.startRun(spec), await studio.api.startRun(spec)]
    await studio.api.pauseRun(paused)
    await studio.api.resumeRun(paused)
    await studio.api.cancelRun(cancelled)
    await studio.api.resumeRun(cancelled)
    await studio.api.cancelRun(first)
    for (const one of [paused, cancelled]) {
      await studio.whenEnded(one.runId)
      assert.equal((await studio.api.run(one)).status.kind, 'done')
    }
  })

  test('paused, resumed and paused again before it rests, rests: the last word counts', async () => {
    const { studio } = await openTiny()
    const run = await studio.api.startRun({ ...spec, ...slow, candidates: 40 })
    await event(studio, (one) => one.kind === 'progress' && one.progress.nfe > 0)
    await studio.api.pauseRun(run)
    const resumed = studio.api.resumeRun(run)
    await studio.api.pauseRun(run)
    await resumed
    await studio.whenEnded(run.runId)
    assert.equal((await studio.api.run(run)).status.kind, 'paused')
  })

  test('makes the branch that was asked for while its packs were checked', async () => {
    const opened = await openTiny()
    const { studio } = opened
    const { id: runId } = await runToEnd(opened, { baselines: [] })
    const resumed = studio.api.resumeRun({ runId })
    await studio.api.steer({ runId, kind: 'branch', seq: 0, cosine: 0.9, count: 1 })
    await resumed
    await studio.whenEnded(runId)
    const done = await studio.api.run({ runId })
    assert.deepEqual([done.status.kind, done.candidates.length], ['done', 6])
  })

  test('after its end, where a veto or a branch gives it more to do; what is not there cannot be steered', async () => {
    const opened = await openTiny()
    const { studio } = opened
    const done = await runToEnd(opened, { finalSteps: 6, baselines: [] })
    const { id: runId, winner } = done
    assert.deepEqual(
      done.finals.map(({ seq }) => seq),
      [winner],
    )
    const veto = await studio.api.steer({ runId, kind: 'veto', seq: winner ?? NaN })
    assert.equal(veto.kind, 'veto')
    await assert.rejects(
      studio.api.steer({ runId, kind: 'veto', seq: winner ?? NaN }),
      refused('bad_input', /not vetoed yet/),
    )
    await studio.whenEnded(runId)
    const second = await studio.api.run({ runId })
    assert.deepEqual([second.status.kind, second.finals.length], ['done', 2])
    assert.ok(second.winner !== winner && second.finals.some(({ seq }) => seq === second.winner))

    const branch = await studio.api.steer({ runId, kind: 'branch', seq: 2, cosine: 0.9, count: 2 })
    assert.ok(branch.kind === 'branch' && branch.firstSeq === 5)
    await studio.whenEnded(runId)
    const third = await studio.api.run({ runId })
    assert.deepEqual(third.candidates.map(({ seq, parent }) => [seq, parent]).slice(5), [
      [5, 2],
      [6, 2],
    ])
    assert.deepEqual(
      (await studio.api.lineage({ runId, arm: 'search', seq: 6 })).map(({ seq }) => seq),
      [2, 6],
    )
    assert.ok(third.finals.some(({ seq }) => seq === third.winner))
    // Both hands are taken back, the newest first; pictures stay.
    assert.equal((await studio.api.undoSteering({ runId }))?.kind, 'branch')
    assert.equal((await studio.api.undoSteering({ runId }))?.kind, 'veto')
    assert.equal(await studio.api.undoSteering({ runId }), null)
    await studio.whenEnded(runId)
    const last = await studio.api.run({ runId })
    assert.deepEqual([last.status.kind, last.candidates.length], ['done', 7])
    await assert.rejects(studio.api.steer({ runId, kind: 'pin', seq: 40 }), refused('not_found', /40/))
  })
})

describe('several verifiers through the real engine', () => {
  const all = () => packsOf('tiny', 'tiny-verifier', 'tiny-outputs', 'tiny-pairs', 'tiny-judge')

  test('score every image, guide by their ranks, and are the same in a batch of another size', async () => {
    const opened = await openTiny({ packs: all() })
    const guide: (typeof spec)['guide'] = ['clip_score', 'aesthetic_score', 'image_reward']
    const heldOut: (typeof spec)['heldOut'] = ['dino_linear', 'dino_self', 'inception_confidence']
    const run = await runToEnd(opened, { guide, heldOut })
    assert.deepEqual(run.status, { kind: 'done' })
    for (const { scores } of [...run.candidates, ...run.baselines]) {
      assert.deepEqual(Object.keys(scores).sort(), [...guide, ...heldOut].sort())
      assert.ok(Object.values(scores).every(Number.isFinite))
      assert.ok((scores.inception_confidence ?? 0) > 0 && (scores.inception_confidence ?? 1) < 1)
    }
    assert.equal(run.best?.seq, bestByGuide(run.candidates, guide)?.seq)
    assert.equal(run.ledger.verifierCalls, 5 * 3)
    const alone = await runToEnd(opened, { guide, heldOut, candidates: 1, baselines: [] })
    assert.deepEqual(alone.candidates[0]?.scores, run.candidates[0]?.scores)
  })

  test('are kept with the run, and come back after closing and opening again', async () => {
    const library = newPlace('library')
    const change: Partial<typeof spec> = { guide: ['aesthetic_score', 'dino_self'], heldOut: ['clip_score'] }
    const before = await runToEnd(await openTiny({ library, packs: all() }), change)
    await open?.close()
    const { studio } = await openTiny({ library, packs: all() })
    assert.deepEqual(await studio.api.run({ runId: before.id }), before)
    assert.deepEqual((await studio.api.runs())[0]?.best, before.best)
  })
})

describe('what is refused before anything runs', () => {
  test('a guide that needs a class, for a prompt that names none', async () => {
    const { studio } = await openTiny({ packs: packsOf('tiny', 'tiny-verifier', 'tiny-outputs') })
    await assert.rejects(
      studio.api.startRun({ ...spec, guide: ['clip_score', 'dino_linear'], prompt: 'a star in night' }),
      refused(
        'bad_input',
        /one of the 3 classes of pack tiny-outputs, such as red star, for the guide DINO class/,
      ),
    )
    assert.deepEqual(await studio.api.runs(), [])
  })

  test('a verifier, held out too, that takes pictures of another size, with both sizes', async () => {
    const packs = packsOf('tiny', 'tiny-verifier', 'tiny-pairs')
    const file = join(packs, 'tiny-pairs', 'pack.json')
    writeFileSync(file, readFileSync(file, 'utf8').replace('"width": 4', '"width": 8'))
    const { studio } = await openTiny({ packs })
    await assert.rejects(
      studio.api.startRun({ ...spec, heldOut: ['image_reward'] }),
      refused(
        'bad_input',
        /ImageReward: expected pictures of 8 x 4 \(pack tiny-pairs\), found 4 x 4 of pack tiny/,
      ),
    )
    assert.deepEqual(await studio.api.runs(), [])
  })

  test('a verifier that no pack holds, with those that are there; a judge is none of them', async () => {
    const { studio } = await openTiny({ packs: packsOf('tiny', 'tiny-verifier', 'tiny-judge') })
    await assert.rejects(
      studio.api.startRun({ ...spec, heldOut: ['pick_score'] }),
      refused('unknown_verifier', /one of clip_score as verifier, found "pick_score"/),
    )
    assert.deepEqual(await studio.api.runs(), [])
  })

  test('an unknown pack, with the packs that are there', async () => {
    const { studio } = await openTiny()
    await assert.rejects(
      studio.api.startRun({ ...spec, pack: 'sunsets' }),
      refused('unknown_pack', /tiny.*sunsets/),
    )
    assert.deepEqual(await studio.api.runs(), [])
  })

  test('a pack with an altered file, and one with a missing file, by hash and by name', async () => {
    const altered = packsOf('tiny', 'tiny-verifier')
    appendFileSync(join(altered, 'tiny', 'denoiser.onnx'), 'x')
    await assert.rejects(
      (await openTiny({ packs: altered })).studio.api.startRun(spec),
      refused('pack_damaged', /denoiser\.onnx/),
    )
    await open?.close()
    const missing = packsOf('tiny', 'tiny-verifier')
    rmSync(join(missing, 'tiny-verifier', 'image_tower.onnx'))
    const { studio } = await openTiny({ packs: missing })
    await assert.rejects(studio.api.startRun(spec), refused('pack_damaged', /image_tower\.onnx/))
    const problems = (await studio.api.packs()).map(({ id, problem }) => [id, problem?.code ?? null])
    assert.deepEqual(problems.sort(), [
      ['tiny', null],
      ['tiny-verifier', 'pack_damaged'],
    ])
  })

  test('a second studio on the same library', async () => {
    const library = newPlace('library')
    await openTiny({ library })
    await assert.rejects(
      openStudio({ libraryPath: library, packFolders: [], host: 'browser' }),
      refused('library_locked', /./),
    )
  })

  test('arguments of a view that are not what the contract says', async () => {
    const { studio } = await openTiny()
    const call = (method: 'run' | 'cancelRun' | 'checkPrompt' | 'startRun', argument: unknown) =>
      (studio.api[method] as (argument: unknown) => Promise<unknown>)(argument)
    for (const argument of [
      undefined,
      null,
      5,
      {},
      { runId: '1' },
      { runId: 1.5 },
      { runId: 1, more: true },
    ]) {
      await assert.rejects(call('run', argument), refused('bad_input', /expected|Invalid|Unrecognized/))
      await assert.rejects(call('cancelRun', argument), refused('bad_input', /expected|Invalid|Unrecognized/))
      await assert.rejects(
        call('checkPrompt', argument),
        refused('bad_input', /expected|Invalid|Unrecognized/),
      )
      await assert.rejects(call('startRun', argument), refused('bad_input', /expected|Invalid|Unrecognized/))
    }
    await assert.rejects(call('run', { runId: 4711 }), refused('unknown_run', /4711/))
  })
})

test('a run that a dead program left behind is interrupted, not lost', async () => {
  const library = newPlace('library')
  const { openLibrary } = await import('../library/open.ts')
  const left = await openLibrary(library)
  const runId = left.createRun(spec, [])
  left.setStatus(runId, { kind: 'running' })
  left.close()
  const { studio } = await openTiny({ library })
  const expected: RunStatus = { kind: 'interrupted' }
  assert.deepEqual((await studio.api.run({ runId })).status, expected)
})
