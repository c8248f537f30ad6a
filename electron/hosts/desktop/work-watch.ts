import type { StudioEvent } from '../../../shared/contract.ts'
import type { RunProgress } from '../../../shared/domain.ts'
import type { EventSource } from '../event-feed.ts'

/**
 * Follows how far the studio's work is, for the taskbar and for keeping the computer awake.
 *
 * @param onChange called with the part of all planned evaluations that is done, in [0, 1], and with null when nothing runs
 * @returns ends the watch
 */
export function watchWork(source: EventSource, onChange: (fraction: number | null) => void): () => void {
  let live = new Map<number, RunProgress>()
  const tell = () => {
    const runs = [...live.values()]
    const planned = runs.reduce((sum, { nfePlanned }) => sum + nfePlanned, 0)
    const done = runs.reduce((sum, { nfe }) => sum + nfe, 0)
    onChange(runs.length === 0 ? null : planned === 0 ? 0 : Math.min(1, done / planned))
  }
  const ask = async () => {
    const runs = await source.api.progress()
    live = new Map(runs.map((run) => [run.runId, run]))
    tell()
  }
  return source.onEvent((event: StudioEvent) => {
    if (event.kind === 'progress') {
      live.set(event.progress.runId, event.progress)
      tell()
    } else {
      // A run may have begun or ended; the studio knows. While it closes it need not answer.
      ask().catch(() => undefined)
    }
  })
}
