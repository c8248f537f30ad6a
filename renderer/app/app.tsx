import { useState } from 'react'

import type { RunDetail } from '../../shared/domain.ts'
import { useProgress, useQuery, useStudio, valueOf } from '../api/hooks.ts'
import { Button } from '../components/button.tsx'
import { FaultPanel } from '../components/fault-panel.tsx'
import { Mark } from '../components/icon.tsx'
import { ComposePanel } from '../features/compose/compose-panel.tsx'
import { useDraft } from '../features/compose/use-draft.ts'
import { CompareStage } from '../features/compare/compare-stage.tsx'
import { RunView } from '../features/gallery/run-view.tsx'
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
  const [comparing, setComparing] = useState(false)
  const draft = useDraft()
  const query = useQuery('run', shown === null ? null : { runId: shown })
  const run = useLastRun(query.kind === 'ready' ? query.value : null)
  const progress = useProgress(run?.id ?? null)
  const packs = valueOf(useQuery('packs'))
  const pack = packs?.find((each) => each.id === run?.spec.pack)
  const aspect = pack?.kind === 'text_to_image' ? pack.width / pack.height : 1

  const open = (runId: number) => {
    show(runId)
    setComparing(false)
  }
  const neighbour = (by: 1 | -1) => () => {
    const next = runs[runs.findIndex(({ id }) => id === shown) + by]
    if (next !== undefined) open(next.id)
  }
  useLiveTitle(runs)
  useShortcuts({
    c: () => setComparing((now) => !now && run !== null),
    '/': focusPrompt,
    '?': toggleShortcutsPanel,
    '[': neighbour(-1),
    ']': neighbour(1),
  })

  const isEmpty = runsQuery.kind === 'ready' && runs.length === 0 && shown === null
  return (
    <div className={styles.app}>
      <aside className={styles.side}>
        <h1 className={styles.brand}>
          <Mark />
          Goldpan
        </h1>
        <ComposePanel handle={draft} onStarted={open} />
      </aside>
      <main className={styles.main} aria-label="Gallery">
        <div className={styles.scroll} aria-busy={run !== null && run.id !== shown}>
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
              aspect={aspect}
              covered={comparing}
              status={<RunStatusLine run={run} progress={progress} />}
              onCompare={() => setComparing(true)}
              onReuse={() => {
                draft.load(run.spec)
                focusPrompt()
              }}
            />
          )}
          {isEmpty && <Welcome />}
        </div>
        {comparing && run !== null && (
          <CompareStage key={run.id} run={run} aspect={aspect} onClose={() => setComparing(false)} />
        )}
        <ConnectionBanner />
      </main>
      <HistoryStrip selected={shown} onSelect={open} />
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
