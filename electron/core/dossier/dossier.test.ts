import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'

import type { RunDetail } from '../../../shared/domain.ts'
import type { RunSpecInput } from '../../../shared/run-spec.ts'
import { DeviceProbes } from '../../engine/device-probes.ts'
import { createEngineClient } from '../../engine/engine-client.ts'
import { sha256Of } from '../../library/image-files.ts'
import { decodePng, encodePng, readRecipe, type ImageRecord } from '../../library/png.ts'
import { ledgerOf } from '../../library/runs.ts'
import { PackFolders } from '../../packs/read-packs.ts'
import { openStudio, type Studio } from '../studio.ts'
import {
  contentOf,
  dossierText,
  isSealed,
  maxDossierBytes,
  readDossier,
  type DossierContent,
} from './dossier.ts'
import { verifyDossier, type Check, type CheckId } from './verify.ts'

const fixtures = fileURLToPath(new URL('../../engine/fixtures/packs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'goldpan-dossier-'))
const packFolder = join(folder, 'packs')
for (const name of ['tiny', 'tiny-nan', 'tiny-verifier']) {
  cpSync(join(fixtures, name), join(packFolder, name), { recursive: true })
}
const engine = createEngineClient()
const probes = new DeviceProbes()
let studio: Studio
before(async () => {
  studio = await openStudio({ libraryPath: join(folder, 'library'), packFolders: [packFolder], host: 'cli' })
})
after(async () => {
  await studio.close()
  await engine.stop()
  rmSync(folder, { recursive: true, force: true })
})

const common = {
  prompt: 'three green moons in meadow',
  pack: 'tiny',
  guide: ['clip_score'],
  heldOut: [],
  sampler: 'euler',
  schedule: 'linear',
  steps: 4,
  guidance: 2,
  baselines: [2],
  seed: '7',
} satisfies Partial<RunSpecInput>

async function runOf(spec: RunSpecInput): Promise<RunDetail> {
  const { runId } = await studio.api.startRun(spec)
  await studio.whenEnded(runId)
  const run = await studio.api.run({ runId })
  assert.deepEqual(run.status, { kind: 'done' })
  return run
}

const sealed = (run: RunDetail, withImages = false): Promise<DossierContent> =>
  contentOf(run, 'test', (sha256) => studio.imageFile(sha256), withImages)

async function verify(
  bytes: Uint8Array,
  { sample = null, packs = packFolder }: { sample?: number | null; packs?: string } = {},
): Promise<{ readonly checks: readonly Check[]; readonly remade: number }> {
  let remade = 0
  const checks = await verifyDossier(bytes, {
    packs: new PackFolders([packs]),
    engine,
    requireDevice: (device) => probes.require(device),
    signal: new AbortController().signal,
    sample,
    onCheck: () => undefined,
    onRemade: (done) => (remade = done),
  })
  return { checks, remade }
}

const bytesOf = (content: DossierContent): Uint8Array => Buffer.from(dossierText(content))
const failed = (checks: readonly Check[]): readonly CheckId[] =>
  checks.filter(({ holds }) => !holds).map(({ id }) => id)

/** Each algorithm with few candidates; the engine's tiny packs carry no gradients. */
const specs: Readonly<Record<string, RunSpecInput>> = {
  random_search: { ...common, algorithm: 'random_search', candidates: 5, finalSteps: 7 },
  zero_order_search: { ...common, algorithm: 'zero_order_search', rounds: 3, neighbours: 2 },
  search_over_paths: { ...common, algorithm: 'search_over_paths', width: 2, length: 2 },
  draft_cull_resume: {
    ...common,
    algorithm: 'draft_cull_resume',
    candidates: 5,
    survivors: 2,
    draftSteps: 2,
    sampler: 'dpmpp_2m',
  },
  fk_steering: { ...common, algorithm: 'fk_steering', sampler: 'euler_ancestral', particles: 3, interval: 2 },
}

describe('a dossier of a run', () => {
  for (const [algorithm, spec] of Object.entries(specs)) {
    test(`by ${algorithm} holds, and all of its candidates come out again`, async () => {
      const run = await runOf(spec)
      const { checks, remade } = await verify(bytesOf(await sealed(run)))
      assert.deepEqual(failed(checks), [], JSON.stringify(checks))
      assert.deepEqual(
        checks.map(({ id }) => id),
        ['structure', 'seal', 'ledger', 'costs', 'search', 'winner', 'packs', 'made again'],
      )
      assert.equal(remade, run.candidates.length + run.baselines.length + run.finals.length)
    })
  }

  test('that a person steered holds: branches, vetoes, undone ones, and the final image of each winner', async () => {
    const { id: runId, winner } = await runOf(specs.random_search as RunSpecInput)
    assert.ok(winner !== null)
    await studio.api.steer({ runId, kind: 'branch', seq: winner, cosine: 0.9, count: 2 })
    await studio.whenEnded(runId)
    await studio.api.steer({ runId, kind: 'veto', seq: winner })
    await studio.whenEnded(runId)
    await studio.api.steer({ runId, kind: 'branch', seq: 5, cosine: 0.5, count: 1 })
    await studio.whenEnded(runId)
    await studio.api.undoSteering({ runId })
    await studio.whenEnded(runId)
    const run = await studio.api.run({ runId })
    assert.equal(run.candidates.length, 5 + 3)
    assert.ok(run.finals.length >= 2)
    const { checks } = await verify(bytesOf(await sealed(run, true)))
    assert.deepEqual(failed(checks), [], JSON.stringify(checks))
  })

  test('of a run that its budget stopped holds', async () => {
    const run = await runOf({
      ...common,
      algorithm: 'zero_order_search',
      rounds: 5,
      neighbours: 3,
      budget: { nfe: 20 },
    })
    assert.ok(run.candidates.length < 15)
    const { checks } = await verify(bytesOf(await sealed(run)))
    assert.deepEqual(failed(checks), [], JSON.stringify(checks))
  })

  test('of a run that was cancelled holds for what it has', async () => {
    const { runId } = await studio.api.startRun({ ...common, algorithm: 'random_search', candidates: 400 })
    await new Promise<void>((resolve) => {
      const stop = studio.onEvent((event) => {
        if (event.kind !== 'progress' || event.progress.finished < 3) return
        stop()
        resolve()
      })
    })
    await assert.rejects(
      sealed(await studio.api.run({ runId })),
      /Expected a run that rests, found run \d+ running/,
    )
    await studio.api.cancelRun({ runId })
    await studio.whenEnded(runId)
    const run = await studio.api.run({ runId })
    assert.deepEqual(run.status, { kind: 'cancelled' })
    const { checks } = await verify(bytesOf(await sealed(run)), { sample: 4 })
    assert.deepEqual(failed(checks), [], JSON.stringify(checks))
  })

  test('whose candidates fail on the way holds, and they fail again', async () => {
    const { runId } = await studio.api.startRun({
      ...common,
      ...{ algorithm: 'draft_cull_resume', pack: 'tiny-nan', candidates: 4, survivors: 2, draftSteps: 1 },
      baselines: [1],
    })
    await studio.whenEnded(runId)
    const run = await studio.api.run({ runId })
    assert.deepEqual(
      run.failures.map(({ arm, seq }) => [arm, seq]),
      [
        ['search', 4],
        ['search', 5],
      ],
    )
    const { checks } = await verify(bytesOf(await sealed(run)))
    assert.deepEqual(failed(checks), [], JSON.stringify(checks))
  })

  test('is one line of canonical JSON, the same whenever it is sealed', async () => {
    const run = await runOf({ ...common, algorithm: 'random_search', candidates: 2 })
    const text = dossierText(await sealed(run))
    assert.equal(text, dossierText(await sealed(run)))
    assert.match(text, /^\{"candidates":\[.*\]?\}\n$/)
    assert.deepEqual(readDossier(Buffer.from(text)).candidates.length, 3)
  })

  test('that was sealed before pictures told other programs of themselves holds', async () => {
    const run = await runOf({ ...common, algorithm: 'random_search', candidates: 2, seed: '12' })
    const today = await sealed(run)
    const thirdFormat = (imageSha256: string): string => {
      const file = readFileSync(studio.imageFile(imageSha256) ?? '')
      const { record } = readRecipe(file)
      return sha256Of(encodePng(decodePng(file), { ...record, format: 3 } as ImageRecord))
    }
    const then = {
      ...today,
      // What a specification did not say then.
      spec: withoutKeys(today.spec, ['negativePrompt', 'size', 'device', 'generator']),
      candidates: today.candidates.map((one) => ({ ...one, imageSha256: thirdFormat(one.imageSha256) })),
    } as DossierContent
    assert.notEqual(then.candidates[0]?.imageSha256, today.candidates[0]?.imageSha256)
    const { checks, remade } = await verify(bytesOf(then))
    assert.deepEqual(failed(checks), [], JSON.stringify(checks))
    assert.equal(remade, 3)
  })

  test('with --sample, the seal chooses who is made again: always the same ones', async () => {
    const run = await runOf({ ...common, algorithm: 'random_search', candidates: 6, seed: '8' })
    const bytes = bytesOf(await sealed(run))
    const { checks, remade } = await verify(bytes, { sample: 2 })
    assert.deepEqual(failed(checks), [])
    assert.equal(remade, 2)
    assert.match(checks.at(-1)?.text ?? '', /^2 of 7 candidates/)
  })
})

describe('what was changed is found', () => {
  let content: DossierContent
  before(async () => {
    content = await sealed(
      await runOf({ ...common, algorithm: 'random_search', candidates: 4, finalSteps: 6 }),
      true,
    )
  })

  test('one flipped bit, at any of many positions', () => {
    const bytes = bytesOf(content)
    assert.ok(isSealed(bytes))
    let flips = 0
    for (let position = 0; position < bytes.length; position += 13, flips++) {
      const flipped = Buffer.from(bytes)
      flipped[position] = (flipped[position] ?? 0) ^ (1 << (flips % 8))
      assert.equal(isStillSealed(flipped), false, `position ${position} of ${bytes.length}`)
    }
    const last = Buffer.from(bytes)
    last[last.length - 1] = 0x20
    readDossier(last)
    assert.equal(isSealed(last), false)
    assert.ok(flips > 500)
  })

  test('a flipped bit fails the seal, and nothing is made again', async () => {
    const bytes = Buffer.from(dossierText(content).replace('"program":"test"', '"program":"tesu"'))
    const { checks, remade } = await verify(bytes)
    assert.deepEqual(failed(checks), ['seal', 'made again'])
    assert.equal(remade, 0)
  })

  /** Changes by somebody who makes a new seal. */
  const changes: readonly (readonly [string, (one: DossierContent) => DossierContent, readonly CheckId[]])[] =
    [
      [
        'a score that changes no choice: the candidate comes out with another',
        (one) =>
          withCandidate(one, loserOf(one), (loser) => ({
            scores: { clip_score: (loser.scores.clip_score ?? 0) - 1e-9 },
          })),
        ['made again'],
      ],
      [
        'a score that makes another winner',
        (one) => withCandidate(one, loserOf(one), () => ({ scores: { clip_score: 1000 } })),
        ['winner', 'made again'],
      ],
      ['the winner', (one) => ({ ...one, winner: loserOf(one) }), ['search', 'winner', 'made again']],
      [
        'a noise hash',
        (one) => withCandidate(one, 1, () => ({ noiseSha256: '0'.repeat(64) })),
        ['made again'],
      ],
      [
        'the recipe of another noise',
        (one) => withCandidate(one, 1, ({ recipe }) => ({ recipe: { ...recipe, stream: 9 } })),
        ['search', 'made again'],
      ],
      [
        'a candidate left out, the ledger without it',
        (one) => ({
          ...one,
          candidates: one.candidates.filter(({ arm, seq }) => arm !== 'search' || seq !== loserOf(one)),
        }),
        ['ledger', 'costs', 'search', 'images', 'made again'],
      ],
      [
        'a candidate that is said to have failed, everything to match',
        (one) => {
          const loser = one.candidates.find(({ arm, seq }) => arm === 'search' && seq === loserOf(one))
          assert.ok(loser !== undefined)
          const candidates = one.candidates.filter((other) => other !== loser)
          const images = Object.entries(one.images ?? {}).filter(([sha256]) => sha256 !== loser.imageSha256)
          const error = { code: 'model_output_invalid', message: 'NaN' } as const
          return {
            ...{ ...one, candidates, images: Object.fromEntries(images) },
            failures: [{ arm: loser.arm, seq: loser.seq, error }],
            ledger: ledgerOf(candidates.filter(({ arm }) => arm !== 'baseline')),
          }
        },
        ['made again'],
      ],
      [
        'the ledger',
        (one) => ({ ...one, ledger: { ...one.ledger, nfe: one.ledger.nfe - 1 } }),
        ['ledger', 'made again'],
      ],
      [
        'fewer NFE than were spent, the ledger to match',
        (one) => ({
          ...withCandidate(one, 1, ({ nfe, forwardPasses }) => ({
            nfe: nfe - 1,
            forwardPasses: forwardPasses - 2,
          })),
          ledger: { ...one.ledger, nfe: one.ledger.nfe - 1, forwardPasses: one.ledger.forwardPasses - 2 },
        }),
        ['costs', 'packs', 'made again'],
      ],
      [
        'half of all forward passes, the ledger to match',
        (one) => {
          const candidates = one.candidates.map((each) => ({ ...each, forwardPasses: each.nfe }))
          return { ...one, candidates, ledger: ledgerOf(candidates.filter(({ arm }) => arm !== 'baseline')) }
        },
        ['packs', 'made again'],
      ],
      [
        'the prompt',
        (one) => ({ ...one, spec: { ...one.spec, prompt: 'three blue circles in day' } }),
        ['made again'],
      ],
      [
        'a picture',
        (one) => {
          const [first] = Object.entries(one.images ?? {})
          assert.ok(first !== undefined)
          const [sha256, base64] = first
          const bytes = Buffer.from(base64, 'base64')
          bytes[60] = (bytes[60] ?? 0) ^ 1
          return { ...one, images: { ...one.images, [sha256]: bytes.toString('base64') } }
        },
        ['images', 'made again'],
      ],
      [
        'the hash of a pack',
        (one) => ({ ...one, packs: one.packs.map((pack) => ({ ...pack, sha256: 'f'.repeat(64) })) }),
        ['packs', 'made again'],
      ],
    ]
  for (const [what, change, expected] of changes) {
    test(what, async () => {
      const { checks } = await verify(bytesOf(change(content)))
      assert.deepEqual(failed(checks), expected, JSON.stringify(checks))
    })
  }

  test('another version of a pack is named with the one that is needed', async () => {
    const other = join(folder, 'other packs')
    cpSync(packFolder, other, { recursive: true })
    const file = join(other, 'tiny', 'pack.json')
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"version": "[^"]+"/, '"version": "99.0.0"'))
    const { checks } = await verify(bytesOf(content), { packs: other })
    assert.deepEqual(failed(checks), ['packs', 'made again'])
    const { version } = content.packs.find(({ id }) => id === 'tiny') ?? {}
    assert.match(
      checks.find(({ id }) => id === 'packs')?.text ?? '',
      new RegExp(`expected pack tiny ${version} with manifest .*, found 99.0.0 with manifest`),
    )
  })

  test('no packs at all: the dossier says which it needs', async () => {
    const { checks } = await verify(bytesOf(content), { packs: join(folder, 'nowhere') })
    assert.deepEqual(failed(checks), ['packs', 'made again'])
    assert.match(checks.find(({ id }) => id === 'packs')?.text ?? '', /needs tiny .*, tiny-verifier/)
  })

  test('another device than this machine has: nothing is made again on the one that it has', async () => {
    const device = process.platform === 'win32' ? 'coreml' : 'dml'
    const { checks, remade } = await verify(bytesOf({ ...content, spec: { ...content.spec, device } }))
    assert.deepEqual([failed(checks), remade], [['made again'], 0])
    assert.match(checks.at(-1)?.text ?? '', /not tried: device: expected one that this machine has \(cpu/)
  })
})

describe('hostile files are refused at the first look', () => {
  const hostile: readonly (readonly [string, Uint8Array | string, RegExp])[] = [
    ['nothing', '', /Expected JSON/],
    ['other bytes', Uint8Array.from({ length: 1000 }, (_, i) => i), /Expected JSON/],
    ['text that is not UTF-8', Uint8Array.from([0x22, 0xff, 0x22]), /Expected JSON/],
    ['a million brackets', '['.repeat(1_000_000), /Expected JSON/],
    ['deep lists', '['.repeat(20_000) + ']'.repeat(20_000), /Expected (JSON|the parts)/],
    ['null', 'null', /Expected the parts of a dossier/],
    ['a list', '[]', /Expected the parts of a dossier/],
    ['another format', '{"format":"other"}', /format/],
  ]
  for (const [what, content, message] of hostile) {
    test(what, async () => {
      const bytes = typeof content === 'string' ? Buffer.from(content) : content
      const { checks } = await verify(bytes)
      assert.deepEqual(failed(checks), ['structure'])
      assert.equal(checks.length, 1)
      assert.match(checks[0]?.text ?? '', message)
      assert.ok((checks[0]?.text.length ?? 0) < 500)
    })
  }

  test('wrong types, unknown keys and numbers out of range, anywhere', async () => {
    const run = await runOf({ ...common, algorithm: 'random_search', candidates: 1, seed: '9' })
    const text = dossierText(await sealed(run))
    const spoilt = [
      text.replace('"version":1', '"version":2'),
      text.replace('"winner":0', '"winner":"0"'),
      text.replace('"winner":0', '"winner":-1'),
      text.replace('"nfe":', '"nfe":1e999,"nfe":'),
      text.replace(/"nfe":\d+/, '"nfe":1e999'),
      text.replace('"stream":0', '"stream":4294967296'),
      text.replace('"operations":[]', '"operations":[{"kind":"steps","to":0,"stream":0}]'),
      text.replace('"operations":[]', '"operations":[{"kind":"explode"}]'),
      text.replace('"winner":', '"extra":1,"winner":'),
      text.replace('"winner":', '"__proto__":{},"winner":'),
      text.replace('"seed":"9"', '"seed":"-9"'),
      text.replace('"candidates":[', `"candidates":[${'{},'.repeat(10)}`),
      text.replace('"images"', '"images"').replace('"winner":', '"images":{"x":"y"},"winner":'),
    ]
    for (const one of spoilt) {
      assert.notEqual(one, text)
      const { checks } = await verify(Buffer.from(one))
      assert.ok(
        failed(checks).some((id) => id === 'structure' || id === 'seal'),
        one.slice(0, 200),
      )
    }
  })

  test('a recipe that no path can follow is no crash', async () => {
    const run = await runOf({ ...common, algorithm: 'random_search', candidates: 2, seed: '10' })
    const spoilt = withCandidate(await sealed(run), 1, ({ recipe }) => ({
      recipe: { ...recipe, operations: [{ kind: 'steps', to: 900, stream: 1 }] },
    }))
    const { checks } = await verify(bytesOf(spoilt))
    assert.ok(failed(checks).includes('search'))
    assert.ok(failed(checks).includes('costs'))
  })

  test('more bytes than the bound are not parsed', () => {
    const much = { byteLength: maxDossierBytes + 1 } as Uint8Array
    assert.throws(() => readDossier(much), /Expected a dossier of at most 268435456 bytes, found 268435457/)
  })
})

/** Whether a file reads as a dossier and is as it was sealed. */
function isStillSealed(bytes: Uint8Array): boolean {
  try {
    readDossier(bytes)
    return isSealed(bytes)
  } catch {
    return false
  }
}

function withoutKeys(value: object, keys: readonly string[]): object {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)))
}

type SealedCandidate = DossierContent['candidates'][number]

/** The candidate of the search with the lowest score. */
function loserOf({ candidates }: DossierContent): number {
  const [last] = candidates
    .filter(({ arm }) => arm === 'search')
    .toSorted((a, b) => (a.scores.clip_score ?? 0) - (b.scores.clip_score ?? 0))
  assert.ok(last !== undefined)
  return last.seq
}

function withCandidate(
  content: DossierContent,
  wanted: number,
  change: (candidate: SealedCandidate) => Partial<SealedCandidate>,
): DossierContent {
  return {
    ...content,
    candidates: content.candidates.map((one) =>
      one.arm === 'search' && one.seq === wanted ? { ...one, ...change(one) } : one,
    ),
  }
}
