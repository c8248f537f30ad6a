import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, test } from 'node:test'

import { encode } from 'fast-png'

import type { RunSpecInput } from '../../../shared/run-spec.ts'
import type { VerifierId } from '../../../shared/vocabulary.ts'
import type { GraderSettings } from '../../grader/settings.ts'
import { openStudio, type Studio } from '../studio.ts'
import { ended } from './testing/ended.ts'

const fixtures = join(import.meta.dirname, '../../engine/fixtures/packs')
const folder = mkdtempSync(join(tmpdir(), 'goldpan-court-'))
const packFolder = join(folder, 'packs')
for (const pack of ['tiny', 'tiny-verifier', 'tiny-outputs', 'tiny-pairs']) {
  cpSync(join(fixtures, pack), join(packFolder, pack), { recursive: true })
}
after(() => {
  rmSync(folder, { recursive: true, force: true })
})

const open: Studio[] = []
afterEach(async () => {
  for (const studio of open.splice(0)) await studio.close()
})

let libraries = 0
const newLibrary = () => join(folder, `library-${libraries++}`)

async function opened(
  libraryPath = newLibrary(),
  packFolders = [packFolder],
  grader: GraderSettings | null = null,
): Promise<Studio> {
  const studio = await openStudio({ libraryPath, packFolders, host: 'cli', grader })
  open.push(studio)
  return studio
}

const spec: RunSpecInput = {
  ...{ algorithm: 'random_search', prompt: 'two red stars in night', pack: 'tiny', candidates: 4 },
  ...{ sampler: 'euler', schedule: 'linear', steps: 2, guidance: 1, baselines: [3], seed: '7' },
  ...{ guide: ['clip_score'], heldOut: [] },
}

async function picturesOfARun(
  studio: Studio,
  change: Partial<RunSpecInput> = {},
): Promise<readonly number[]> {
  const { runId } = await studio.api.startRun({ ...spec, ...change } as RunSpecInput)
  await studio.whenEnded(runId)
  return (await studio.api.picturesOfRun({ runId })).map(({ id }) => id)
}

async function judged(studio: Studio, pictures: readonly number[], verifiers?: readonly VerifierId[]) {
  const request = verifiers === undefined ? { pictures } : { pictures, verifiers }
  return ended(studio, (await studio.api.judge(request)).job)
}

test('missing scores are asked for once, by every verifier that can, and are what the run itself would have found', async () => {
  const studio = await opened()
  const pictures = await picturesOfARun(studio)
  const before = await studio.api.court({ pictures })
  assert.deepEqual(
    before.testimonies.map(({ scores }) => Object.keys(scores)),
    pictures.map(() => ['clip_score']),
  )
  const job = await judged(studio, pictures)
  assert.deepEqual(job.state, { kind: 'done' })
  const table = await studio.api.court({ pictures })
  const able = table.judges.filter(({ reason }) => reason === null).map(({ verifier }) => verifier)
  assert.deepEqual(able, [
    'clip_score',
    'aesthetic_score',
    'image_reward',
    'dino_linear',
    'inception_confidence',
  ])
  assert.equal(job.done, job.planned)
  const asked = await opened()
  const own = await picturesOfARun(asked, { heldOut: able.slice(1) })
  const direct = await asked.api.pictures({ pictures: own })
  assert.deepEqual(
    table.testimonies.map(({ scores }) => scores),
    direct.map(({ scores }) => scores),
  )
  assert.equal((await judged(studio, pictures)).planned, 0)
})

test('who cannot judge afterwards says why, and is refused by name', async () => {
  const studio = await opened()
  const pictures = await picturesOfARun(studio)
  const { judges } = await studio.api.court({ pictures })
  const reasons = new Map(judges.map(({ verifier, reason }) => [verifier, reason]))
  assert.match(reasons.get('dino_self') ?? '', /early look/)
  assert.match(reasons.get('frechet') ?? '', /sets of pictures/)
  assert.match(reasons.get('llm_grader') ?? '', /No vision language model/)
  assert.match(reasons.get('you') ?? '', /not trained yet/)
  assert.match(reasons.get('pick_score') ?? '', /No installed pack/)
  assert.equal(reasons.get('clip_score'), null)
  await assert.rejects(studio.api.judge({ pictures, verifiers: ['aesthetic_score', 'dino_self'] }), {
    code: 'bad_input',
    message: /DINO self-similarity.*early look/,
  })
  await assert.rejects(studio.api.cancelJudging({ job: 99 }), { code: 'not_found' })
  await assert.rejects(studio.api.judge({ pictures: ['1' as unknown as number] }), { code: 'bad_input' })
})

test('an image from outside is judged by its prompt once it has one; without, the table says who is silent and why', async () => {
  const studio = await opened()
  const [first = 0] = await picturesOfARun(studio)
  const [{ imageSha256 } = { imageSha256: '' }] = await studio.api.pictures({ pictures: [first] })
  const other = await opened(newLibrary())
  const png = (await studio.api.exportImage({ imageSha256, metadata: 'none' })).png
  const { picture } = await other.api.addPicture({ name: 'found.png', png })
  assert.deepEqual((await judged(other, [picture])).state, { kind: 'done' })
  const [found] = (await other.api.court({ pictures: [picture] })).testimonies
  assert.deepEqual(Object.keys(found?.scores ?? {}), ['aesthetic_score'])
  const silent = new Map(found?.silent.map(({ verifier, reason }) => [verifier, reason]))
  for (const id of ['clip_score', 'image_reward', 'dino_linear'] as const) {
    assert.match(silent.get(id) ?? '', /by its prompt, and this one has none/)
  }
  await other.api.setPrompt({ picture, prompt: 'two red stars in night' })
  await judged(other, [picture])
  const [now] = (await other.api.court({ pictures: [picture] })).testimonies
  const [origin] = await studio.api.pictures({ pictures: [first] })
  assert.equal(now?.scores.clip_score, origin?.scores.clip_score)
})

test('another version of a pack makes its verdicts missing again; scores of the run stay', async () => {
  const packs = join(folder, 'packs-changed')
  cpSync(packFolder, packs, { recursive: true })
  const libraryPath = newLibrary()
  const studio = await opened(libraryPath, [packs])
  const pictures = await picturesOfARun(studio)
  await judged(studio, pictures, ['aesthetic_score', 'image_reward'])
  for (const pack of ['tiny-outputs', 'tiny-verifier']) {
    const manifest = join(packs, pack, 'pack.json')
    const json = JSON.parse(readFileSync(manifest, 'utf8')) as Record<string, unknown>
    writeFileSync(manifest, JSON.stringify({ ...json, version: '99' }))
  }
  const { testimonies } = await studio.api.court({ pictures })
  for (const { scores } of testimonies) {
    assert.deepEqual(Object.keys(scores).toSorted(), ['clip_score', 'image_reward'])
  }
  const again = await judged(studio, pictures, ['aesthetic_score', 'image_reward', 'clip_score'])
  assert.equal(again.planned, pictures.length)
})

test('what was judged by a prompt or a pack that was changed meanwhile is not kept', async () => {
  const packs = join(folder, 'packs-replaced')
  cpSync(packFolder, packs, { recursive: true })
  const studio = await opened(newLibrary(), [packs])
  const [first = 0] = await picturesOfARun(studio)
  const [{ imageSha256 } = { imageSha256: '' }] = await studio.api.pictures({ pictures: [first] })
  const other = await opened(newLibrary(), [packs])
  const { png } = await studio.api.exportImage({ imageSha256, metadata: 'none' })
  const { picture } = await other.api.addPicture({ name: 'found.png', png, prompt: 'a blue ring' })
  // Behind a run, so that the changes come while it waits.
  await other.api.startRun({ ...spec, candidates: 20 })
  const { job } = await other.api.judge({
    pictures: [picture, picture],
    verifiers: ['aesthetic_score', 'clip_score'],
  })
  await other.api.setPrompt({ picture, prompt: 'two red stars in night' })
  const manifest = join(packs, 'tiny-outputs', 'pack.json')
  const json = JSON.parse(readFileSync(manifest, 'utf8')) as Record<string, unknown>
  const { job: second } = await other.api.judge({ pictures: [picture], verifiers: ['aesthetic_score'] })
  writeFileSync(manifest, JSON.stringify({ ...json, version: '99' }))
  const overtaken = await ended(other, job)
  assert.deepEqual(
    [overtaken.planned, overtaken.done],
    [2, 0],
    'a picture that is named twice is asked about once',
  )
  const replaced = await ended(other, second)
  assert.ok(
    replaced.state.kind === 'failed' && /was replaced by another version/.test(replaced.state.error.message),
  )
  assert.deepEqual(
    (await other.api.pictures({ pictures: [picture] })).map(({ scores }) => scores),
    [{}],
  )
  const again = await judged(other, [picture], ['aesthetic_score', 'clip_score'])
  assert.deepEqual([again.state.kind, again.done], ['done', 2])
})

test('a run that is started later goes before the next batch; a cancel answers at once and keeps what was judged', async () => {
  const studio = await opened()
  // Three batches of one pack.
  const pictures = await picturesOfARun(studio, { candidates: 40 })
  let runs = 0
  let startedAt = -1
  const { job } = await studio.api.judge({ pictures, verifiers: ['aesthetic_score'] })
  const jobNow = async () => (await studio.api.judging()).find(({ id }) => id === job)
  const overtaken = new Promise<number>((resolve, reject) => {
    const stop = studio.onEvent((event) => {
      if (event.kind !== 'court-changed' || startedAt >= 0) return
      jobNow().then(async (found) => {
        if ((found?.done ?? 0) === 0 || runs++ > 0) return
        startedAt = found?.done ?? 0
        stop()
        const { runId } = await studio.api.startRun(spec)
        await studio.whenEnded(runId)
        resolve((await jobNow())?.done ?? NaN)
      }, reject)
    })
  })
  const doneAtItsEnd = await overtaken
  assert.ok(doneAtItsEnd < pictures.length, `${doneAtItsEnd} of ${pictures.length} before the run ended`)
  await studio.api.cancelJudging({ job })
  assert.deepEqual((await jobNow())?.state, { kind: 'cancelled' })
  // The rest, and what came meanwhile, make the whole.
  const rest = await judged(studio, pictures, ['aesthetic_score'])
  assert.ok(rest.planned < pictures.length && rest.done === rest.planned)
  const { testimonies } = await studio.api.court({ pictures })
  assert.ok(testimonies.every(({ scores }) => scores.aesthetic_score !== undefined))
})

test('a pack that fails costs its own verdicts; the job says what failed', async () => {
  const packs = join(folder, 'packs-broken')
  cpSync(packFolder, packs, { recursive: true })
  const manifest = join(packs, 'tiny-pairs', 'pack.json')
  // Names an output that the graph does not have: found out only when the engine opens it.
  const text = readFileSync(manifest, 'utf8')
  const json = JSON.parse(text) as { components: { pairTower: { outputs: { score: string } } } }
  json.components.pairTower.outputs.score = 'no such output'
  writeFileSync(manifest, JSON.stringify(json))
  const studio = await opened(newLibrary(), [packs])
  const pictures = await picturesOfARun(studio)
  const job = await judged(studio, pictures)
  assert.equal(job.state.kind, 'failed')
  assert.equal(job.state.error.code, 'pack_invalid')
  const { testimonies } = await studio.api.court({ pictures })
  for (const { scores } of testimonies) {
    assert.deepEqual(Object.keys(scores), [
      'clip_score',
      'aesthetic_score',
      'dino_linear',
      'inception_confidence',
    ])
  }
})

test('what was judged survives the end of the studio, and closing does not wait for what is left', async () => {
  const libraryPath = newLibrary()
  const studio = await opened(libraryPath)
  const pictures = await picturesOfARun(studio)
  await judged(studio, pictures, ['aesthetic_score'])
  await studio.api.judge({ pictures, verifiers: ['image_reward'] })
  await studio.close()
  open.pop()
  const again = await opened(libraryPath)
  const { testimonies } = await again.api.court({ pictures })
  assert.ok(testimonies.every(({ scores }) => scores.aesthetic_score !== undefined))
  assert.deepEqual(await again.api.judging(), [])
})

test('a picture of a size that no pack takes has judges that say so, and nobody is asked', async () => {
  const studio = await opened()
  const pictures = await picturesOfARun(studio)
  const data = Uint8Array.from({ length: 8 * 8 * 3 }, (_, i) => i)
  const png = Buffer.from(encode({ width: 8, height: 8, data, channels: 3 })).toString('base64')
  const { picture } = await studio.api.addPicture({
    name: 'large.png',
    png,
    prompt: 'two red stars in night',
  })
  const { judges, testimonies } = await studio.api.court({ pictures: [...pictures, picture] })
  assert.equal(judges.find(({ verifier }) => verifier === 'aesthetic_score')?.reason, null)
  const outside = testimonies.at(-1)
  const silent = outside?.silent.find(({ verifier }) => verifier === 'aesthetic_score')
  assert.match(silent?.reason ?? '', /tiny-outputs takes pictures of 4 x 4, and this one has 8 x 8/)
  const alone = await studio.api.court({ pictures: [picture] })
  assert.match(
    alone.judges.find(({ verifier }) => verifier === 'aesthetic_score')?.reason ?? '',
    /pictures of 4 x 4/,
  )
  assert.equal((await judged(studio, [picture])).planned, 0)
})

test('of a grader that answers some, the answers are kept and the others are asked for again', async () => {
  const aspects = ['accuracy', 'originality', 'visual_quality', 'consistency', 'emotional_resonance']
  let calls = 0
  let answers = false
  const server = createServer((incoming, response) => {
    incoming.resume().on('end', () => {
      const refused = !answers && ++calls === 2
      const marks = Object.fromEntries(aspects.map((name) => [name, { reason: 'As seen.', mark: 7 }]))
      const message = refused ? { refusal: 'No.' } : { content: JSON.stringify(marks) }
      response.end(JSON.stringify({ choices: [{ finish_reason: 'stop', message }] }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
    const studio = await opened(newLibrary(), [packFolder], { endpoint, model: 'local-vision' })
    const pictures = await picturesOfARun(studio)
    const first = await judged(studio, pictures, ['llm_grader'])
    assert.deepEqual([first.planned, first.done], [5, 4])
    assert.ok(first.state.kind === 'failed' && first.state.error.code === 'grader_failed')
    answers = true
    const second = await judged(studio, pictures, ['llm_grader'])
    assert.deepEqual([second.planned, second.done, second.state.kind], [1, 1, 'done'])
    const { testimonies } = await studio.api.court({ pictures })
    assert.ok(testimonies.every(({ scores }) => scores.llm_grader === 7))
  } finally {
    server.closeAllConnections()
    server.close()
  }
})
