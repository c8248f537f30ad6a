/**
 * How long the rest of a run takes: the remaining batches are counted exactly (the order of work is known), and each
 * is priced at what a batch of its size has cost in this run.
 */

/** Mean seconds of a denoise call by batch size, as measured in this run. */
export class BatchCosts {
  readonly #bySize = new Map<number, { seconds: number; calls: number }>()

  add(size: number, seconds: number): void {
    const cost = this.#bySize.get(size) ?? { seconds: 0, calls: 0 }
    this.#bySize.set(size, { seconds: cost.seconds + seconds, calls: cost.calls + 1 })
  }

  /** Seconds of one call of this size; scaled from the nearest measured size; null before the first measurement. */
  secondsOf(size: number): number | null {
    let nearest: number | null = null
    for (const measured of this.#bySize.keys()) {
      if (nearest === null || Math.abs(measured - size) < Math.abs(nearest - size)) nearest = measured
    }
    const cost = nearest === null ? undefined : this.#bySize.get(nearest)
    return nearest === null || cost === undefined ? null : (cost.seconds / cost.calls) * (size / nearest)
  }
}

/**
 * Batch sizes of the calls that are still to come.
 *
 * @param active evaluations left of each sampler that is running
 * @param queued evaluations of each image that waits, in order
 * @param slots samplers that run at once
 * @returns how many calls of each batch size remain
 */
export function batchesAhead(
  active: readonly number[],
  queued: readonly number[],
  slots: number,
): ReadonlyMap<number, number> {
  const ahead = new Map<number, number>()
  let running = active.filter((left) => left > 0)
  let next = 0
  for (;;) {
    while (running.length < slots && next < queued.length) running.push(queued[next++] ?? 0)
    running = running.filter((left) => left > 0)
    if (running.length === 0) {
      if (next >= queued.length) return ahead
      continue
    }
    // All slots move together until the shortest is done.
    const calls = Math.min(...running)
    ahead.set(running.length, (ahead.get(running.length) ?? 0) + calls)
    running = running.map((left) => left - calls).filter((left) => left > 0)
  }
}

/** Seconds that these batches take at these costs; null before anything was measured. */
export function forecastSeconds(ahead: ReadonlyMap<number, number>, costs: BatchCosts): number | null {
  let seconds = 0
  for (const [size, calls] of ahead) {
    const each = costs.secondsOf(size)
    if (each === null) return null
    seconds += each * calls
  }
  return seconds
}
