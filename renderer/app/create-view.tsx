import { useRef, useState } from 'react'
import type { KeyboardEvent } from 'react'

import type { RunDetail, RunSummary } from '../../shared/domain.ts'
import type { PictureId } from '../../shared/gallery.ts'
import type { RunSpec } from '../../shared/run-spec.ts'
import { useProgress, useQuery, useStudio } from '../api/hooks.ts'
import type { Pool } from '../api/selection.ts'
import { Button } from '../components/button.tsx'
import { FaultPanel } from '../components/fault-panel.tsx'
import { isTyping } from '../components/typing.ts'
import { ComposePanel } from '../features/compose/compose-panel.tsx'
import { useDraft } from '../features/compose/use-draft.ts'
import { CompareStage } from '../features/compare/compare-stage.tsx'
import { RunView } from '../features/gallery/run-view.tsx'
import { HistoryStrip } from '../features/history/history-strip.tsx'
import { RunStatusLine } from '../features/monitor/run-status-line.tsx'
import { TreeStage } from '../features/tree/tree-stage.tsx'
import styles from './app.module.css'
import { Welcome } from './welcome.tsx'

export type CreateStage = 'run' | 'compare' | 'tree'

type CreateViewProps = {
  readonly runs: readonly RunSummary[] | null
  readonly shown: number | null
  readonly stage: CreateStage
  readonly onStage: (stage: CreateStage) => void
  readonly onOpen: (runId: number) => void
  /** Called when a run is on its way to the studio; what it gives is called with the run's number. */
  readonly onStarting: () => (runId: number) => void
  readonly onFigure: () => void
  /** Something lies over the view: its keys rest. */
  readonly covered: boolean
  readonly onComparePictures: (pictures: readonly PictureId[]) => void
  readonly onDuel: (pool: Pool) => void
  readonly onCourt: (pool: Pool) => void
  readonly onExport: (pool: Pool) => void
  /** Width over height of a run's images. */
  readonly aspectOf: (spec: Pick<RunSpec, 'pack' | 'size'>) => number
}

/** Compose on the left, the run in the middle, the filmstrip of runs under it. */
export function CreateView(props: CreateViewProps) {
  const { runs, shown, stage, onStage, onOpen, onStarting, onFigure, aspectOf } = props
  const { refresh } = useStudio()
  const draft = useDraft()
  const view = useRef<HTMLDivElement>(null)
  const query = useQuery('run', shown === null ? null : { runId: shown })
  const run = useLastRun(query.kind === 'ready' ? query.value : null)
  const progress = useProgress(run?.id ?? null)

  const isEmpty = runs?.length === 0 && shown === null
  const isOpening = run === null && !isEmpty && query.kind !== 'failed' && runs !== null
  const back = () => onStage('run')
  const main = useRef<HTMLElement>(null)
  /** While text is typed the window's keys rest: Escape goes on from a field to the run, or to what lies over it. */
  const onFormKey = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || event.defaultPrevented || event.nativeEvent.isComposing) return
    // A list that is open closes first; the browser does that.
    if (!isTyping(event.target) || event.target instanceof HTMLSelectElement) return
    if (document.querySelector(':popover-open') !== null) return
    const stage = main.current?.querySelector<HTMLElement>('[data-stage]')
    ;(stage ?? main.current)?.focus({ preventScroll: true })
  }
  return (
    <div ref={view} className={styles.create}>
      <aside className={styles.side} aria-label="Compose" onKeyDown={onFormKey}>
        <ComposePanel dropPlace={view} handle={draft} onStarting={onStarting} />
      </aside>
      <main ref={main} className={styles.main} aria-label="Run" tabIndex={-1}>
        <div
          className={styles.scroll}
          aria-busy={run !== null && run.id !== shown}
          inert={stage === 'compare' && run !== null}
        >
          {query.kind === 'failed' && (
            <div className={styles.fault}>
              <FaultPanel title="This run cannot be shown" error={query.error}>
                <Button onClick={refresh}>Try again</Button>
              </FaultPanel>
            </div>
          )}
          {run !== null && query.kind !== 'failed' && (
            <RunView
              key={run.id}
              run={run}
              progress={progress}
              aspect={aspectOf(run.spec)}
              covered={props.covered || stage === 'compare'}
              leaving={run.id !== shown}
              tree={stage === 'tree' ? (parts) => <TreeStage {...parts} onClose={back} /> : null}
              onTree={() => onStage('tree')}
              onComparePictures={props.onComparePictures}
              onDuel={props.onDuel}
              onCourt={props.onCourt}
              onExport={props.onExport}
              status={<RunStatusLine run={run} progress={progress} />}
              onCompare={() => onStage('compare')}
              onReuse={() => {
                draft.load(run.spec)
                focusPrompt()
              }}
            />
          )}
          {isEmpty && <Welcome />}
          {isOpening && <p className={styles.opening}>Opening the library…</p>}
        </div>
        {stage === 'compare' && run !== null && (
          <CompareStage key={run.id} run={run} aspect={aspectOf(run.spec)} onClose={back} />
        )}
      </main>
      <HistoryStrip selected={shown} onSelect={onOpen} onSelectAll={onFigure} />
    </div>
  )
}

/** The run that is loaded, or the one before it until then, so that switching runs shows no empty moment. */
function useLastRun(loaded: RunDetail | null): RunDetail | null {
  const [last, keep] = useState<RunDetail | null>(null)
  if (loaded !== null && loaded !== last) keep(loaded)
  return loaded ?? last
}

export function focusPrompt(): void {
  document.getElementById('compose-prompt')?.focus()
}
