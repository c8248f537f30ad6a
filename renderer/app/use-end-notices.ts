import { useEffect, useEffectEvent } from 'react'

import { endOfRun } from '../../shared/run-end.ts'
import { useQuery, useStudio, valueOf } from '../api/hooks.ts'

/**
 * In a browser: a quiet notification when a run ends and nobody looks, if the browser has been allowed to (settings ask
 * for it) and the person wants it. The desktop does it outside the page.
 */
export function useEndNotices(openRun: (runId: number) => void): void {
  const { bridge, liveRuns } = useStudio()
  const host = valueOf(useQuery('environment'))?.host
  const wanted = valueOf(useQuery('preferences'))?.notifyAtEnd
  const open = useEffectEvent(openRun)
  useEffect(() => {
    if (host !== 'browser' || wanted !== true || !('Notification' in window)) return undefined
    let before = liveRuns.snapshot()
    return liveRuns.subscribe(() => {
      const now = liveRuns.snapshot()
      const ended = [...before.keys()].filter((runId) => !now.has(runId))
      before = now
      if (document.hasFocus() || Notification.permission !== 'granted') return
      for (const runId of ended) {
        bridge.run({ runId }).then(
          (run) => {
            const sentence = endOfRun(run)
            if (sentence === null) return
            const notification = new Notification('Goldpan', { body: sentence, silent: true })
            notification.onclick = () => {
              window.focus()
              open(runId)
            }
          },
          // The studio is gone; the banner says so.
          () => undefined,
        )
      }
    })
  }, [bridge, liveRuns, host, wanted])
}
