/** Which devices this machine has: each is tried in a process of its own, because drivers crash and hang. */

import type { DeviceReport } from '../../shared/domain.ts'
import { StudioError, toErrorData } from '../../shared/errors.ts'
import { devices, idsOf, type DeviceId } from '../../shared/vocabulary.ts'
import { Deadlines } from './deadlines.ts'
import { defaultEntry } from './engine-client.ts'
import { EngineConnection } from './engine-connection.ts'
import { forkEngine, type LaunchEngine } from './engine-port.ts'

/** Drivers compile their first shaders in seconds; what takes longer is not fit for a run. */
const deadlineMs = 60_000

/** Systems for which the runtime has a provider at all; no process is started to hear that there is none. */
const systems: Readonly<Record<DeviceId, readonly NodeJS.Platform[]>> = {
  cpu: ['linux', 'win32', 'darwin'],
  webgpu: ['linux', 'win32', 'darwin'],
  cuda: ['linux'],
  dml: ['win32'],
  coreml: ['darwin'],
}

type ProbeOptions = {
  /** Starts the process; Node's fork unless told otherwise. */
  readonly launch?: LaunchEngine
  readonly platform?: NodeJS.Platform
}

/** Every device is tried once and remembered. */
export class DeviceProbes {
  readonly #launch: LaunchEngine
  readonly #platform: NodeJS.Platform
  readonly #reports = new Map<DeviceId, Promise<DeviceReport>>()
  /** One at a time: two probes of one graphics processor could be in each other's way. */
  #last: Promise<unknown> = Promise.resolve()

  constructor({ launch = forkEngine, platform = process.platform }: ProbeOptions = {}) {
    this.#launch = launch
    this.#platform = platform
  }

  /** All devices in the vocabulary's order. Never rejects. */
  all(): Promise<readonly DeviceReport[]> {
    return Promise.all(idsOf(devices).map((id) => this.look(id)))
  }

  /** One device. Never rejects. */
  look(id: DeviceId): Promise<DeviceReport> {
    const known = this.#reports.get(id)
    if (known !== undefined) return known
    const report = this.#probe(id)
    this.#reports.set(id, report)
    return report
  }

  /**
   * Makes sure that a run's device is there, before anything of it is written.
   *
   * @throws `bad_input` with the reason and what there is instead
   */
  async require(id: DeviceId): Promise<void> {
    const { available, reason, detail } = await this.look(id)
    if (available) return
    const others = (await this.all()).filter((one) => one.available).map((one) => one.id)
    throw new StudioError(
      'bad_input',
      `device: expected one that this machine has (${others.join(', ')}), found ${id}: ${reason ?? 'not available'}. Choose another; a device is never exchanged by itself.`,
      { detail },
    )
  }

  async #probe(id: DeviceId): Promise<DeviceReport> {
    if (id === 'cpu') return { id, available: true, reason: null, detail: 'always there' }
    if (!systems[id].includes(this.#platform)) {
      const reason = `${devices[id].label} is not of this system (${this.#platform})`
      return { id, available: false, reason, detail: '' }
    }
    const answer = this.#last.then(() => this.#ask(id))
    this.#last = answer
    return answer
  }

  async #ask(id: DeviceId): Promise<DeviceReport> {
    const started = performance.now()
    const connection = new EngineConnection(this.#launch(defaultEntry()), new Deadlines(() => deadlineMs))
    try {
      const { runtime, largestDifference } = await connection.call('probe', { device: id })
      const seconds = (performance.now() - started) / 1000
      const detail = `${runtime}, answered in ${seconds.toFixed(1)} s, within ${largestDifference.toPrecision(1)} of the processor`
      return { id, available: true, reason: null, detail }
    } catch (error) {
      const { message, detail = '' } = toErrorData(error)
      return { id, available: false, reason: message, detail }
    } finally {
      await connection.stop()
    }
  }
}
