import { useEffect, useState } from 'react'

import type { RunDetail } from '../../shared/domain.ts'
import type { RunSpec } from '../../shared/run-spec.ts'
import { useProgress, useQuery, useStudio, valueOf } from '../api/hooks.ts'
import { Button } from '../components/button.tsx'
import { FaultPanel } from '../components/fault-panel.tsx'
import { Mark } from '../components/icon.tsx'
import { ComposePanel } from '../features/compose/compose-panel.tsx'
import { useDraft } from '../features/compose/use-draft.ts'
import { CompareStage } from '../features/compare/compare-stage.tsx'
import { RunsView } from '../features/gallery/runs-view.tsx'
import { RunView } from '../features/gallery/run-view.tsx'
import { ModelsStage } from '../features/models/models-stage.tsx'
import { HistoryStrip } from '../features/history/history-strip.tsx'
import { RunStatusLine } from '../features/monitor/run-status-line.tsx'
import styles from './app.module.css'
import { ConnectionBanner } from './connection-banner.tsx'
import { ShortcutsPanel, toggleShortcutsPanel } from './shortcuts-panel.tsx'
import { StatusBar } from './status-bar.tsx'
import { useLiveTitle } from './use-live-title.ts'
import { useShortcuts } from './use-shortcuts.ts'
import { useShownRun } from './use-shown-run.ts'
import { Welcome } from './welcome.tsx'

/** The studio's window: compose on the left, the gallery in the middle, the runs under it. */
export function App() {
  const { refresh } = useStudio()
  const runsQuery = useQuery('runs')
  const runs = valueOf(runsQuery) ?? []
  const [shown, show] = useShownRun(runs[0]?.id ?? null)
  const [stage, setStage] = useState<'run' | 'compare' | 'all' | 'models'>('run')
  const draft = useDraft()
  const query = useQuery('run', shown === null ? null : { runId: shown })
  const run = useLastRun(query.kind === 'ready' ? query.value : null)
  const progress = useProgress(run?.id ?? null)
  const packs = valueOf(useQuery('packs'))
  const aspectOf = ({ pack: id, size }: Pick<RunSpec, 'pack' | 'size'>) => {
    if (size !== null) return size.width / size.height
    const pack = packs?.find((each) => each.id === id)
    return pack !== undefined && 'width' in pack ? pack.width / pack.height : 1
  }

  const open = (runId: number) => {
    show(runId)
    setStage('run')
  }
  const neighbour = (by: 1 | -1) => () => {
    const next = runs[runs.findIndex(({ id }) => id === shown) + by]
    if (next !== undefined) open(next.id)
  }
  const newest = runs[0]?.spec
  const { recall } = draft
  useEffect(() => {
    if (newest !== undefined) recall(newest)
  }, [newest, recall])
  useLiveTitle()
  useShortcuts({
    c: () => setStage((now) => (now === 'run' && run !== null ? 'compare' : now === 'compare' ? 'run' : now)),
    g: () => setStage((now) => (now === 'all' || runs.length === 0 ? 'run' : 'all')),
    l: () => setStage((now) => (now === 'models' ? 'run' : 'models')),
    '/': focusPrompt,
    '?': toggleShortcutsPanel,
    '[': neighbour(-1),
    ']': neighbour(1),
  })

  const isEmpty = runsQuery.kind === 'ready' && runs.length === 0 && shown === null
  const isOpening = run === null && !isEmpty && query.kind !== 'failed' && runsQuery.kind !== 'failed'
  return (
    <div className={styles.app}>
      <aside className={styles.side}>
        <div className={styles.head}>
          <h1 className={styles.brand}>
            <Mark />
            Goldpan
          </h1>
          <Button
            look="plain"
            aria-pressed={stage === 'models'}
            onClick={() => setStage((now) => (now === 'models' ? 'run' : 'models'))}
          >
            Models
          </Button>
        </div>
        <ComposePanel handle={draft} onStarted={open} />
      </aside>
      <main className={styles.main} aria-label="Gallery">
        <div className={styles.scroll} aria-busy={run !== null && run.id !== shown}>
          {stage === 'all' && <RunsView runs={runs} aspectOf={aspectOf} onShow={open} />}
          {stage !== 'all' && query.kind === 'failed' && (
            <div className={styles.fault}>
              <FaultPanel title="This run cannot be shown" error={query.error}>
                <Button onClick={refresh}>Try again</Button>
              </FaultPanel>
            </div>
          )}
          {stage !== 'all' && run !== null && query.kind !== 'failed' && (
            <RunView
              key={run.id}
              run={run}
              progress={progress}
              aspect={aspectOf(run.spec)}
              covered={stage === 'compare' || stage === 'models'}
              status={<RunStatusLine run={run} progress={progress} />}
              onCompare={() => setStage('compare')}
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
          <CompareStage key={run.id} run={run} aspect={aspectOf(run.spec)} onClose={() => setStage('run')} />
        )}
        {stage === 'models' && <ModelsStage onClose={() => setStage('run')} />}
        <ConnectionBanner />
      </main>
      <HistoryStrip
        selected={stage === 'all' ? 'all' : shown}
        onSelect={open}
        onSelectAll={() => setStage('all')}
      />
      <StatusBar runs={runs} onShow={open} />
      <ShortcutsPanel />
    </div>
  )
}

/** The run that is loaded, or the one before it until then, so that switching runs shows no empty moment. */
function useLastRun(loaded: RunDetail | null): RunDetail | null {
  const [last, keep] = useState<RunDetail | null>(null)
  if (loaded !== null && loaded !== last) keep(loaded)
  return loaded ?? last
}

function focusPrompt(): void {
  document.getElementById('compose-prompt')?.focus()
}
