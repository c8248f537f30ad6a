import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test, type TestContext } from 'node:test'

import { importModel, inspectModel } from '../packs/import/index.ts'
import { PackFolders } from '../packs/read-packs.ts'
import { parseRunSpec } from '../../shared/run-spec.ts'
import type { DeviceId } from '../../shared/vocabulary.ts'
import { DeviceProbes } from '../engine/device-probes.ts'
import { createEngineClient } from '../engine/engine-client.ts'
import { forkEngine, type EnginePort } from '../engine/engine-port.ts'
import { openStudio } from './studio.ts'

const fixtures = join(import.meta.dirname, '../engine/fixtures/packs')

/** Where there is no graphics processor, Chromium's software renderer stands for one: slow, and the whole path. */
const chromium = '/usr/lib/chromium'
const swiftShader = join(chromium, 'vk_swiftshader_icd.json')
if (existsSync(swiftShader)) {
  process.env.VK_ICD_FILENAMES ??= swiftShader
  process.env.LD_LIBRARY_PATH = [process.env.LD_LIBRARY_PATH, chromium].filter(Boolean).join(':')
}

const probes = new DeviceProbes()
const webgpu = await probes.look('webgpu')

/** Nothing can be said of WebGPU without an adapter, and that is said loudly. */
function needsAdapter(test: TestContext): boolean {
  if (webgpu.available) return false
  const why = `NOT TESTED: WebGPU. ${webgpu.reason ?? ''} ${webgpu.detail}. Install chromium, whose SwiftShader is enough.`
  process.stderr.write(`${why}\n`)
  test.skip(why)
  return true
}

const folder = mkdtempSync(join(tmpdir(), 'goldpan-devices-'))
after(() => {
  rmSync(folder, { recursive: true, force: true })
})

const models = join(folder, 'models')

type Made = { readonly denoised: Float32Array; readonly pixels: Uint8Array }

/** An evaluation and a picture, by a process of its own. */
async function make(id: string, prompt: string, device: DeviceId, guidance = 2): Promise<Made> {
  const pack = await new PackFolders([fixtures, models]).openImagePack(id)
  const { channels, height, width } = pack.manifest.latents
  const engine = createEngineClient()
  try {
    assert.equal((await engine.load([pack], device)).device, device)
    const latents = Float32Array.from({ length: 2 * channels * height * width }, (_, i) => Math.cos(i * i))
    const asked = { packId: id, latentSize: { height, width }, latents }
    const { denoised } = await engine.denoise({
      ...{ ...asked, prompt, negativePrompt: '', guidance },
      // Levels that flow models and those of discrete timesteps both have.
      ...{ sigmas: [0.9, 0.4], timesteps: [0.9, 0.4] },
    })
    const { images } = await engine.decode({ ...asked, batch: 2 })
    return { denoised, pixels: images[0]?.data ?? new Uint8Array() }
  } finally {
    await engine.stop()
  }
}

const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((largest, value, i) => Math.max(largest, Math.abs(value - (b[i] ?? NaN))), 0)

before(async () => {
  for (const name of ['sd15', 'sd15-fp16']) {
    const place = join(import.meta.dirname, `../../models/fixtures/${name}/model`)
    const trial = () => Promise.resolve({})
    await importModel(await inspectModel(place), {}, { modelsFolder: models, id: name, name, trial })
  }
})

for (const [pack, prompt] of [
  ['tiny', 'two red stars in night'],
  ['tiny-classes', 'red star'],
] as const) {
  test(`${pack} on WebGPU is what it is on the processor but for rounding, and the same bits each time`, async (test) => {
    if (needsAdapter(test)) return
    const [cpu, first, second] = [
      await make(pack, prompt, 'cpu'),
      await make(pack, prompt, 'webgpu'),
      await make(pack, prompt, 'webgpu'),
    ]
    assert.deepEqual(first, second)
    const off = largestDifference(cpu.denoised, first.denoised)
    test.diagnostic(`largest difference ${off} of latents`)
    assert.ok(off < 1e-5, `latents are off by ${off}`)
    assert.ok(largestDifference(cpu.pixels, first.pixels) <= 1)
  })
}

test('an imported Stable Diffusion on WebGPU draws what it draws on the processor, within one grey level', async (test) => {
  if (needsAdapter(test)) return
  // Without guidance and once: a software renderer takes seconds for a UNet.
  const [cpu, gpu] = [
    await make('sd15', 'a red star', 'cpu', 1),
    await make('sd15', 'a red star', 'webgpu', 1),
  ]
  const off = largestDifference(cpu.denoised, gpu.denoised)
  test.diagnostic(`largest difference ${off} of latents`)
  assert.ok(off < 1e-3, `latents are off by ${off}`)
  assert.ok(largestDifference(cpu.pixels, gpu.pixels) <= 1)
})

const spec = {
  ...{ prompt: 'two red stars in night', pack: 'tiny', guide: ['clip_score'], heldOut: [] },
  ...{ algorithm: 'random_search', candidates: 3, sampler: 'euler', schedule: 'linear', steps: 3 },
  ...{ guidance: 2, baselines: [], seed: '7' },
}

async function openTiny(ports: EnginePort[] = []) {
  return openStudio({
    ...{ libraryPath: mkdtempSync(join(folder, 'library-')), packFolders: [fixtures], host: 'cli' },
    launchEngine: (entry) => {
      const port = forkEngine(entry)
      ports.push(port)
      return port
    },
  })
}

test('a run takes the device that it asks for, writes it down, and is made again on it, bit for bit', async (test) => {
  if (needsAdapter(test)) return
  const studio = await openTiny()
  try {
    for (const device of ['cpu', 'webgpu'] as const) {
      const { runId } = await studio.api.startRun(parseRunSpec({ ...spec, device }))
      await studio.whenEnded(runId)
      const run = await studio.api.run({ runId })
      assert.deepEqual(run.status, { kind: 'done' })
      assert.match(run.device ?? '', new RegExp(`^${device}, onnxruntime`))
      const replay = await studio.api.replay({ runId, arm: 'search', seq: 1 })
      assert.deepEqual([replay.same, replay.note], [true, null])
    }
  } finally {
    await studio.close()
  }
})

test('a device that is not there is refused with the reason before anything is written', async () => {
  const ports: EnginePort[] = []
  const studio = await openTiny(ports)
  const other = process.platform === 'win32' ? 'coreml' : 'dml'
  try {
    await assert.rejects(studio.api.startRun(parseRunSpec({ ...spec, device: other })), {
      code: 'bad_input',
      message: /^device: expected one that this machine has \(cpu.*\), found .* is not of this system/,
    })
    assert.deepEqual(await studio.api.runs(), [])
    const reports = await studio.api.devices()
    assert.deepEqual(reports.find(({ id }) => id === 'cpu')?.available, true)
    const probed = ports.length
    assert.deepEqual(await studio.api.devices(), reports)
    assert.equal(ports.length, probed)
  } finally {
    await studio.close()
  }
})

test('a probe whose process dies is a reason and not an error', async () => {
  const dying = new DeviceProbes({
    launch: (entry) => {
      const port = forkEngine(entry)
      queueMicrotask(() => {
        port.kill()
      })
      return port
    },
  })
  const { available, reason } = await dying.look('webgpu')
  assert.equal(available, false)
  assert.match(reason ?? '', /ended unexpectedly \(signal SIGKILL\)/)
})

test(
  'a provider that finds no driver is named with its own words',
  { skip: process.platform !== 'linux' },
  async () => {
    const found = process.env.VK_ICD_FILENAMES
    process.env.VK_ICD_FILENAMES = '/nowhere.json'
    try {
      const { available, reason, detail } = await new DeviceProbes().look('webgpu')
      assert.equal(available, false)
      assert.match(reason ?? '', /^onnxruntime \d+\.\d+\.\d+ cannot start WebGPU here$/)
      assert.match(detail, /adapter/)
    } finally {
      if (found === undefined) delete process.env.VK_ICD_FILENAMES
      else process.env.VK_ICD_FILENAMES = found
    }
  },
)

test('half precision is told of what was loaded', async () => {
  const folders = new PackFolders([models])
  const engine = createEngineClient()
  try {
    for (const [id, precision] of [
      ['sd15', 'float32'],
      ['sd15-fp16', 'float16'],
    ] as const) {
      const found = await engine.load([await folders.openImagePack(id)])
      assert.deepEqual([found.device, found.precision], ['cpu', precision])
    }
  } finally {
    await engine.stop()
  }
})

test('every engine process has one device: another is another process', async (test) => {
  if (needsAdapter(test)) return
  const ports: EnginePort[] = []
  const engine = createEngineClient({
    launch: (entry) => {
      const port = forkEngine(entry)
      ports.push(port)
      return port
    },
  })
  const pack = await new PackFolders([fixtures]).openImagePack('tiny')
  try {
    for (const device of ['cpu', 'cpu', 'webgpu', 'cpu'] as const) {
      assert.equal((await engine.load([pack], device)).device, device)
    }
    assert.equal(ports.length, 3)
  } finally {
    await engine.stop()
  }
})
