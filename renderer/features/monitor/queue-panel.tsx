import { useEffect, useRef, useState } from 'react'
import type { DragEvent, KeyboardEvent } from 'react'

import type { RunProgress, RunSummary } from '../../../shared/domain.ts'
import { formatCount, formatCountOf, formatSeconds, percent } from '../../../shared/format.ts'
import { useStudio } from '../../api/hooks.ts'
import { Button } from '../../components/button.tsx'
import { classes } from '../../components/classes.ts'
import { PromptText } from '../../components/prompt-text.tsx'
import { orderAhead, placeAfter, resting, withRunAt } from './queue.ts'
import styles from './queue-panel.module.css'
import { useQueueDeeds } from './use-queue-deeds.ts'

type QueuePanelProps = {
  readonly runs: readonly RunSummary[]
  /** In the order of the queue. */
  readonly live: readonly RunProgress[]
  readonly onShow: (runId: number) => void
}

/** Runs that rest and are listed; the others are among all runs. */
const mostResting = 8

/** The run at work, those that wait in their order, and those that were interrupted or paused. */
export function QueuePanel({ runs, live, onShow }: QueuePanelProps) {
  const promptOf = (runId: number) => runs.find(({ id }) => id === runId)?.spec.prompt ?? `Run ${runId}`
  const deeds = useQueueDeeds()
  const waiting = live.filter(({ phase }) => phase === 'queued')
  const working = live.filter(({ phase }) => phase !== 'queued')
  const { interrupted, paused } = resting(runs)
  const rested = [...interrupted, ...paused]
  const panel = useKeptFocus()
  return (
    <div ref={panel} className={styles.queue} tabIndex={-1}>
      <h2 className={styles.title}>Queue</h2>
      {live.length === 0 && (
        <p className={styles.empty}>Nothing waits. Run adds to the queue, also while another run works.</p>
      )}
      <ul className={styles.list} aria-label="At work">
        {working.map((progress) => (
          <li key={progress.runId} className={styles.row}>
            <ShowButton
              prompt={promptOf(progress.runId)}
              state={stateOf(progress)}
              onClick={() => onShow(progress.runId)}
            />
            <Button
              look="plain"
              icon="pause"
              aria-label={`Pause run ${progress.runId}`}
              aria-disabled={isPausing(progress)}
              onClick={() => {
                if (!isPausing(progress)) void deeds.pause(progress.runId)
              }}
            />
            <Button
              look="plain"
              icon="stop"
              aria-label={`Stop run ${progress.runId}`}
              aria-disabled={progress.phase === 'cancelling'}
              onClick={() => {
                if (progress.phase !== 'cancelling') void deeds.cancel(progress.runId)
              }}
            />
            <div className={styles.bar} aria-hidden="true">
              <div
                className={styles.fill}
                style={{ scale: `${percent(progress.nfe, progress.nfePlanned) / 100} 1` }}
              />
            </div>
          </li>
        ))}
      </ul>
      <WaitingRuns waiting={waiting} promptOf={promptOf} onShow={onShow} />
      {rested.length > 0 && (
        <section aria-label="Runs that can go on">
          <div className={styles.head}>
            <h3 className={styles.title}>
              {interrupted.length > 0
                ? `${formatCount(interrupted.length)} ${interrupted.length === 1 ? 'run was' : 'runs were'} interrupted`
                : 'Paused'}
            </h3>
            {interrupted.length > 0 && (
              <Button icon="resume" onClick={() => void deeds.resumeAll(interrupted.map(({ id }) => id))}>
                Resume all
              </Button>
            )}
          </div>
          <ul className={styles.list}>
            {rested.slice(0, mostResting).map((run) => (
              <li key={run.id} className={styles.row}>
                <ShowButton
                  prompt={run.spec.prompt}
                  state={`${run.status.kind === 'paused' ? 'Paused' : 'Interrupted'} at ${formatCount(run.finished)} of ${formatCountOf(run.planned, 'image')}`}
                  onClick={() => onShow(run.id)}
                />
                <Button
                  look="plain"
                  icon="resume"
                  aria-label={`Resume run ${run.id}`}
                  onClick={() => void deeds.resume(run.id)}
                />
              </li>
            ))}
          </ul>
          {rested.length > mostResting && (
            <p className={styles.empty}>and {formatCount(rested.length - mostResting)} more among the runs</p>
          )}
        </section>
      )}
    </div>
  )
}

/**
 * A run that was paused or has ended leaves its place: the one that is there now takes the focus over, or the panel where
 * none is left.
 */
function useKeptFocus() {
  const panel = useRef<HTMLDivElement>(null)
  /** The row that has the focus, counted among all; null where the panel has not got it. */
  const row = useRef<number | null>(null)
  useEffect(() => {
    // What is taken away loses the focus without a word, so the last place is remembered, unless a pointer left it.
    const onFocus = () => (row.current = rowWithFocus(panel.current))
    const onPointer = () => (row.current = null)
    document.addEventListener('focusin', onFocus)
    document.addEventListener('pointerdown', onPointer)
    return () => {
      document.removeEventListener('focusin', onFocus)
      document.removeEventListener('pointerdown', onPointer)
    }
  }, [])
  useEffect(() => {
    if (document.activeElement !== document.body) {
      // Rows move under the focus.
      row.current = rowWithFocus(panel.current)
    } else if (row.current !== null) {
      const rows = panel.current?.querySelectorAll('li') ?? []
      const next = rows[Math.min(Math.max(0, row.current), rows.length - 1)]
      ;(next?.querySelector('button') ?? panel.current)?.focus()
    }
  })
  return panel
}

/** @returns -1 for a part of the panel that is in no row, null for none */
function rowWithFocus(panel: HTMLElement | null): number | null {
  const held = document.activeElement
  if (panel === null || !panel.contains(held)) return null
  return [...panel.querySelectorAll('li')].findIndex((one) => one.contains(held))
}

const isPausing = ({ phase }: RunProgress): boolean => phase === 'pausing' || phase === 'cancelling'

type WaitingRunsProps = {
  readonly waiting: readonly RunProgress[]
  readonly promptOf: (runId: number) => string
  readonly onShow: (runId: number) => void
}

/** What waits, in order: moved by drag, by Alt and an arrow, or by the buttons. */
function WaitingRuns({ waiting, promptOf, onShow }: WaitingRunsProps) {
  const { bridge, undo } = useStudio()
  const deeds = useQueueDeeds()
  const list = useRef<HTMLOListElement>(null)
  const [dragged, setDragged] = useState<number | null>(null)
  const [over, setOver] = useState<{ readonly index: number; readonly below: boolean } | null>(null)
  /** The run whose row had the focus when it was moved: the row is drawn anew elsewhere. */
  const moved = useRef<{ readonly runId: number; readonly part: number } | null>(null)
  const [order, show] = useOrder(waiting.map(({ runId }) => runId))
  const orderText = order.join(' ')
  useEffect(() => {
    if (moved.current === null) return
    const row = list.current?.querySelector(`[data-run="${moved.current.runId}"]`)
    row?.querySelectorAll('button')[moved.current.part]?.focus()
    moved.current = null
  }, [orderText])

  /** @param to place among those that wait, from 0 */
  const move = (runId: number, to: number) => {
    const from = order.indexOf(runId)
    const place = Math.min(Math.max(0, to), order.length - 1)
    if (from < 0 || place === from) return
    const shift = (to: number) => () =>
      show(withRunAt(order, runId, to), bridge.moveRun({ runId, behind: placeAfter(order, runId, to) }))
    void undo.act(async () => {
      await shift(place)()
      const label = `Moved run ${runId} to place ${place + 1} of those that wait`
      return { label, undo: shift(from), redo: shift(place) }
    })
  }
  const onKeyDown = (runId: number, index: number) => (event: KeyboardEvent<HTMLLIElement>) => {
    const by = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0
    if (!event.altKey || by === 0) return
    event.preventDefault()
    // At an end of the queue: a later move would take the focus there.
    if (order[index + by] === undefined) return
    const buttons = [...event.currentTarget.querySelectorAll('button')]
    moved.current = { runId, part: Math.max(0, buttons.indexOf(event.target as HTMLButtonElement)) }
    move(runId, index + by)
  }
  const onDragOver = (index: number) => (event: DragEvent<HTMLLIElement>) => {
    if (dragged === null) return
    event.preventDefault()
    const { top, height } = event.currentTarget.getBoundingClientRect()
    setOver({ index, below: event.clientY > top + height / 2 })
  }
  const onDrop = (event: DragEvent) => {
    event.preventDefault()
    if (dragged !== null && over !== null) {
      const from = order.indexOf(dragged)
      // The place between two rows, counted without the row that leaves its own.
      const gap = over.index + (over.below ? 1 : 0)
      move(dragged, gap > from ? gap - 1 : gap)
    }
    setDragged(null)
    setOver(null)
  }
  if (waiting.length === 0) return null
  return (
    <section aria-label="Waiting">
      <h3 className={styles.title}>
        {formatCount(waiting.length)} waiting <span className={styles.keys}>Alt ↑ ↓ moves, or drag</span>
      </h3>
      <ol ref={list} className={styles.list}>
        {order.map((runId, index) => {
          const progress = waiting.find((one) => one.runId === runId)
          if (progress === undefined) return null
          return (
            <li
              key={runId}
              data-run={runId}
              draggable
              className={classes(
                styles.row,
                styles.waiting,
                dragged === runId && styles.dragged,
                over?.index === index && (over.below ? styles.below : styles.above),
              )}
              onKeyDown={onKeyDown(runId, index)}
              onDragStart={(event) => {
                event.dataTransfer.effectAllowed = 'move'
                event.dataTransfer.setData('text/plain', promptOf(runId))
                setDragged(runId)
              }}
              onDragOver={onDragOver(index)}
              onDrop={onDrop}
              onDragEnd={() => {
                setDragged(null)
                setOver(null)
              }}
            >
              <ShowButton
                prompt={promptOf(runId)}
                state={`${formatCountOf(progress.planned, 'image')}, ${formatCount(progress.nfePlanned)} NFE`}
                onClick={() => onShow(runId)}
              />
              <Button
                look="plain"
                icon="up"
                aria-label={`Move run ${runId} up`}
                aria-disabled={index === 0}
                onClick={() => move(runId, index - 1)}
              />
              <Button
                look="plain"
                icon="down"
                aria-label={`Move run ${runId} down`}
                aria-disabled={index === order.length - 1}
                onClick={() => move(runId, index + 1)}
              />
              <Button
                look="plain"
                icon="pause"
                aria-label={`Pause run ${runId}`}
                onClick={() => void deeds.pause(runId)}
              />
              <Button
                look="plain"
                icon="stop"
                aria-label={`Stop run ${runId}`}
                onClick={() => void deeds.cancel(runId)}
              />
            </li>
          )
        })}
      </ol>
    </section>
  )
}

/**
 * The order of those that wait, with what a person has just moved in its place at once, until the studio's own order
 * with it has come: the next key moves it on from there, however long that takes.
 */
function useOrder(waiting: readonly number[]) {
  const { readProgress } = useStudio()
  const [made, make] = useState<readonly number[] | null>(null)
  const show = async (order: readonly number[], told: Promise<void>): Promise<void> => {
    make(order)
    try {
      await told
      await readProgress()
    } finally {
      make((now) => (now === order ? null : now))
    }
  }
  return [made === null ? waiting : orderAhead(waiting, made), show] as const
}

type ShowButtonProps = { readonly prompt: string; readonly state: string; readonly onClick: () => void }

function ShowButton({ prompt, state, onClick }: ShowButtonProps) {
  return (
    <button type="button" className={styles.show} onClick={onClick}>
      <PromptText text={prompt} lines={1} />
      <span className={styles.state}>{state}</span>
    </button>
  )
}

function stateOf({ phase, finished, planned, nfe, nfePlanned, secondsLeft }: RunProgress): string {
  if (phase === 'loading') return 'Loading the models…'
  const done = `${formatCount(finished)} of ${formatCountOf(planned, 'image')}, ${percent(nfe, nfePlanned)} %`
  if (phase === 'pausing') return `Pausing, ${done}`
  if (phase === 'cancelling') return `Stopping, ${done}`
  return secondsLeft === null ? done : `${done}, ${formatSeconds(secondsLeft)} left`
}
