/** The engine as the runs see it: one process, started at a load, replaced at the next load after its end. */

import { fileURLToPath } from 'node:url'

import { StudioError } from '../../shared/errors.ts'
import type { DeviceId } from '../../shared/vocabulary.ts'
import type { Engine } from '../core/runs/adapters.ts'
import type { InstalledPack } from '../packs/manifest.ts'
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
  /** Least time that a call may take before the engine counts as stalled. */
  readonly deadlineFloor?: DeadlineFloor
}

/** An engine that starts no process before its first `load`. */
export function createEngineClient(options: EngineClientOptions = {}): Engine {
  const { launch = forkEngine, entry = defaultEntry() } = options
  const deadlines = new Deadlines(options.deadlineFloor)
  let connection: EngineConnection | null = null

  const connect = async (wanted: DeviceId): Promise<EngineConnection> => {
    if (deadlines.workload.device !== wanted) await connection?.stop()
    deadlines.workload = { ...deadlines.workload, device: wanted }
    if (connection?.alive === true) return connection
    const fresh = new EngineConnection(launch(entry), deadlines)
    connection = fresh
    const { protocol } = await fresh.call('hello', { protocol: protocolVersion })
    if (protocol === protocolVersion) return fresh
    await fresh.stop()
    const message = `Expected an engine of protocol ${protocolVersion}, found ${protocol}: the installation is mixed up. Install the studio again.`
    throw new StudioError('engine_failed', message)
  }

  const call = async <Kind extends CallKind>(
    kind: Kind,
    request: EngineCalls[Kind]['request'],
  ): Promise<EngineCalls[Kind]['value']> => {
    if (connection === null) {
      throw new StudioError('engine_failed', 'Expected a started engine, found none. Load a pack first.')
    }
    return asked(connection, kind, request)
  }

  /** A process that once had too little memory may stay broken, and keeps what it took: it is ended. */
  const asked = async <Kind extends CallKind>(
    of: EngineConnection,
    kind: Kind,
    request: EngineCalls[Kind]['request'],
  ): Promise<EngineCalls[Kind]['value']> => {
    try {
      return await of.call(kind, request)
    } catch (error) {
      if (error instanceof StudioError && error.code === 'out_of_memory') await of.stop(error)
      throw error
    }
  }

  return {
    load: async (packs, wanted = 'cpu') => {
      const running = await connect(wanted)
      deadlines.workload = { device: wanted, bytes: bytesOf(packs) }
      return asked(running, 'load', { device: wanted, packs })
    },
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
export function defaultEntry(): string {
  const ending = import.meta.url.slice(import.meta.url.lastIndexOf('.'))
  return fileURLToPath(new URL(`./engine-process${ending}`, import.meta.url))
}

function bytesOf(packs: readonly InstalledPack[]): number {
  return packs
    .flatMap(({ manifest }) => Object.values(manifest.files))
    .reduce((sum, { bytes }) => sum + bytes, 0)
}
