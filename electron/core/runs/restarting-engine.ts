/**
 * The engine as a run sees it: when the process dies or stalls, a fresh one is started and the call is made again. The
 * samplers' states are here and not there, so nothing that was denoised is lost, and an equal call has an equal answer.
 */

import { setTimeout as sleep } from 'node:timers/promises'

import { StudioError } from '../../../shared/errors.ts'
import type { Engine } from './adapters.ts'

/** Waits before the engine is started again: after its first death in a row, its second, its third. */
const backOffMs = [1000, 2000, 4000]

type Patience = {
  /** No call is made again once it is aborted. */
  readonly signal: AbortSignal
  readonly backOff?: readonly number[]
}

/**
 * Wraps an engine for one run. A call that the engine dies under more often than there are waits rejects with the
 * engine's error, whatever other calls did in between: this work seems to end it each time.
 */
export function restartingEngine(engine: Engine, { signal, backOff = backOffMs }: Patience): Engine {
  let loaded: Parameters<Engine['load']> = [[]]
  let restart: Promise<unknown> | null = null

  /** One restart for all calls that were lost by the same death. */
  const restarted = async (waitMs: number): Promise<void> => {
    restart ??= (async () => {
      await sleep(waitMs, undefined, { signal }).catch(() => undefined)
      if (!signal.aborted) await engine.load(...loaded).catch(() => undefined)
    })()
    try {
      await restart
    } finally {
      restart = null
    }
  }

  const again = async <Value>(call: () => Promise<Value>): Promise<Value> => {
    for (let deaths = 0; ; deaths++) {
      try {
        return await call()
      } catch (error) {
        const waitMs = backOff[deaths]
        if (!isDeath(error) || signal.aborted || waitMs === undefined) throw error
        await restarted(waitMs)
      }
    }
  }

  return {
    load: (...wanted) => {
      loaded = wanted
      return again(() => engine.load(...wanted))
    },
    denoise: (request) => again(() => engine.denoise(request)),
    decode: (request) => again(() => engine.decode(request)),
    embedImages: (request) => again(() => engine.embedImages(request)),
    embedText: (request) => again(() => engine.embedText(request)),
    scorePairs: (request) => again(() => engine.scorePairs(request)),
    detect: (request) => again(() => engine.detect(request)),
    denoiseGradient: (request) => again(() => engine.denoiseGradient(request)),
    decodeGradient: (request) => again(() => engine.decodeGradient(request)),
    embedImagesGradient: (request) => again(() => engine.embedImagesGradient(request)),
    scorePairsGradient: (request) => again(() => engine.scorePairsGradient(request)),
    stop: () => engine.stop(),
  }
}

function isDeath(error: unknown): boolean {
  return error instanceof StudioError && (error.code === 'engine_died' || error.code === 'engine_stalled')
}
