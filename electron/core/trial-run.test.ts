import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

import { StudioError, type ErrorCode } from '../../shared/errors.ts'
import type { EnginePort } from '../engine/engine-client.ts'
import { forkEngine } from '../engine/engine-port.ts'
import { packManifestSchema, type InstalledPack } from '../packs/manifest.ts'
import { PackFolders } from '../packs/read-packs.ts'
import { trialRun, type TrialOptions, type TrialReport } from './trial-run.ts'

const tiny = new PackFolders([join(import.meta.dirname, '../engine/fixtures/packs')])
const bundled = new PackFolders([join(import.meta.dirname, '../../models/packs')])
const folder = mkdtempSync(join(tmpdir(), 'goldpan-trial-'))
after(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** Runs a trial and makes sure that its process is gone afterwards. */
async function tried(pack: InstalledPack, options: TrialOptions = {}): Promise<TrialReport> {
  const ports: EnginePort[] = []
  const launch = (entry: string): EnginePort => {
    const port = forkEngine(entry)
    ports.push(port)
    return port
  }
  try {
    return await trialRun(pack, { launch, ...options })
  } finally {
    assert.equal(ports.length, 1)
    const pid = ports[0]?.pid ?? 0
    assert.throws(() => process.kill(pid, 0), /ESRCH/, 'the process of a trial run lives on')
  }
}

const failsWith = (code: ErrorCode, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof StudioError, String(error))
  assert.equal(error.code, code, error.message)
  assert.match(error.message, message)
  return true
}

test('a bundled pack passes, with what its trial took and pictures for the preview', async () => {
  const pack = await bundled.openImagePack('scenes')
  const report = await tried(pack)
  assert.ok(report.runSeconds > 0 && report.loadSeconds > 0)
  const weights = Object.values(pack.manifest.files).reduce((sum, { bytes }) => sum + bytes, 0)
  // The runtime and the weights are in it, and a machine's whole memory is not.
  if (process.platform === 'linux') {
    assert.ok((report.peakBytes ?? 0) > weights, `${report.peakBytes} bytes`)
    assert.ok((report.peakBytes ?? 0) < 2e9, `${report.peakBytes} bytes`)
  }
  const { image, latents } = pack.manifest
  assert.ok(report.decoded.length >= 3)
  for (const one of report.decoded) {
    assert.equal(one.latents.length, latents.channels * latents.height * latents.width)
    assert.equal(one.picture.data.length, image.width * image.height * 3)
    assert.ok(new Set(one.picture.data).size > 10, 'a picture of one colour')
  }
})

test('packs of every kind pass', async () => {
  const packs = [
    await tiny.openImagePack('tiny-classes'),
    await tiny.openVerifierPack('clip_score'),
    await tiny.openVerifierPack('image_reward'),
    await tiny.openJudgePack(),
    await bundled.openVerifierPack('dino_linear'),
  ]
  for (const pack of packs) {
    const report = await tried(pack)
    assert.ok(report.runSeconds > 0, pack.manifest.id)
  }
})

test('a graph that never ends is ended at the deadline', async () => {
  const pack = await tiny.openImagePack('tiny-hang')
  await assert.rejects(
    tried(pack, { deadlineMs: 4000 }),
    failsWith('engine_stalled', /did not answer within 4 s/),
  )
})

test('numbers that are not finite are told', async () => {
  await assert.rejects(
    tried(await tiny.openImagePack('tiny-nan')),
    failsWith('model_output_invalid', /finite|NaN/),
  )
  // By id: another pack holds this verifier as well, and would be opened first.
  const nan = readPack(join(import.meta.dirname, '../engine/fixtures/packs/tiny-verifier-nan'))
  await assert.rejects(tried(nan), failsWith('model_output_invalid', /finite/))
})

test('a wrong shape is told', async () => {
  await assert.rejects(
    tried(await tiny.openImagePack('tiny-wrong-shape')),
    failsWith('pack_invalid', /expected the shape \[2, 2, 2, 2\], found \[2, 3, 2, 2\]/),
  )
})

test('a few bytes that ask for gigabytes are ended at the memory limit', async () => {
  const pack = withDecoder(greedyGraph(16e9 / 4))
  await assert.rejects(
    tried(pack, { memoryLimit: 1.2e9 }),
    failsWith('out_of_memory', /more than 1\.2 GB of memory/),
  )
})

for (const [name, change] of Object.entries({
  'a noise that no number holds': {
    ...{ timeConvention: 'trained_timesteps', prediction: 'epsilon' },
    trainedNoise: {
      ...{ betas: { kind: 'linear', start: 0.9, end: 0.9, trainSteps: 1000 } },
      ...{ stepsOffset: 0, final: 'zero', originalSteps: 50 },
    },
    defaults: { sampler: 'euler', schedule: 'leading', steps: 2, guidance: 1 },
  },
  'a shift on no line': {
    dynamicShift: { baseTokens: 256, maxTokens: 256, baseShift: 0.5, maxShift: 1 },
    defaults: { sampler: 'euler', schedule: 'shifted_dynamic', steps: 2, guidance: 1 },
  },
  'a shift that lets levels fall together': {
    dynamicShift: { baseTokens: 1, maxTokens: 2, baseShift: 900, maxShift: 900 },
    defaults: { sampler: 'euler', schedule: 'shifted_dynamic', steps: 2, guidance: 1 },
  },
})) {
  test(`${name} is told as a fault of the configuration`, async () => {
    const pack = await tiny.openImagePack('tiny')
    const manifest = packManifestSchema.parse({ ...pack.manifest, ...change })
    await assert.rejects(
      tried({ ...pack, manifest }),
      failsWith('pack_invalid', /scheduler_config\.json describes cannot be sampled in 2 steps/),
    )
  })
}

test('a graph that the runtime refuses is told with its words', async () => {
  const pack = withDecoder(Buffer.from('this is no model'))
  await assert.rejects(tried(pack), (error: unknown) => {
    assert.ok(error instanceof StudioError)
    assert.match(error.message, /trial run failed while it was loaded/)
    return true
  })
})

test('a cancelled trial ends at once, even in a graph that never ends', async () => {
  const pack = await tiny.openImagePack('tiny-hang')
  const stop = new AbortController()
  const trial = tried(pack, { signal: stop.signal })
  setTimeout(() => {
    stop.abort()
  }, 1500)
  await assert.rejects(trial, failsWith('cancelled', /cancelled/))
})

/** The tiny pack with another decoder, unhashed as a staged pack is before its files are listed. */
function withDecoder(graph: Uint8Array): InstalledPack {
  const copy = mkdtempSync(join(folder, 'pack-'))
  cpSync(join(import.meta.dirname, '../engine/fixtures/packs/tiny'), copy, { recursive: true })
  writeFileSync(join(copy, 'decoder.onnx'), graph)
  return readPack(copy)
}

function readPack(path: string): InstalledPack {
  const manifest = packManifestSchema.parse(JSON.parse(readFileSync(join(path, 'pack.json'), 'utf8')))
  return { folder: path, manifest, sha256: '0'.repeat(64) }
}

/**
 * An ONNX model of some 200 bytes from `code` to `picture`: ConstantOfShape of so many ones, reduced and added to the
 * latents, so that no optimiser leaves it out.
 */
function greedyGraph(elements: number): Uint8Array {
  const varint = (value: number): number[] =>
    value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))]
  const field = (number: number, bytes: Iterable<number>): number[] => {
    const content = [...bytes]
    return [...varint(number * 8 + 2), ...varint(content.length), ...content]
  }
  const whole = (number: number, value: number): number[] => [...varint(number * 8), ...varint(value)]
  const text = (number: number, value: string): number[] => field(number, Buffer.from(value))
  const node = (op: string, inputs: string[], output: string): number[] =>
    field(1, [...inputs.flatMap((name) => text(1, name)), ...text(2, output), ...text(4, op)])
  const port = (number: number, name: string): number[] => {
    const dims = ['n', 'c', 'h', 'w'].flatMap((dim) => field(1, text(2, dim)))
    const tensor = field(1, [...whole(1, 1), ...field(2, dims)])
    return field(number, [...text(1, name), ...field(2, tensor)])
  }
  const size = field(5, [...whole(1, 1), ...whole(2, 7), ...text(8, 'size'), ...field(7, varint(elements))])
  const graph = [
    ...node('ConstantOfShape', ['size'], 'ones'),
    ...node('ReduceMax', ['ones'], 'most'),
    ...node('Add', ['code', 'most'], 'picture'),
    ...text(2, 'greedy'),
    ...size,
    ...port(11, 'code'),
    ...port(12, 'picture'),
  ]
  const opset = field(8, [...text(1, ''), ...whole(2, 17)])
  return Uint8Array.from([...whole(1, 8), ...field(7, graph), ...opset])
}
