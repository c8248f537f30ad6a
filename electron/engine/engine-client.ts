/** The engine as the runs see it: one process, started at a load, replaced at the next load after its end. */

import { fileURLToPath } from 'node:url'

import { StudioError } from '../../shared/errors.ts'
import type { Engine } from '../core/runs/adapters.ts'
import { Deadlines, type DeadlineFloor } from './deadlines.ts'
import { EngineConnection } from './engine-connection.ts'
import { forkEngine, type LaunchEngine } from './engine-port.ts'
import { protocolVersion, type CallKind, type EngineCalls } from './protocol.ts'

export type { EnginePort, LaunchEngine } from './engine-port.ts'

export type EngineClientOptions = {
  /** Starts the process; Node's fork unless told otherwise. */
  readonly launch?: LaunchEngine
  /** File of the engine's entry; beside this file unless told otherwise. */
  readonly entry?: string
  /** Execution provider that the models run on. */
  readonly device?: string
  /** Least time that a call may take before the engine counts as stalled. */
  readonly deadlineFloor?: DeadlineFloor
}

/** An engine that starts no process before its first `load`. */
export function createEngineClient(options: EngineClientOptions = {}): Engine {
  const { launch = forkEngine, entry = defaultEntry(), device = 'cpu' } = options
  const deadlines = new Deadlines(options.deadlineFloor)
  let connection: EngineConnection | null = null

  const connect = async (): Promise<EngineConnection> => {
    if (connection?.alive === true) return connection
    const fresh = new EngineConnection(launch(entry), deadlines)
    connection = fresh
    const { protocol } = await fresh.call('hello', { protocol: protocolVersion })
    if (protocol === protocolVersion) return fresh
    await fresh.stop()
    const message = `Expected an engine of protocol ${protocolVersion}, found ${protocol}: the installation is mixed up. Install the studio again.`
    throw new StudioError('engine_failed', message)
  }

  const call = <Kind extends CallKind>(
    kind: Kind,
    request: EngineCalls[Kind]['request'],
  ): Promise<EngineCalls[Kind]['value']> => {
    if (connection !== null) return connection.call(kind, request)
    return Promise.reject(
      new StudioError('engine_failed', 'Expected a started engine, found none. Load a pack first.'),
    )
  }

  return {
    load: async (packs) => (await connect()).call('load', { device, packs }),
    denoise: (request) => call('denoise', request),
    decode: (request) => call('decode', request),
    embedImages: (request) => call('embedImages', request),
    embedText: (request) => call('embedText', request),
    scorePairs: (request) => call('scorePairs', request),
    detect: (request) => call('detect', request),
    denoiseGradient: (request) => call('denoiseGradient', request),
    decodeGradient: (request) => call('decodeGradient', request),
    embedImagesGradient: (request) => call('embedImagesGradient', request),
    scorePairsGradient: (request) => call('scorePairsGradient', request),
    stop: async () => {
      await connection?.stop()
    },
  }
}

/** The entry has the ending of this file: .ts in the working tree, .js in a build. */
function defaultEntry(): string {
  const ending = import.meta.url.slice(import.meta.url.lastIndexOf('.'))
  return fileURLToPath(new URL(`./engine-process${ending}`, import.meta.url))
}
