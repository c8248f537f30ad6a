import { useEffect, useRef, useState } from 'react'

import { assertNever } from '../../../shared/assert-never.ts'
import type { RunDetail, RunProgress } from '../../../shared/domain.ts'
import { toErrorData } from '../../../shared/errors.ts'
import { useStudio } from '../../api/hooks.ts'
import { Button } from '../../components/button.tsx'
import { FaultPanel } from '../../components/fault-panel.tsx'
import { failuresText } from '../../logic/failures.ts'
import { isLive } from '../../../shared/figure.ts'
import {
  formatCount,
  formatCountOf,
  formatGflop,
  formatMoment,
  formatSeconds,
  percent,
} from '../../../shared/format.ts'
import styles from './run-status-line.module.css'
import { useQueueDeeds } from './use-queue-deeds.ts'

type RunStatusLineProps = {
  readonly run: RunDetail
  readonly progress: RunProgress | null
}

/**
 * Where a run stands, in one line that keeps its height from the first step to the outcome: the monitor with its
 * progress bar while it works, what it cost afterwards. Only a failure takes more room.
 */
export function RunStatusLine(props: RunStatusLineProps) {
  const line = useKeptFocus(props.run.status.kind)
  return (
    <div ref={line}>
      <StatusLine {...props} />
    </div>
  )
}

/**
 * Who pauses a run with the keyboard resumes it from where they are: when what is shown changes under the focus, the
 * first button of what comes next has it. Buttons that wait for an answer keep the focus meanwhile.
 */
function useKeptFocus(shown: string) {
  const line = useRef<HTMLDivElement>(null)
  const had = useRef(false)
  useEffect(() => {
    // A button that is taken away loses the focus without a word, so the last place is remembered.
    const onFocus = (event: FocusEvent) => {
      had.current = line.current?.contains(event.target as Node) === true
    }
    document.addEventListener('focusin', onFocus)
    return () => document.removeEventListener('focusin', onFocus)
  }, [])
  useEffect(() => {
    if (!had.current || document.activeElement !== document.body) return
    line.current?.querySelector('button')?.focus()
  }, [shown])
  return line
}

function StatusLine({ run, progress }: RunStatusLineProps) {
  if (isLive(run.status)) return <Monitor key={run.id} run={run} progress={progress} />
  if (run.status.kind === 'failed') {
    return (
      <FaultPanel title="This run failed" error={run.status.error}>
        {run.finished > 0 && <p className={styles.kept}>{keptText(run)}</p>}
        <ResumeButton runId={run.id} />
        {run.status.error.code === 'out_of_memory' && <ResumeButton runId={run.id} batchSize={1} />}
      </FaultPanel>
    )
  }
  return <Outcome run={run} />
}

function Monitor({ run, progress }: RunStatusLineProps) {
  const deeds = useQueueDeeds()
  const told = progress?.phase ?? 'queued'
  /** What the run was asked for, until the studio tells of another phase than it was in then. */
  const [asked, setAsked] = useState<{ readonly phase: RunProgress['phase']; readonly from: string } | null>(
    null,
  )
  if (asked !== null && asked.from !== told) setAsked(null)
  const phase = asked?.phase ?? told
  const done = progress === null ? 0 : percent(progress.nfe, progress.nfePlanned)
  const ask = (phaseMeanwhile: 'pausing' | 'cancelling', deed: Promise<boolean>) => {
    setAsked({ phase: phaseMeanwhile, from: told })
    void deed.then((done) => {
      if (!done) setAsked(null)
    })
  }
  const isStopping = phase === 'cancelling'
  const isPausing = isStopping || phase === 'pausing'
  const stop = () => {
    if (!isStopping) ask('cancelling', deeds.cancel(run.id))
  }
  const pause = () => {
    if (!isPausing) ask('pausing', deeds.pause(run.id))
  }
  return (
    <div
      className={styles.monitor}
      role="group"
      aria-label="Progress of this run"
      onKeyDown={(event) => {
        if (event.key === 'Escape') stop()
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
                {failedText(progress)}
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
        <Button icon="pause" aria-disabled={isPausing} onClick={pause}>
          Pause
        </Button>
        <Button icon="stop" aria-disabled={isStopping} onClick={stop}>
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
  const { ledger, status } = run
  const failures = failuresText(run)
  return (
    <div className={styles.outcome} role="group" aria-label="Outcome of this run">
      <span className={status.kind === 'done' ? styles.done : styles.early}>{outcomeText(run)}</span>
      {status.kind !== 'done' && <ResumeButton runId={run.id} />}
      <span className={styles.figures}>
        <span>{formatCount(ledger.nfe)} NFE by search</span>
        <span>{formatCount(ledger.forwardPasses)} forward passes</span>
        <span>
          {formatCount(ledger.verifierCalls)}{' '}
          {ledger.verifierCalls === 1 ? 'verifier call' : 'verifier calls'}
        </span>
        <span>{formatSeconds(ledger.seconds)}</span>
        {ledger.gflop > 0 && <span>{formatGflop(ledger.gflop)}</span>}
        {run.device !== null && <span>{run.device}</span>}
        <time dateTime={run.createdAt}>{formatMoment(run.createdAt, new Date())}</time>
      </span>
      {failures !== null && (
        <p className={styles.failures} dir="auto">
          {failures}
        </p>
      )}
    </div>
  )
}

type ResumeButtonProps = {
  readonly runId: number
  /** Candidates evaluated together: fewer take less memory and more time. The pictures are the same bits. */
  readonly batchSize?: number
}

/** Goes on with a run where it stopped; what it has made is not made again. */
function ResumeButton({ runId, batchSize }: ResumeButtonProps) {
  const { bridge } = useStudio()
  const [refusal, setRefusal] = useState<string | null>(null)
  const [asked, setAsked] = useState(false)
  const resume = () => {
    if (asked) return
    setAsked(true)
    setRefusal(null)
    bridge
      .resumeRun(batchSize === undefined ? { runId } : { runId, batchSize })
      .catch((thrown: unknown) => setRefusal(toErrorData(thrown).message))
      // Also when it was resumed: a run that fails again at once may never have been seen at work.
      .finally(() => setAsked(false))
  }
  return (
    <>
      <Button icon="resume" aria-disabled={asked} onClick={resume}>
        {batchSize === undefined ? 'Resume' : `Go on with batches of ${batchSize}`}
      </Button>
      {refusal !== null && (
        <span role="alert" className={styles.refusal}>
          {refusal}
        </span>
      )}
    </>
  )
}

function outcomeText(run: RunDetail): string {
  const made = `${formatCount(run.finished)} of ${formatCountOf(run.planned, 'image')}${failedText(run)}`
  switch (run.status.kind) {
    case 'done':
      return run.finished === run.planned ? `Done, ${formatCountOf(run.finished, 'image')}` : `Done, ${made}`
    case 'paused':
      return `Paused at ${made}`
    case 'cancelled':
      return `Stopped at ${made}`
    case 'interrupted':
      return `Interrupted at ${made}`
    default:
      return made
  }
}

/** Candidates of which nothing could be made; the others are not harmed. */
function failedText({ failed }: Pick<RunProgress, 'failed'>): string {
  return failed === 0 ? '' : `, ${formatCount(failed)} failed`
}

function keptText(run: RunDetail): string {
  return `${formatCount(run.finished)} of ${formatCountOf(run.planned, 'image')} were finished and are kept.`
}
