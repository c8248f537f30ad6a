import type { DeviceId } from '../../shared/vocabulary.ts'
import type { CallKind } from './protocol.ts'

/** Milliseconds that a call may take before the engine counts as stalled. */
export type DeadlineFloor = (kind: CallKind, device: DeviceId) => number

const samplesKept = 64
const factor = 10

/**
 * Starting a process and reading large models from a slow disk take their time; no single evaluation should. Other
 * devices than the processor compile a graph's shaders at its first evaluation.
 */
const floor: DeadlineFloor = (kind, device) =>
  kind === 'hello' || kind === 'load' || device !== 'cpu' ? 180_000 : 30_000

/** How long a call may take: ten times what its kind usually takes, and never less than a floor. */
export class Deadlines {
  readonly #floor: DeadlineFloor
  readonly #durations = new Map<CallKind, number[]>()
  /** What the process at work runs on. */
  device: DeviceId = 'cpu'

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
    return Math.max(this.#floor(kind, this.device), factor * median)
  }
}
