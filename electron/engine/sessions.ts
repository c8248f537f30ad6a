/**
 * The only importer of onnxruntime-node: opens model files and runs them. Everything else sees `Session`.
 */

import { env, InferenceSession, Tensor } from 'onnxruntime-node'

import { StudioError } from '../../shared/errors.ts'
import type { EngineInfo } from '../core/runs/adapters.ts'
import { fitFeed } from './fit-feed.ts'

/** Execution provider of each device that can be asked for. There is no fallback: a run's device never changes by itself. */
const providers = Object.freeze({ cpu: 'cpu' }) satisfies Readonly<Record<string, string>>

export type Device = keyof typeof providers

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
   * half-precision outputs come back as float32. Throws a plain Error with the runtime's words.
   */
  run(feeds: Feeds, outputs: readonly string[]): Promise<ReadonlyMap<string, Output>>
}

/** Opens sessions by path, each file once. */
export interface Sessions {
  readonly info: EngineInfo
  /** @param version of the file's content; another version than last time replaces the session. */
  open(file: string, version: string): Promise<Session>
}

/** The device of a request; throws `engine_failed` with the list of what is supported. */
export function parseDevice(device: string): Device {
  if (Object.hasOwn(providers, device)) return device as Device
  const known = Object.keys(providers).join(', ')
  throw new StudioError(
    'engine_failed',
    `Expected one of ${known} as device, found ${JSON.stringify(device)}.`,
  )
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
 * The sessions of one device.
 *
 * @param threads each session's own; as many as the processor has cores unless told otherwise
 */
export function openSessions(device: Device, threads?: number): Sessions {
  const opened = new Map<string, { readonly version: string; readonly session: Promise<RuntimeSession> }>()
  return {
    info: { device, runtime: `onnxruntime ${env.versions.node ?? env.versions.common}` },
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

async function createSession(
  file: string,
  device: Device,
  threads: number | undefined,
): Promise<RuntimeSession> {
  // By path, never from bytes: external data is then looked for beside the model and nowhere else.
  const session = await InferenceSession.create(file, {
    executionProviders: [providers[device]],
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    extra: { session: { 'intra_op.spin_duration_us': spinMicroseconds } },
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
      const values = await session.run(tensors, outputs)
      return new Map(outputs.map((output) => [output, toOutput(output, values[output])]))
    },
    release: () => session.release(),
  }
}

function toTensor(feed: Feed, declared: Declared): Tensor {
  // What fits goes in as it is: nothing of the size of latents is copied without need.
  const fits = feed.type === declared.type && feed.dims.length === declared.shape.length
  const { type, data, dims } = fits ? feed : fitFeed(feed, declared)
  const tensor = new Tensor(type, data, dims)
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
