import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterEach, test } from 'node:test'

import { StudioError, type ErrorCode } from '../../shared/errors.ts'
import type { DeviceId } from '../../shared/vocabulary.ts'
import type { DenoiseRequest, Engine } from '../core/runs/adapters.ts'
import type { InstalledPack } from '../packs/manifest.ts'
import { PackFolders } from '../packs/read-packs.ts'
import { createEngineClient, type EngineClientOptions, type EnginePort } from './engine-client.ts'
import { engineEnvironment, forkEngine } from './engine-port.ts'
import { protocolVersion } from './protocol.ts'

const packs = new PackFolders([join(import.meta.dirname, 'fixtures/packs')])
const started: { engine: Engine; ports: EnginePort[] }[] = []

/** A client over real processes that remembers each of them. */
const startEngine = (options: EngineClientOptions = {}): { engine: Engine; ports: EnginePort[] } => {
  const ports: EnginePort[] = []
  const launch = (entry: string): EnginePort => {
    const port = forkEngine(entry)
    ports.push(port)
    return port
  }
  const one = { engine: createEngineClient({ launch, ...options }), ports }
  started.push(one)
  return one
}

afterEach(async () => {
  for (const { engine } of started.splice(0)) await engine.stop()
})

const tiny = (): Promise<InstalledPack> => packs.openImagePack('tiny')
const verifier = (): Promise<InstalledPack> => packs.openVerifierPack('clip_score')

const latentSize = { height: 2, width: 2 }
const denoiseRequest = (packId: string, sigmas: readonly number[], guidance = 2): DenoiseRequest => ({
  packId,
  prompt: 'two red stars in night',
  negativePrompt: '',
  guidance,
  latentSize,
  latents: Float32Array.from({ length: sigmas.length * 8 }, (_, i) => Math.sin(i)),
  sigmas,
  timesteps: sigmas,
})

const fails = (code: ErrorCode, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof StudioError, String(error))
  assert.equal(error.code, code, error.message)
  assert.match(error.message, message)
  return true
}

test('a pack is loaded, denoises, decodes, and is judged, in a process of its own', async () => {
  const { engine, ports } = startEngine()
  const info = await engine.load([await tiny(), await verifier()])
  assert.equal(info.device, 'cpu')
  assert.match(info.runtime, /^onnxruntime \d+\.\d+\.\d+$/)
  assert.notEqual(ports[0]?.pid, process.pid)

  const request = denoiseRequest('tiny', [1, 0.5])
  const { denoised, forwardPasses, seconds } = await engine.denoise(request)
  assert.equal(denoised.length, 16)
  assert.equal(forwardPasses, 2)
  assert.ok(seconds > 0)

  const { images } = await engine.decode({ packId: 'tiny', latentSize, latents: denoised, batch: 2 })
  assert.deepEqual(
    images.map(({ width, height, data }) => [width, height, data.length]),
    [
      [4, 4, 48],
      [4, 4, 48],
    ],
  )
  const { features } = await engine.embedImages({ packId: 'tiny-verifier', images })
  assert.deepEqual(
    features.map(({ embedding }) => embedding?.length),
    [4, 4],
  )
  const { embedding } = await engine.embedText({ packId: 'tiny-verifier', text: 'two red stars' })
  assert.equal(embedding.length, 4)
  await engine.load([await tiny()])
  assert.equal(ports.length, 1)
})

test('calls that are sent together are answered in order, each with its own value', async () => {
  const { engine } = startEngine()
  await engine.load([await tiny()])
  const order: number[] = []
  const answers = await Promise.all(
    [1, 2, 3].map(async (batch) => {
      const { denoised } = await engine.denoise(denoiseRequest('tiny', Array<number>(batch).fill(0.8)))
      order.push(batch)
      return denoised.length
    }),
  )
  assert.deepEqual(order, [1, 2, 3])
  assert.deepEqual(answers, [8, 16, 24])
})

test('an engine killed in the middle of a call ends that call with a named error; the next load starts afresh', async () => {
  const { engine, ports } = startEngine()
  const pack = await packs.openImagePack('tiny-hang')
  await engine.load([pack])
  const before = await engine.denoise(denoiseRequest('tiny-hang', [0.9]))
  const pending = engine.denoise(denoiseRequest('tiny-hang', [0.1]))
  const { pid } = ports[0] ?? {}
  assert.ok(pid !== undefined)
  process.kill(pid, 'SIGKILL')
  await assert.rejects(pending, fails('engine_died', /signal SIGKILL.*kept; start the run again.*memory/))
  await assert.rejects(engine.denoise(denoiseRequest('tiny-hang', [0.9])), fails('engine_died', /SIGKILL/))

  await engine.load([pack])
  const after = await engine.denoise(denoiseRequest('tiny-hang', [0.9]))
  assert.deepEqual(after.denoised, before.denoised)
  assert.equal(ports.length, 2)
})

test('SIGTERM ends an engine even inside an evaluation that never returns', async () => {
  const { engine, ports } = startEngine()
  await engine.load([await packs.openImagePack('tiny-hang')])
  const pending = engine.denoise(denoiseRequest('tiny-hang', [0.1]))
  const { pid } = ports[0] ?? {}
  assert.ok(pid !== undefined)
  process.kill(pid, 'SIGTERM')
  await assert.rejects(pending, fails('engine_died', /signal SIGTERM/))
})

test('an engine that hangs is ended by the watchdog, with everything that waits behind it', async () => {
  const { engine, ports } = startEngine({ deadlineFloor: (kind) => (kind === 'denoise' ? 400 : 60_000) })
  const pack = await packs.openImagePack('tiny-hang')
  await engine.load([pack])
  const hanging = engine.denoise(denoiseRequest('tiny-hang', [0.9, 0.1]))
  const behind = engine.denoise(denoiseRequest('tiny-hang', [0.9]))
  const stalled = fails('engine_stalled', /did not answer within .* start the run again/)
  await Promise.all([assert.rejects(hanging, stalled), assert.rejects(behind, stalled)])
  assert.equal((await engine.load([pack])).device, 'cpu')
  assert.equal(ports.length, 2)
})

test('stopping ends a process that hangs, and cancels what waits', async () => {
  const { engine, ports } = startEngine()
  await engine.load([await packs.openImagePack('tiny-hang')])
  const hanging = engine.denoise(denoiseRequest('tiny-hang', [0.1]))
  const rejected = assert.rejects(hanging, fails('cancelled', /stopped/))
  await engine.stop()
  await rejected
  const { pid } = ports[0] ?? {}
  assert.ok(pid !== undefined)
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
})

test('an exit code of 0 without an answer is a death, too', async () => {
  const { engine } = startEngine({ entry: join(import.meta.dirname, 'fixtures/quits-at-once.mjs') })
  await assert.rejects(
    engine.load([await tiny()]),
    fails('engine_died', /exit code 0.*Everything finished is kept/),
  )
})

test('what a dying engine wrote last is in the details of the error', async () => {
  const { engine } = startEngine({ entry: join(import.meta.dirname, 'fixtures/not-there.ts') })
  await assert.rejects(engine.load([await tiny()]), (error) => {
    assert.ok(error instanceof StudioError)
    assert.match(error.detail ?? '', /not-there\.ts/)
    return true
  })
})

test('NaN from a model is refused with pack, component, tensor, sample and count', async () => {
  const { engine } = startEngine()
  await engine.load([await packs.openImagePack('tiny-nan')])
  await engine.denoise(denoiseRequest('tiny-nan', [0.9, 0.6]))
  await assert.rejects(
    engine.denoise(denoiseRequest('tiny-nan', [0.9, 0.3], 1)),
    fails(
      'model_output_invalid',
      /Pack tiny-nan, denoiser, output velocity: expected finite numbers, found 8 of 8 NaN or infinite in sample 1\./,
    ),
  )
})

test('an output of another shape than the manifest says is refused with both shapes', async () => {
  const { engine } = startEngine()
  await engine.load([await packs.openImagePack('tiny-wrong-shape')])
  await assert.rejects(
    engine.denoise(denoiseRequest('tiny-wrong-shape', [0.9, 0.8], 1)),
    fails(
      'pack_invalid',
      /denoiser, output velocity: expected the shape \[2, 2, 2, 2\], found \[2, 3, 2, 2\]/,
    ),
  )
})

test('a picture whose feature is not finite has no feature; the others keep theirs', async () => {
  const { engine } = startEngine()
  const pack = await packs.openVerifierPack('clip_score')
  const folder = join(import.meta.dirname, 'fixtures/packs/tiny-verifier-nan')
  await engine.load([{ ...pack, folder, manifest: { ...pack.manifest, id: 'tiny-verifier-nan' } }])
  const picture = (byte: number) => ({ width: 4, height: 4, data: new Uint8Array(48).fill(byte) })
  const { features } = await engine.embedImages({
    packId: 'tiny-verifier-nan',
    images: [picture(255), picture(0), picture(200)],
  })
  assert.deepEqual(
    features.map(({ embedding }) => embedding?.length ?? null),
    [4, null, 4],
  )
})

test('requests that do not fit the pack are refused with what was expected', async () => {
  const { engine } = startEngine()
  await engine.load([await tiny(), await verifier()])
  await assert.rejects(
    engine.denoise({ ...denoiseRequest('tiny', [0.5]), latents: new Float32Array(5) }),
    fails('engine_failed', /expected latents of 1 x 2 x 2 x 2 = 8 values, found 5/),
  )
  await assert.rejects(
    engine.embedImages({
      packId: 'tiny-verifier',
      images: [{ width: 8, height: 4, data: new Uint8Array(96) }],
    }),
    fails('bad_input', /expected pictures of 4 x 4, found 8 x 4/),
  )
  await assert.rejects(
    engine.denoise(denoiseRequest('tiny-slow', [0.5])),
    fails('unknown_pack', /found tiny-slow/),
  )
})

test('an engine is asked for a device that it has, or told which there are', async () => {
  const { engine } = startEngine()
  await assert.rejects(
    engine.load([await tiny()], 'abacus' as DeviceId),
    fails('engine_failed', /one of cpu, webgpu, .* as device, found "abacus"/),
  )
})

test('nothing can be asked before a load', async () => {
  const { engine } = startEngine()
  await assert.rejects(
    engine.denoise(denoiseRequest('tiny', [1])),
    fails('engine_failed', /Load a pack first/),
  )
})

test('an engine ends by itself when its owner goes away', async () => {
  const child = fork(join(import.meta.dirname, 'engine-process.ts'), {
    serialization: 'advanced',
    execArgv: [],
  })
  child.send({ id: 1, request: { kind: 'hello', protocol: protocolVersion } })
  const [answer] = (await once(child, 'message')) as [unknown]
  assert.deepEqual(answer, { id: 1, ok: true, value: { protocol: protocolVersion } })
  child.disconnect()
  const [code] = (await once(child, 'exit')) as [number | null]
  assert.equal(code, 0)
})

test("the runtime's own variables do not reach the engine", () => {
  const owner = { PATH: '/bin', ORT_LOAD_CONFIG_FROM_MODEL: '1', ORT_X: 'y', PORT: '3' }
  assert.deepEqual(engineEnvironment(owner), { PATH: '/bin', PORT: '3' })
})
