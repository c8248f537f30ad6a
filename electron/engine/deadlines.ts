import type { DeviceId } from '../../shared/vocabulary.ts'
import type { CallKind } from './protocol.ts'

/** What the process at work was given, which says how long its calls may take. */
export type Workload = {
  readonly device: DeviceId
  /** Of all files of the loaded packs. */
  readonly bytes: number
}

/** Milliseconds that a call may take before the engine counts as stalled. */
export type DeadlineFloor = (kind: CallKind, workload: Workload) => number

const samplesKept = 64
const factor = 10

/**
 * Starting a process and reading large models from a slow disk take their time. Other devices than the processor compile
 * a graph's shaders at its first evaluation.
 */
const baseMs = { start: 180_000, evaluation: 30_000 }

/**
 * More for large models, because an evaluation of nothing but weights that are read is the fastest there can be: SDXL
 * has 10 GB in float32 and takes minutes for four large pictures on a processor, FLUX.1 has 24 GB and takes more.
 */
const msPerGigabyte = 300_000

const floor: DeadlineFloor = (kind, { device, bytes }) => {
  const isSlow = kind === 'hello' || kind === 'load' || device !== 'cpu'
  return (isSlow ? baseMs.start : baseMs.evaluation) + (msPerGigabyte * bytes) / 1e9
}

/** How long a call may take: ten times what its kind usually takes, and never less than a floor. */
export class Deadlines {
  readonly #floor: DeadlineFloor
  readonly #durations = new Map<CallKind, number[]>()
  /** As the last load had it. */
  workload: Workload = { device: 'cpu', bytes: 0 }

  constructor(floorMs: DeadlineFloor = floor) {
    this.#floor = floorMs
  }

  /** Remembers how long a call took, in milliseconds. */
  record(kind: CallKind, milliseconds: number): void {
    const durations = this.#durations.get(kind) ?? []
    durations.push(milliseconds)
    if (durations.length > samplesKept) durations.shift()
    this.#durations.set(kind, durations)
  }

  /** Milliseconds for the next call of this kind. */
  limit(kind: CallKind): number {
    const sorted = [...(this.#durations.get(kind) ?? [])].sort((a, b) => a - b)
    const median = sorted[sorted.length >> 1] ?? 0
    return Math.max(this.#floor(kind, this.workload), factor * median)
  }
}
