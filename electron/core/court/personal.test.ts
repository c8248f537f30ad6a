import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { encode } from 'fast-png'

import { StudioError } from '../../../shared/errors.ts'
import type { Picture } from '../../../shared/gallery.ts'
import type { RunSpecInput } from '../../../shared/run-spec.ts'
import { decodePng } from '../../library/png.ts'
import { openStudio, type Studio } from '../studio.ts'
import { ended } from './testing/ended.ts'

const bundled = join(import.meta.dirname, '../../../models/packs')
const folder = mkdtempSync(join(tmpdir(), 'goldpan-you-'))
const places = { libraryPath: join(folder, 'library'), packFolders: [bundled], host: 'cli' as const }
let studio: Studio
let pictures: readonly Picture[] = []
/** How red each picture is: the preference that no verifier was trained for, and nobody is told. */
const redness = new Map<number, number>()

const spec = (prompt: string, change: Partial<RunSpecInput> = {}): RunSpecInput =>
  ({
    ...{
      algorithm: 'random_search',
      prompt,
      pack: 'scenes-mini',
      candidates: 16,
      sampler: 'euler',
      schedule: 'linear',
    },
    ...{ steps: 5, guidance: 3, baselines: [], seed: '11', guide: ['clip_score'], heldOut: [] },
    ...change,
  }) as RunSpecInput

async function runToEnd(input: RunSpecInput) {
  const { runId } = await studio.api.startRun(input)
  await studio.whenEnded(runId)
  return studio.api.run({ runId })
}

/** Numbers that are the same in every run of the test. */
function seeded(seed: number): (below: number) => number {
  let state = seed
  return (below) => (state = (state * 48271) % 2147483647) % below
}

function pairs(count: number, seed: number): readonly (readonly [number, number])[] {
  const random = seeded(seed)
  return Array.from({ length: count }, () => {
    const first = random(pictures.length)
    const second = (first + 1 + random(pictures.length - 1)) % pictures.length
    return [pictures[first]?.id ?? 0, pictures[second]?.id ?? 0] as const
  })
}

const redder = (a: number, b: number) => ((redness.get(a) ?? 0) > (redness.get(b) ?? 0) ? [a, b] : [b, a])

before(async () => {
  studio = await openStudio(places)
  for (const prompt of [
    'a red star in night',
    'a blue ring in sky',
    'two green hearts in sand',
    'a yellow moon in paper',
  ]) {
    const run = await runToEnd(spec(prompt))
    pictures = [...pictures, ...(await studio.api.picturesOfRun({ runId: run.id }))]
  }
  for (const { id, imageSha256 } of pictures) {
    const { png } = await studio.api.exportImage({ imageSha256, metadata: 'none' })
    const { data } = decodePng(Buffer.from(png, 'base64'))
    let sum = 0
    for (let i = 0; i < data.length; i += 3) {
      sum += (data[i] ?? 0) - ((data[i + 1] ?? 0) + (data[i + 2] ?? 0)) / 2
    }
    redness.set(id, (3 * sum) / data.length)
  }
})
after(async () => {
  await studio.close()
  rmSync(folder, { recursive: true, force: true })
})

async function voteOn(duels: readonly (readonly number[])[]): Promise<void> {
  for (const [winner = 0, loser = 0] of duels) await studio.api.vote({ winner, loser })
}

async function withdrawAll(): Promise<void> {
  for (const { id } of await studio.api.votes({})) await studio.api.withdrawVote({ vote: id })
}

test('with 29 votes there is nothing to learn from yet, but every verifier is compared on them', async () => {
  await voteOn(pairs(29, 3).map(([a, b]) => redder(a, b)))
  await assert.rejects(studio.api.trainPersonalScorer(), {
    code: 'bad_input',
    message: /at least 30 blind votes .* found 29/,
  })
  const { votes, state, others } = await studio.api.personalScorer()
  assert.equal(votes, 29)
  assert.deepEqual(state, { kind: 'untrained', reason: 'It takes 30 blind votes; 1 more to go.' })
  assert.deepEqual(
    others.map(({ verifier, votes: counted }) => [verifier, counted]),
    [['clip_score', 29]],
  )
})

test('answers without a preference are no guide: refused with both numbers, allowed as held out', async () => {
  await withdrawAll()
  const random = seeded(97)
  await voteOn(pairs(40, 5).map(([a, b]) => (random(2) === 0 ? [a, b] : [b, a])))
  const { state } = await studio.api.trainPersonalScorer()
  assert.equal(state.kind, 'trained')
  assert.equal(state.beatsChance, false)
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`
  await assert.rejects(runToEnd(spec('a red star in night', { guide: ['you'] })), (error: unknown) => {
    assert.ok(error instanceof StudioError)
    const { code, message } = error
    assert.equal(code, 'bad_input')
    assert.ok(message.includes(`found ${percent(state.own.accuracy)} of 40 votes`), message)
    assert.ok(message.includes(`the lower end at ${percent(state.own.low)}`), message)
    return true
  })
  const run = await runToEnd(spec('a red star in night', { heldOut: ['you'], candidates: 2 }))
  assert.deepEqual(run.status, { kind: 'done' })
  assert.ok(run.candidates.every(({ scores }) => Number.isFinite(scores.you)))
})

test('a hidden preference is learned from 60 votes, better than any other verifier knows it, and guides', async (context) => {
  await withdrawAll()
  await voteOn(pairs(60, 8).map(([a, b]) => redder(a, b)))
  const started = performance.now()
  const { state, others, votes } = await studio.api.trainPersonalScorer()
  assert.equal(votes, 60)
  assert.equal(state.kind, 'trained')
  assert.equal(state.unseenPictures, true)
  context.diagnostic(
    `${state.features}: ${state.own.accuracy.toFixed(2)} (${state.own.low.toFixed(2)} to ${state.own.high.toFixed(2)}) in ${((performance.now() - started) / 1000).toFixed(1)} s; others ${others.map(({ verifier, accuracy }) => `${verifier} ${accuracy.toFixed(2)}`).join(', ')}`,
  )
  assert.ok(state.own.accuracy >= 0.8 && state.beatsChance, String(state.own.accuracy))
  assert.ok(others.length >= 5 && others.every(({ votes: counted }) => counted <= 60))
  assert.ok(others.every(({ accuracy }) => accuracy < state.own.accuracy))
  // What it says of all pairs, most of them never voted on, is what the eye behind the votes says.
  const ids = pictures.map(({ id }) => id)
  const { job } = await studio.api.judge({ pictures: ids, verifiers: ['you'] })
  assert.deepEqual((await ended(studio, job)).state, { kind: 'done' })
  const { testimonies } = await studio.api.court({ pictures: ids })
  const scores = new Map(testimonies.map((one) => [one.picture, one.scores.you ?? NaN]))
  const fresh = pairs(500, 21).map(([a, b]) => redder(a, b))
  const right = fresh.filter(([won = 0, lost = 0]) => (scores.get(won) ?? NaN) > (scores.get(lost) ?? NaN))
  context.diagnostic(`of 500 fresh pairs ${right.length}`)
  assert.ok(right.length >= 400, `${right.length} of 500`)

  const run = await runToEnd(
    spec('a red star in night', { guide: ['you'], heldOut: ['clip_score'], candidates: 4 }),
  )
  assert.deepEqual(run.status, { kind: 'done' })
  const best = Math.max(...run.candidates.map((one) => one.scores.you ?? NaN))
  assert.equal(run.candidates.find(({ seq }) => seq === run.winner)?.scores.you, best)
  const replayed = await studio.api.replay({ runId: run.id, arm: 'search', seq: run.winner ?? 0 })
  assert.equal(replayed.same, true, JSON.stringify(replayed))
})

test('it outlives the studio, is removed and restored like an import, and another training is another version', async () => {
  await studio.close()
  studio = await openStudio(places)
  const { state } = await studio.api.personalScorer()
  assert.equal(state.kind, 'trained')
  const packOf = async () => (await studio.api.packs()).find(({ id }) => id === 'you')
  const before = await packOf()
  assert.ok(before?.imported === true && before.problem === null && before.kind === 'verifier')
  const ids = pictures.slice(0, 4).map(({ id }) => id)
  const scored = async () =>
    (await studio.api.court({ pictures: ids })).testimonies.filter(({ scores }) => scores.you !== undefined)
      .length
  assert.equal(await scored(), 4)
  const { removed } = await studio.api.removePack({ id: 'you' })
  assert.equal((await studio.api.personalScorer()).state.kind, 'untrained')
  await studio.api.restorePack({ removed })
  assert.deepEqual(await packOf(), before)
  // The opposite taste, and one vote on a picture of a size that no pack takes: it costs nothing but itself.
  await voteOn(pairs(100, 31).map(([a, b]) => [...redder(a, b)].reverse()))
  const odd = encode({ width: 9, height: 5, channels: 3, data: new Uint8Array(9 * 5 * 3) })
  const png = Buffer.from(odd).toString('base64')
  const { picture } = await studio.api.addPicture({ name: 'odd.png', png, prompt: 'a red star in night' })
  await voteOn([[picture, ids[0] ?? 0]])
  const again = await studio.api.trainPersonalScorer()
  assert.ok(again.state.kind === 'trained')
  assert.deepEqual([again.votes, again.state.votes], [161, 160])
  assert.notEqual((await packOf())?.version, before.version)
  assert.equal(await scored(), 0)
})

test('an earlier training takes the place of the one at hand, and that one comes back as well', async () => {
  const packOf = async () => (await studio.api.packs()).find(({ id }) => id === 'you')
  const { state, earlier } = await studio.api.personalScorer()
  const newest = await packOf()
  assert.ok(state.kind === 'trained')
  assert.deepEqual(
    earlier.map(({ votes }) => votes),
    [60, 40],
    'newest first',
  )
  const [first] = earlier
  assert.ok(first !== undefined && first.own.accuracy >= 0.8)
  assert.ok(Math.abs(Date.now() - Date.parse(first.trainedAt)) < 3_600_000, first.trainedAt)
  await studio.api
    .judge({ pictures: pictures.map(({ id }) => id), verifiers: ['you'] })
    .then(({ job }) => ended(studio, job))

  const { replaced } = await studio.api.restorePersonalScorer({ removed: first.removed })
  const back = await studio.api.personalScorer()
  assert.ok(back.state.kind === 'trained' && replaced !== null)
  assert.deepEqual([back.state.votes, back.state.own], [60, first.own])
  assert.deepEqual(back.earlier.map(({ votes }) => votes).toSorted(), [160, 40].toSorted())
  const { testimonies } = await studio.api.court({ pictures: pictures.slice(0, 4).map(({ id }) => id) })
  assert.deepEqual(
    testimonies.map(({ scores }) => scores.you),
    [undefined, undefined, undefined, undefined],
    'what the other one said does not count',
  )
  await studio.api.restorePersonalScorer({ removed: replaced })
  assert.deepEqual(await packOf(), newest)
  assert.deepEqual((await studio.api.personalScorer()).state, state)
  await assert.rejects(studio.api.restorePersonalScorer({ removed: 'you~99' }), {
    code: 'not_found',
    message: /none named you~99/,
  })
  await assert.rejects(studio.api.restorePersonalScorer({ removed: '../you' }), { code: 'bad_input' })
  // Removed by hand, it is one of the earlier ones, and nothing stands in its place.
  await studio.api.removePack({ id: 'you' })
  const [removed] = (await studio.api.personalScorer()).earlier
  assert.ok(removed?.votes === 160)
  assert.deepEqual(await studio.api.restorePersonalScorer({ removed: removed.removed }), { replaced: null })
  assert.deepEqual(await packOf(), newest)

  // One that was damaged where it lay takes nobody's place.
  const [damaged] = (await studio.api.personalScorer()).earlier
  assert.ok(damaged !== undefined)
  const lying = join(places.libraryPath, 'models', '.removed', damaged.removed)
  const { files } = JSON.parse(readFileSync(join(lying, 'pack.json'), 'utf8')) as { files: object }
  // Its files are links to those of the pack whose features it weighs: deleted, not written over.
  rmSync(join(lying, Object.keys(files)[0] ?? ''))
  await assert.rejects(studio.api.restorePersonalScorer({ removed: damaged.removed }), {
    code: 'pack_damaged',
  })
  assert.deepEqual(await packOf(), newest)
  assert.deepEqual((await studio.api.personalScorer()).state, state)
})

test('winners that differ are chosen by features, and their loss of quality is told', async () => {
  const ids = pictures.map(({ id }) => id)
  const best = await studio.api.diverseWinners({ pictures: ids, guide: ['clip_score'], count: 4, spread: 0 })
  const diverse = await studio.api.diverseWinners({
    pictures: ids,
    guide: ['clip_score'],
    count: 4,
    spread: 0.7,
  })
  assert.deepEqual(best.winners, best.best)
  assert.deepEqual(diverse.best, best.best)
  assert.equal(new Set(diverse.winners).size, 4)
  assert.ok(diverse.spread > best.spread && diverse.quality <= best.quality)
  assert.equal(diverse.features, 'scenes-dino')
  const rejected = studio.api.diverseWinners({ pictures: ids, guide: ['hps_score'], count: 4, spread: 0.5 })
  await assert.rejects(rejected, {
    code: 'bad_input',
    message: /found 4 for 0; have the missing scores judged/,
  })
})
