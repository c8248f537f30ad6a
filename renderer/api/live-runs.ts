/** The live runs, as the studio's events paint them: a store outside React, read with useSyncExternalStore. */

import type { RunProgress } from '../../shared/domain.ts'

export type LiveRuns = {
  /** By run id, in the order of the queue. The same map until something changes. */
  snapshot(): ReadonlyMap<number, RunProgress>
  subscribe(listener: () => void): () => void
  /** One run moved. */
  put(progress: RunProgress): void
  /** All live runs of this moment: what is not among them has ended. */
  replace(all: readonly RunProgress[]): void
}

export function createLiveRuns(): LiveRuns {
  let runs: ReadonlyMap<number, RunProgress> = new Map()
  const listeners = new Set<() => void>()
  const publish = (next: ReadonlyMap<number, RunProgress>) => {
    runs = next
    for (const listener of listeners) listener()
  }
  return {
    snapshot: () => runs,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    put: (progress) => publish(new Map(runs).set(progress.runId, progress)),
    replace: (all) => publish(new Map(all.map((progress) => [progress.runId, progress]))),
  }
}
