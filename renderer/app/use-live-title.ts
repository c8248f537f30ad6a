import { useEffect } from 'react'

import { percent } from '../../shared/format.ts'
import { useLiveRuns } from '../api/hooks.ts'

/** Shows how far the working run is in the window's title: `42% - Goldpan`. Titles are kept in histories and seen by other programs, so the prompt is not in it. */
export function useLiveTitle(): void {
  const live = [...useLiveRuns().values()].find((progress) => progress.phase !== 'queued')
  const title = live === undefined ? 'Goldpan' : `${percent(live.nfe, live.nfePlanned)}% - Goldpan`
  useEffect(() => {
    document.title = title
  }, [title])
}
