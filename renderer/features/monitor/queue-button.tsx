import { useId } from 'react'

import type { RunProgress, RunSummary } from '../../../shared/domain.ts'
import { formatCount, formatSeconds, percent } from '../../../shared/format.ts'
import { useLiveRuns } from '../../api/hooks.ts'
import { Popover } from '../../components/popover.tsx'
import { QueuePanel } from './queue-panel.tsx'
import styles from './queue-button.module.css'

type QueueButtonProps = {
  readonly runs: readonly RunSummary[]
  readonly onShow: (runId: number) => void
}

/** What the studio is doing, in the status bar; opens the queue. */
export function QueueButton({ runs, onShow }: QueueButtonProps) {
  const live = [...useLiveRuns().values()]
  const id = useId()
  const interrupted = runs.filter(({ status }) => status.kind === 'interrupted').length
  const isIdle = live.length === 0 && interrupted === 0
  return (
    <>
      <button type="button" className={styles.button} popoverTarget={id} title="Queue">
        {!isIdle && <span className={styles.dot} aria-hidden="true" />}
        <span className={isIdle ? styles.idle : undefined}>{summaryOf(live, interrupted)}</span>
      </button>
      <Popover id={id} label="Queue" className={styles.panel}>
        <QueuePanel
          runs={runs}
          live={live}
          onShow={(runId) => {
            document.getElementById(id)?.hidePopover()
            onShow(runId)
          }}
        />
      </Popover>
    </>
  )
}

function summaryOf(live: readonly RunProgress[], interrupted: number): string {
  const current = live.find(({ phase }) => phase !== 'queued') ?? live[0]
  if (current !== undefined) {
    return `${stateText(current)}${live.length > 1 ? `, ${formatCount(live.length - 1)} waiting` : ''}`
  }
  if (interrupted === 0) return 'Idle'
  return interrupted === 1 ? 'A run was interrupted' : `${formatCount(interrupted)} runs were interrupted`
}

function stateText(progress: RunProgress): string {
  switch (progress.phase) {
    case 'queued':
      return 'Waiting'
    case 'loading':
      return 'Loading the models…'
    case 'pausing':
      return 'Pausing…'
    case 'cancelling':
      return 'Stopping…'
    case 'working': {
      const done = `${percent(progress.nfe, progress.nfePlanned)} %`
      return progress.secondsLeft === null
        ? `Working, ${done}`
        : `Working, ${done}, ${formatSeconds(progress.secondsLeft)} left`
    }
  }
}
