import { useDeferredValue, useMemo, useRef, useState } from 'react'

import type { PackSummary } from '../../../shared/domain.ts'
import { StudioError, toErrorData } from '../../../shared/errors.ts'
import { formatCount } from '../../../shared/format.ts'
import { maxPromptFileBytes, readPromptFile } from '../../../shared/prompt-file.ts'
import { useStudio } from '../../api/hooks.ts'
import type { Deed } from '../../api/undo.ts'
import { rowChecker } from './batch.ts'
import type { BatchRow, CheckedRow } from './batch.ts'
import { newSeed } from './draft.ts'
import type { Draft } from './draft.ts'

type BatchState =
  | { readonly kind: 'none' }
  | { readonly kind: 'unreadable'; readonly message: string }
  | {
      readonly kind: 'read'
      readonly name: string
      readonly rows: readonly BatchRow[]
      readonly passedOver: readonly string[]
      /** What the studio said to rows that it did not take, by line. */
      readonly refusals: ReadonlyMap<number, string>
      /** Rows on their way to the queue; null while nothing is. */
      readonly queueing: { readonly queued: number; readonly of: number } | null
    }

export type PromptBatch = {
  readonly state: BatchState
  /** Of the rows, in their order. */
  readonly checked: readonly CheckedRow[]
  take(file: File): Promise<void>
  remove(row: BatchRow): void
  close(): void
  /** Queues every row that is in order, and keeps the others in the list. */
  start(): Promise<void>
  /** Queues no more. What is in the queue stays there. */
  stop(): void
}

/**
 * A file of prompts beside the form: read, checked row by row against it, queued one run a row.
 *
 * @param rate seconds an evaluation; null before the first run of the form's kind
 */
export function usePromptBatch(
  draft: Draft,
  packs: readonly PackSummary[] | null,
  rate: number | null,
  onStarting: () => (runId: number) => void,
): PromptBatch {
  const { bridge, undo } = useStudio()
  const [state, setState] = useState<BatchState>({ kind: 'none' })
  const stopping = useRef(new AbortController())
  // A thousand rows are checked a moment after the letter that was typed is seen.
  const settled = useDeferredValue(draft)
  const rows = state.kind === 'read' ? state.rows : noRows
  const checked = useMemo(() => rows.map(rowChecker(settled, packs, rate)), [rows, settled, packs, rate])

  const take = async (file: File): Promise<void> => {
    try {
      if (file.size > maxPromptFileBytes) {
        const message = `${file.name}: expected at most 1 MiB of prompts, found ${file.size} bytes; split the file`
        throw new StudioError('bad_input', message)
      }
      const { rows, passedOver } = readPromptFile(file.name, new Uint8Array(await file.arrayBuffer()))
      setState({
        ...{ kind: 'read', name: file.name, passedOver, refusals: new Map(), queueing: null },
        rows: rows.map((row) => ({ ...row, seed: newSeed() })),
      })
    } catch (thrown) {
      setState({ kind: 'unreadable', message: toErrorData(thrown).message })
    }
  }

  const start = async (): Promise<Deed | null> => {
    if (state.kind !== 'read' || state.queueing !== null) return null
    const check = rowChecker(draft, packs, rate)
    const ready = state.rows.flatMap((row) => {
      const one = check(row)
      return one.kind === 'valid' ? [{ row, spec: one.spec }] : []
    })
    if (ready.length === 0) return null
    stopping.current = new AbortController()
    const { signal } = stopping.current
    const onStarted = onStarting()
    const queued: number[] = []
    const refusals = new Map<number, string>()
    const done = new Set<number>()
    const tell = (isOver: boolean) =>
      setState((now) => {
        if (now.kind !== 'read') return now
        const left = now.rows.filter(({ line }) => !done.has(line))
        if (isOver && left.length === 0) return { kind: 'none' }
        return {
          ...now,
          rows: left,
          refusals,
          queueing: isOver ? null : { queued: queued.length, of: ready.length },
        }
      })
    tell(false)
    for (const { row, spec } of ready) {
      if (signal.aborted) break
      try {
        const { runId } = await bridge.startRun(spec)
        queued.push(runId)
        done.add(row.line)
        if (queued.length === 1) onStarted(runId)
      } catch (thrown) {
        const { code, message } = toErrorData(thrown)
        refusals.set(row.line, message)
        // A studio that closes takes none of the others either.
        if (code === 'cancelled') break
      }
      tell(false)
    }
    tell(true)
    if (queued.length === 0) return null
    return {
      label: queued.length === 1 ? 'Queued a run' : `Queued ${formatCount(queued.length)} runs`,
      undo: async () => {
        for (const runId of queued) await bridge.cancelRun({ runId })
      },
      redo: async () => {
        for (const runId of queued) await bridge.resumeRun({ runId })
      },
    }
  }

  return {
    state,
    checked,
    take,
    remove: (row) =>
      setState((now) => {
        if (now.kind !== 'read') return now
        const left = now.rows.filter((one) => one !== row)
        return left.length === 0 ? { kind: 'none' } : { ...now, rows: left }
      }),
    close: () => setState({ kind: 'none' }),
    async start() {
      await undo.act(start)
    },
    stop: () => stopping.current.abort(),
  }
}

const noRows: readonly BatchRow[] = []
