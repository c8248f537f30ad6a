import { useEffect, useRef, useState } from 'react'

import { formatCount, formatCountOf } from '../../../shared/format.ts'
import { Button } from '../../components/button.tsx'
import { PromptText } from '../../components/prompt-text.tsx'
import { moveFocus } from '../../components/rove.ts'
import type { BatchRow, CheckedRow } from './batch.ts'
import styles from './prompt-batch.module.css'
import type { PromptBatch } from './use-prompt-batch.ts'

/** The prompts of a file in place of the prompt field: what was read, what is wrong, and what may go. */
export function PromptBatchList({ batch }: { readonly batch: PromptBatch }) {
  const { state, checked } = batch
  const list = useRef<HTMLOListElement>(null)
  const [active, setActive] = useState(0)
  const count = state.kind === 'read' ? state.rows.length : 0
  const removed = useRef(false)
  useEffect(() => {
    if (!removed.current) return
    removed.current = false
    const buttons = list.current?.querySelectorAll('button') ?? []
    buttons[Math.min(active, buttons.length - 1)]?.focus()
  }, [count, active])
  if (state.kind !== 'read') return null

  const { name, rows, passedOver, refusals, queueing } = state
  const faulty = checked.filter(({ kind }) => kind === 'faulty').length + refusals.size
  const remove = (row: BatchRow) => {
    removed.current = true
    batch.remove(row)
    if (rows.length === 1) focusPrompt()
  }
  return (
    <section className={styles.batch} aria-label="Prompts of a file">
      <div className={styles.head}>
        <h2 className={styles.title}>
          {formatCountOf(rows.length, 'prompt')} in <bdi>{name}</bdi>
        </h2>
        <Button
          look="plain"
          icon="close"
          aria-label="Put the file away"
          disabled={queueing !== null}
          onClick={() => {
            batch.close()
            focusPrompt()
          }}
        />
      </div>
      <p className={styles.note} role="status">
        {queueing !== null
          ? `${formatCount(queueing.queued)} of ${formatCount(queueing.of)} queued`
          : faulty > 0
            ? `${formatCount(faulty)} cannot be run as they are; the others can.`
            : 'One run for each, with the settings below, in this order.'}
        {passedOver.length > 0 && ` Passed over: ${passedOver.slice(0, 8).join(', ')}.`}
      </p>
      <ol ref={list} className={styles.rows} aria-label="Prompts" onKeyDown={moveFocus}>
        {rows.map((row, index) => (
          <Row
            key={row.line}
            row={row}
            check={checked[index]}
            refusal={refusals.get(row.line) ?? null}
            isStop={index === Math.min(active, rows.length - 1)}
            isFixed={queueing !== null}
            onFocus={() => setActive(index)}
            onRemove={() => remove(row)}
          />
        ))}
      </ol>
      {queueing !== null && (
        <Button icon="stop" onClick={batch.stop}>
          Queue no more
        </Button>
      )}
    </section>
  )
}

/** The prompt field is back with the next frame. */
function focusPrompt(): void {
  requestAnimationFrame(() => document.getElementById('compose-prompt')?.focus())
}

type RowProps = {
  readonly row: BatchRow
  readonly check: CheckedRow | undefined
  readonly refusal: string | null
  readonly isStop: boolean
  readonly isFixed: boolean
  readonly onFocus: () => void
  readonly onRemove: () => void
}

function Row({ row, check, refusal, isStop, isFixed, onFocus, onRemove }: RowProps) {
  const fault = refusal ?? (check?.kind === 'faulty' ? check.reason : null)
  const own = Object.entries(row.values)
  return (
    <li className={styles.row}>
      <span className={styles.line}>{row.line}</span>
      <div className={styles.what}>
        <PromptText text={row.prompt} lines={2} />
        {own.length > 0 && (
          <span className={styles.own} dir="auto">
            {own.map(([field, value]) => `${field} ${value.slice(0, 60)}`).join(', ')}
          </span>
        )}
        {fault !== null && (
          <span className={styles.fault} dir="auto">
            {fault}
          </span>
        )}
      </div>
      <Button
        look="plain"
        icon="close"
        data-rove
        tabIndex={isStop ? 0 : -1}
        aria-label={`Leave out line ${row.line}`}
        disabled={isFixed}
        onFocus={onFocus}
        onClick={onRemove}
        onKeyDown={(event) => {
          if (event.key !== 'Delete' && event.key !== 'Backspace') return
          event.preventDefault()
          onRemove()
        }}
      />
    </li>
  )
}
