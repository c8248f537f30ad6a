import { useEffect } from 'react'

import type { RunSummary } from '../../shared/domain.ts'
import { useLiveRuns } from '../api/hooks.ts'
import { percent } from '../logic/format.ts'

const longestPrompt = 60

/** Shows the working run in the window's title: `42% two red stars - Goldpan`. */
export function useLiveTitle(runs: readonly RunSummary[]): void {
  const live = [...useLiveRuns().values()].find((progress) => progress.phase !== 'queued')
  const prompt = runs.find((run) => run.id === live?.runId)?.spec.prompt
  const done = live === undefined ? 0 : percent(live.nfe, live.nfePlanned)
  const title =
    live === undefined || prompt === undefined ? 'Goldpan' : `${done}% ${shortened(prompt)} - Goldpan`
  useEffect(() => {
    document.title = title
  }, [title])
}

/** Cuts between what a reader takes for characters, never inside one. */
function shortened(prompt: string): string {
  const characters = [...new Intl.Segmenter().segment(prompt)]
  const cut = characters[longestPrompt]
  return cut === undefined ? prompt : `${prompt.slice(0, cut.index)}…`
}
