import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'

import { StudioError } from '../../../shared/errors.ts'
import type { DenoiseRequest, RgbImage } from './adapters.ts'
import { restartingEngine } from './restarting-engine.ts'
import { ClosedFormEngine } from './testing/closed-form-engine.ts'
import { lasting, specWith, workRun } from './testing/closed-form-run.ts'
import { temporaryLibrary } from './testing/temporary-library.ts'

/** A process that can die: whatever waits for it then is lost, and nothing is answered until the next load. */
class MortalEngine extends ClosedFormEngine {
  readonly #dies: (kind: 'denoise' | 'embedImages', call: number) => boolean
  #lives = 0
  #dead = true

  constructor(dies: (kind: 'denoise' | 'embedImages', call: number) => boolean) {
    super()
    this.#dies = dies
  }

  override load() {
    if (this.#dead) this.#lives++
    this.#dead = false
    return super.load()
  }

  get lives(): number {
    return this.#lives
  }

  override async denoise(request: DenoiseRequest) {
    await this.#work('denoise', this.calls.denoise + 1)
    return super.denoise(request)
  }

  override async embedImages(request: { readonly images: readonly RgbImage[] }) {
    await this.#work('embedImages', this.calls.embedImages + 1)
    return super.embedImages(request)
  }

  /** Died since, whether it lives again or not. */
  #isOver(life: number): boolean {
    return this.#dead || this.#lives !== life
  }

  async #work(kind: 'denoise' | 'embedImages', call: number): Promise<void> {
    const life = this.#lives
    const died = () => new StudioError('engine_died', 'The engine ended.')
    if (this.#isOver(life)) throw died()
    await nextTurn()
    if (this.#isOver(life)) throw died()
    this.#dead = this.#dies(kind, call)
    if (this.#dead) throw died()
  }
}

const library = await temporaryLibrary()

const spec = specWith({ candidates: 12 })
const signal = new AbortController().signal
const atOnce = [0, 0, 0]
const deadly = {
  ...{ packId: 'gaussian', prompt: '', negativePrompt: '', guidance: 1 },
  latentSize: { height: 4, width: 4 },
  ...{ latents: new Float32Array(16), sigmas: [1], timesteps: [1] },
}

async function calmRun(): Promise<string> {
  const runId = library.createRun(spec, [])
  await workRun(runId, { engine: new ClosedFormEngine(), library })
  return lasting(library.run(runId))
}

test('an engine that dies once, in any of its calls, is started once more, and the run is the same', async () => {
  const calm = await calmRun()
  for (const dying of ['denoise', 'embedImages'] as const) {
    let lives = 2
    for (let at = 1; lives === 2; at++) {
      assert.ok(at < 100, 'the run finished once the fault lay behind its end')
      // In its first life alone: a call that was lost has its number again in the second.
      const mortal: MortalEngine = new MortalEngine(
        (kind, call) => mortal.lives === 1 && kind === dying && call === at,
      )
      const runId = library.createRun(spec, [])
      const { end } = await workRun(runId, {
        ...{ engine: restartingEngine(mortal, { signal, backOff: atOnce }), library },
      })
      assert.deepEqual(end, { kind: 'done' })
      assert.equal(lasting(library.run(runId)), calm, `${dying} ${at}`)
      // Both lanes wait for the engine when it dies: one restart serves both.
      lives = mortal.lives
      assert.ok(lives <= 2, `${lives} lives`)
    }
  }
})

test('an engine that dies under the same call again and again is given up; the run is failed, and can be resumed', async () => {
  const calm = await calmRun()
  for (const dying of ['denoise', 'embedImages'] as const) {
    const mortal = new MortalEngine((kind, call) => kind === dying && call >= 3)
    const runId = library.createRun(spec, [])
    const engine = restartingEngine(mortal, { signal, backOff: atOnce })
    const { end } = await workRun(runId, { engine, library })
    assert.equal(end.kind === 'failed' && end.error.code, 'engine_died')
    assert.ok(mortal.lives >= 1 + atOnce.length && mortal.lives <= 1 + 2 * atOnce.length, `${mortal.lives}`)
    // Nothing half is kept: a picture without the scores that a living engine would have given.
    assert.ok(library.run(runId).candidates.every(({ scores }) => scores.clip_score !== undefined))
    await workRun(runId, { engine: new ClosedFormEngine(), library })
    assert.equal(lasting(library.run(runId)), calm)
  }
})

test('a call that ends the engine each time is given up although others are answered in between', async () => {
  // Only a batch of one sample is deadly.
  const harmless = { ...deadly, latents: new Float32Array(32), sigmas: [1, 1], timesteps: [1, 1] }
  const mortal = new ClosedFormEngine()
  const denoise = mortal.denoise.bind(mortal)
  let deaths = 0
  mortal.denoise = (request) => {
    if (request.sigmas.length > 1) return denoise(request)
    deaths++
    return Promise.reject(new StudioError('engine_died', 'The engine ended.'))
  }
  const engine = restartingEngine(mortal, { signal, backOff: atOnce })
  let outcome: unknown = null
  engine.denoise(deadly).catch((error: unknown) => {
    outcome = error
  })
  // Far longer than four calls take.
  for (let turn = 0; turn < 2000 && outcome === null; turn++) {
    await engine.denoise(harmless)
    await sleep(1)
  }
  assert.ok(outcome instanceof StudioError && outcome.code === 'engine_died')
  assert.equal(deaths, 1 + atOnce.length)
})

test('a restart that is cancelled while it waits is not made', async () => {
  const cancelling = new AbortController()
  const mortal = new MortalEngine(() => true)
  const engine = restartingEngine(mortal, { signal: cancelling.signal, backOff: [60_000] })
  await engine.load([])
  const call = engine.denoise(deadly)
  for (let turn = 0; turn < 5; turn++) await nextTurn()
  cancelling.abort()
  await assert.rejects(call, { code: 'engine_died' })
  assert.equal(mortal.lives, 1)
})

test("errors that are no death are the caller's, at once", async () => {
  const engine = new ClosedFormEngine((kind) => {
    if (kind === 'decode') throw new StudioError('engine_failed', 'The decoder broke.')
  })
  const restarting = restartingEngine(engine, { signal, backOff: atOnce })
  await assert.rejects(restarting.decode({ ...deadly, batch: 1 }), {
    code: 'engine_failed',
  })
  assert.equal(engine.calls.decode, 1)
})
