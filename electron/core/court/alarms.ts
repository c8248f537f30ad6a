/** Which runs have a search that was hacked, by their scores alone. */

import { setImmediate as soon } from 'node:timers/promises'

import type { RunAlarm } from '../../../shared/court.ts'
import { StudioError } from '../../../shared/errors.ts'
import { hackingAlarm, type SearchScores } from '../../../shared/hacking-alarm.ts'
import type { Library } from '../runs/adapters.ts'

/** Candidates that one question reads; the runs behind them are told as not looked into. */
const mostCandidates = 100_000

/**
 * Looks into runs one after the other; between two of them the studio goes on answering.
 *
 * @returns the alarms in the order asked, and how many runs were beyond `most`
 */
export async function alarmsOf(
  library: Pick<Library, 'searchScores'>,
  runs: readonly number[],
  most = mostCandidates,
): Promise<{ readonly alarms: readonly RunAlarm[]; readonly unchecked: number }> {
  const alarms: RunAlarm[] = []
  let read = 0
  for (const [index, runId] of runs.entries()) {
    if (read >= most) return { alarms, unchecked: runs.length - index }
    const search = searchOf(library, runId)
    if (search === null) continue
    read += search.candidates.length
    const alarm = hackingAlarm(search)
    if (alarm !== null) alarms.push({ runId, guide: search.spec.guide, ...alarm })
    await soon()
  }
  return { alarms, unchecked: 0 }
}

function searchOf(library: Pick<Library, 'searchScores'>, runId: number): SearchScores | null {
  try {
    return library.searchScores(runId)
  } catch (error) {
    if (error instanceof StudioError && error.code === 'unknown_run') return null
    throw error
  }
}
