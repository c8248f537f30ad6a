import type { StudioApi } from '../../../shared/contract.ts'
import { endOfRun } from '../../../shared/run-end.ts'

/**
 * Tells a person who looks elsewhere that a run has ended.
 *
 * @param means.isWatched whether somebody looks at the window; then nothing is told
 * @param means.notify shows one sentence quietly, if a person wants notifications at all
 * @param means.alarm marks the program as in need of somebody, after a run that failed
 */
export async function tellEnd(
  api: Pick<StudioApi, 'run' | 'preferences'>,
  runId: number,
  means: {
    readonly isWatched: () => boolean
    readonly notify: (sentence: string) => void
    readonly alarm: () => void
  },
): Promise<void> {
  if (means.isWatched()) return
  const [run, { notifyAtEnd }] = await Promise.all([api.run({ runId }), api.preferences()])
  const sentence = endOfRun(run)
  if (sentence === null) return
  if (run.status.kind === 'failed') means.alarm()
  if (notifyAtEnd) means.notify(sentence)
}
