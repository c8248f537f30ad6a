import type { StudioEvent } from '../../../shared/contract.ts'
import type { RunProgress } from '../../../shared/domain.ts'
import type { EventSource } from '../event-feed.ts'

/** What is told of the studio's work. */
export type WorkWatcher = {
  /** The part of all planned evaluations that is done, in [0, 1]; null when nothing runs. */
  readonly onWork?: (fraction: number | null) => void
  /** A run came to the queue. */
  readonly onBegin?: (runId: number) => void
  /** A run is live no more, however it ended. */
  readonly onEnd?: (runId: number) => void
}

/**
 * Follows how far the studio's work is, for the taskbar, the menu, notifications, and keeping the computer awake.
 *
 * @returns ends the watch
 */
export function watchWork(source: EventSource, watcher: WorkWatcher): () => void {
  const live = new Map<number, RunProgress>()
  const tell = () => {
    const runs = [...live.values()]
    const planned = runs.reduce((sum, { nfePlanned }) => sum + nfePlanned, 0)
    const done = runs.reduce((sum, { nfe }) => sum + nfe, 0)
    watcher.onWork?.(runs.length === 0 ? null : planned === 0 ? 0 : Math.min(1, done / planned))
  }
  const put = (progress: RunProgress) => {
    const isNew = !live.has(progress.runId)
    live.set(progress.runId, progress)
    if (isNew) watcher.onBegin?.(progress.runId)
  }
  const ask = async () => {
    const runs = await source.api.progress()
    for (const run of runs) put(run)
    const left = new Set(runs.map(({ runId }) => runId))
    const ended = [...live.keys()].filter((runId) => !left.has(runId))
    for (const runId of ended) live.delete(runId)
    tell()
    for (const runId of ended) watcher.onEnd?.(runId)
  }
  return source.onEvent((event: StudioEvent) => {
    if (event.kind === 'progress') {
      put(event.progress)
      tell()
    } else if (event.kind === 'run-changed') {
      // A run may have begun or ended; the studio knows. While it closes it need not answer.
      ask().catch(() => undefined)
    }
  })
}
