/**
 * The only importer of onnxruntime-node: opens model files and runs them. Everything else sees `Session`.
 */

import { basename } from 'node:path'

import type { InferenceSession, Tensor } from 'onnxruntime-node'

import { StudioError } from '../../shared/errors.ts'
import { idsOf, devices, type DeviceId } from '../../shared/vocabulary.ts'
import type { EngineInfo } from '../core/runs/adapters.ts'
import { fitFeed } from './fit-feed.ts'
import { outOfMemory } from './out-of-memory.ts'

/**
 * Before the runtime is loaded, which reads it then and never again: since 1.29 it sends the names and hashes of models to
 * its makers, and keeps an identifier of the machine. On Windows it has no such switch: its events go to the system, which
 * passes them on as its own settings say.
 */
process.env['ORT_DISABLE_TELEMETRY'] = '1'
const ort = await import('onnxruntime-node')

/** A tensor that goes into a graph. */
export type Feed =
  | { readonly type: 'float32'; readonly data: Float32Array; readonly dims: readonly number[] }
  | { readonly type: 'int64'; readonly data: BigInt64Array; readonly dims: readonly number[] }

export type Feeds = Readonly<Record<string, Feed>>

/** A float32 tensor that came out of a graph. */
export type Output = { readonly data: Float32Array; readonly dims: readonly number[] }

/** What a graph says of one of its inputs; a dimension that is not fixed has a name. */
export type Declared = { readonly type: string; readonly shape: readonly (number | string)[] }

export type Session = {
  readonly file: string
  readonly inputs: ReadonlyMap<string, Declared>
  readonly outputNames: readonly string[]
  /**
   * Evaluates the graph for some of its outputs, by name. Feeds are cast and reshaped to what the graph declares, and
   * half-precision outputs come back as float32. Throws `out_of_memory`, or a plain Error with the runtime's words.
   */
  run(feeds: Feeds, outputs: readonly string[]): Promise<ReadonlyMap<string, Output>>
}

/** Opens sessions by path, each file once. */
export interface Sessions {
  readonly info: Pick<EngineInfo, 'device' | 'runtime'>
  /** @param version of the file's content; another version than last time replaces the session. */
  open(file: string, version: string): Promise<Session>
}

/** The device of a request; throws `engine_failed` with the list of what is supported. */
export function parseDevice(device: string): DeviceId {
  const known = idsOf(devices)
  const found = known.find((id) => id === device)
  if (found !== undefined) return found
  throw new StudioError(
    'engine_failed',
    `Expected one of ${known.join(', ')} as device, found ${JSON.stringify(device)}.`,
  )
}

const runtime = `onnxruntime ${ort.env.versions.node ?? ort.env.versions.common}`

/** The execution providers that this runtime was built with or can load, by the names of devices, and others. */
export function availableBackends(): { readonly runtime: string; readonly names: readonly string[] } {
  return { runtime, names: ort.listSupportedBackends().map(({ name }) => name) }
}

/** A session of a small graph that runs on one device as a whole, or not at all: what a probe asks. */
export function openProbe(graph: Uint8Array, device: DeviceId): Promise<Session> {
  const wholly = device === 'cpu' ? {} : { extra: { session: { disable_cpu_ep_fallback: '1' } } }
  return sessionOf('the probe', ort.InferenceSession.create(graph, { ...optionsOf(device), ...wholly }))
}

/**
 * How long an idle thread of a session looks for work before it sleeps. The runtime's own answer is tens of
 * milliseconds: fast on a machine with nothing else to do, but each session has its own threads, which then keep the
 * next session, the studio and everybody else's programs from the processor. Measured on two cores, a search of 8
 * candidates x 20 steps, alone: 1.21 s against 1.32 s, and 1.42 s without any spinning. Beside a program that uses
 * both cores the times scatter too much to tell 50 microseconds from the runtime's own (2.2 to 3.5 s); not spinning
 * was steadiest there (1.9 s).
 */
const spinMicroseconds = '50'

/**
 * The sessions of one device. A provider that lacks an operation leaves it to the processor, as the runtime decides when it
 * loads the graph, the same each time; a provider that cannot be had is an error, never another device.
 *
 * @param threads each session's own; as many as the processor has cores unless told otherwise
 */
export function openSessions(device: DeviceId, threads?: number): Sessions {
  const opened = new Map<string, { readonly version: string; readonly session: Promise<RuntimeSession> }>()
  return {
    info: { device, runtime },
    async open(file, version) {
      const known = opened.get(file)
      if (known?.version === version) return known.session
      opened.delete(file)
      await known?.session.then((old) => old.release())
      const session = createSession(file, device, threads)
      opened.set(file, { version, session })
      // A load that failed is tried again the next time.
      session.catch(() => opened.delete(file))
      return session
    },
  }
}

type RuntimeSession = Session & { release(): Promise<void> }

function createSession(file: string, device: DeviceId, threads: number | undefined): Promise<RuntimeSession> {
  // By path, never from bytes: external data is then looked for beside the model and nowhere else.
  const created = ort.InferenceSession.create(file, {
    ...optionsOf(device),
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    extra: { session: { 'intra_op.spin_duration_us': spinMicroseconds } },
  })
  return sessionOf(file, created)
}

/** Execution providers go by the ids of devices. */
function optionsOf(device: DeviceId) {
  return { executionProviders: [device], graphOptimizationLevel: 'all', logSeverityLevel: 3 } as const
}

async function sessionOf(file: string, created: Promise<InferenceSession>): Promise<RuntimeSession> {
  const session = await created.catch((error: unknown) => {
    throw outOfMemory(error, `loading ${basename(file)}`) ?? error
  })
  const inputs = new Map(
    session.inputMetadata.map((input) => [
      input.name,
      input.isTensor ? { type: input.type, shape: input.shape } : { type: 'no tensor', shape: [] },
    ]),
  )
  return {
    file,
    inputs,
    outputNames: session.outputNames,
    async run(feeds, outputs) {
      const tensors: Record<string, Tensor> = {}
      for (const [name, feed] of Object.entries(feeds)) {
        const declared = inputs.get(name)
        if (declared === undefined) throw new Error(`Expected an input of the graph, found ${name}`)
        tensors[name] = toTensor(feed, declared)
      }
      const values = await session.run(tensors, outputs).catch((error: unknown) => {
        throw outOfMemory(error, `evaluating ${basename(file)} for ${shapesOf(feeds)}`) ?? error
      })
      return new Map(outputs.map((output) => [output, toOutput(output, values[output])]))
    },
    release: () => session.release(),
  }
}

function shapesOf(feeds: Feeds): string {
  return Object.entries(feeds)
    .map(([name, { dims }]) => `${name} [${dims.join(', ')}]`)
    .join(', ')
}

function toTensor(feed: Feed, declared: Declared): Tensor {
  const { type, data, dims } = fitFeed(feed, declared)
  const tensor = new ort.Tensor(type, data, dims)
  // The runtime's binding finds no bytes in the Float16Array that its own constructor makes of these.
  if (type === 'float16') Object.assign(tensor, { cpuData: data })
  return tensor
}

function toOutput(name: string, found: Tensor | undefined): Output {
  const { type, data, dims } = found ?? {}
  if (data !== undefined && dims !== undefined) {
    if (type === 'float32') return { data: data as Float32Array, dims }
    if (type === 'float16') return { data: Float32Array.from(data as unknown as ArrayLike<number>), dims }
  }
  throw new Error(`Expected float32 or float16 from ${name}, found ${String(type)}`)
}
