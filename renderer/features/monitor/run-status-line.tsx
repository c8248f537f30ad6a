import { useState } from 'react'

import { assertNever } from '../../../shared/assert-never.ts'
import type { RunDetail, RunProgress } from '../../../shared/domain.ts'
import { useStudio } from '../../api/hooks.ts'
import { Button } from '../../components/button.tsx'
import { FaultPanel } from '../../components/fault-panel.tsx'
import { isLive } from '../../logic/figure.ts'
import { formatCount, formatMoment, formatSeconds, percent } from '../../logic/format.ts'
import styles from './run-status-line.module.css'

type RunStatusLineProps = {
  readonly run: RunDetail
  readonly progress: RunProgress | null
}

/**
 * Where a run stands, in one line that keeps its height from the first step to the outcome: the monitor with its
 * progress bar while it works, what it cost afterwards. Only a failure takes more room.
 */
export function RunStatusLine({ run, progress }: RunStatusLineProps) {
  if (isLive(run.status)) return <Monitor key={run.id} run={run} progress={progress} />
  if (run.status.kind === 'failed') {
    return (
      <FaultPanel title="This run failed" error={run.status.error}>
        {run.finished > 0 && (
          <p className={styles.kept}>
            {run.finished} of {run.planned} images were finished and are kept.
          </p>
        )}
      </FaultPanel>
    )
  }
  return <Outcome run={run} />
}

function Monitor({ run, progress }: RunStatusLineProps) {
  const { bridge } = useStudio()
  const [stopping, setStopping] = useState(false)
  const phase = stopping ? 'cancelling' : (progress?.phase ?? 'queued')
  const done = progress === null ? 0 : percent(progress.nfe, progress.nfePlanned)
  const stop = () => {
    setStopping(true)
    bridge.cancelRun({ runId: run.id }).catch(() => setStopping(false))
  }
  return (
    <div
      className={styles.monitor}
      role="group"
      aria-label="Progress of this run"
      onKeyDown={(event) => {
        if (event.key === 'Escape' && phase !== 'cancelling') stop()
      }}
    >
      <div className={styles.line}>
        <span className={styles.phase} role="status">
          {phaseText(phase)}
        </span>
        <span className={styles.figures}>
          {progress !== null && phase !== 'queued' && (
            <>
              <span>
                {formatCount(progress.finished)} of {formatCount(progress.planned)} images
              </span>
              <span>
                {formatCount(progress.nfe)} of {formatCount(progress.nfePlanned)} NFE
              </span>
              <span>{formatSeconds(progress.secondsElapsed)}</span>
              {progress.secondsLeft !== null && phase === 'working' && (
                <span>{formatSeconds(progress.secondsLeft)} left</span>
              )}
            </>
          )}
        </span>
        <Button icon="stop" disabled={phase === 'cancelling'} onClick={stop}>
          Stop
        </Button>
      </div>
      <div
        className={styles.bar}
        role="progressbar"
        aria-label="Work done"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={done}
      >
        <div className={styles.fill} style={{ scale: `${done / 100} 1` }} />
      </div>
    </div>
  )
}

function phaseText(phase: RunProgress['phase']): string {
  switch (phase) {
    case 'queued':
      return 'Waiting for its turn'
    case 'loading':
      return 'Loading the models…'
    case 'working':
      return 'Working'
    case 'pausing':
      return 'Pausing after what is in flight…'
    case 'cancelling':
      return 'Stopping after this step…'
    default:
      return assertNever(phase, 'phase')
  }
}

function Outcome({ run }: { readonly run: RunDetail }) {
  const { ledger } = run
  return (
    <div className={styles.outcome}>
      <span className={run.status.kind === 'done' ? styles.done : styles.early}>{outcomeText(run)}</span>
      <span className={styles.figures}>
        <span>{formatCount(ledger.nfe)} NFE by search</span>
        <span>{formatSeconds(ledger.seconds)}</span>
        <span>
          {formatCount(ledger.verifierCalls)}{' '}
          {ledger.verifierCalls === 1 ? 'verifier call' : 'verifier calls'}
        </span>
        {run.device !== null && <span>{run.device}</span>}
        <time dateTime={run.createdAt}>{formatMoment(run.createdAt, new Date())}</time>
      </span>
    </div>
  )
}

function outcomeText(run: RunDetail): string {
  const made = `${formatCount(run.finished)} of ${formatCount(run.planned)} images`
  switch (run.status.kind) {
    case 'done':
      return run.finished === run.planned ? `Done, ${formatCount(run.finished)} images` : `Done, ${made}`
    case 'cancelled':
      return `Stopped after ${made}`
    case 'interrupted':
      return `Interrupted after ${made}, all kept`
    default:
      return made
  }
}
