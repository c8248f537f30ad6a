import { useId } from 'react'

import type { RunProgress, RunSummary } from '../../../shared/domain.ts'
import { useLiveRuns, useStudio } from '../../api/hooks.ts'
import { Button } from '../../components/button.tsx'
import { PromptText } from '../../components/prompt-text.tsx'
import { formatSeconds, percent } from '../../logic/format.ts'
import styles from './queue-button.module.css'

type QueueButtonProps = {
  readonly runs: readonly RunSummary[]
  readonly onShow: (runId: number) => void
}

/** What the studio is doing, in the status bar; opens the list of live runs. */
export function QueueButton({ runs, onShow }: QueueButtonProps) {
  const { bridge } = useStudio()
  const live = [...useLiveRuns().values()]
  const listId = useId()
  const current = live.find((progress) => progress.phase !== 'queued') ?? live[0]
  if (current === undefined) return <span className={styles.idle}>Idle</span>
  const promptOf = (runId: number) => runs.find((run) => run.id === runId)?.spec.prompt ?? `Run ${runId}`
  return (
    <>
      <button type="button" className={styles.button} popoverTarget={listId}>
        <span className={styles.dot} aria-hidden="true" />
        {summary(current, live.length)}
      </button>
      <div id={listId} popover="auto" className={styles.list}>
        <h2 className={styles.title}>Queue</h2>
        <ul>
          {live.map((progress) => (
            <li key={progress.runId} className={styles.run}>
              <button type="button" className={styles.show} onClick={() => onShow(progress.runId)}>
                <PromptText text={promptOf(progress.runId)} lines={1} />
                <span className={styles.state}>{stateText(progress)}</span>
              </button>
              <Button
                look="plain"
                icon="stop"
                aria-label={`Stop ${promptOf(progress.runId)}`}
                disabled={progress.phase === 'cancelling'}
                onClick={() => void bridge.cancelRun({ runId: progress.runId }).catch(() => undefined)}
              />
            </li>
          ))}
        </ul>
      </div>
    </>
  )
}

function summary(current: RunProgress, count: number): string {
  const waiting = count > 1 ? `, ${count - 1} waiting` : ''
  return `${stateText(current)}${waiting}`
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
