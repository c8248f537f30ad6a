import { Activity, useState } from 'react'
import type { ReactNode } from 'react'

import { toErrorData } from '../../shared/errors.ts'
import type { PictureId } from '../../shared/gallery.ts'
import type { RunSpec } from '../../shared/run-spec.ts'
import { useQuery, useSelection, useStudio, useUndo, valueOf } from '../api/hooks.ts'
import type { Pool } from '../api/selection.ts'
import { SurveyStage } from '../features/compare/survey-stage.tsx'
import { CourtView } from '../features/court/court-view.tsx'
import type { CourtTab } from '../features/court/court-view.tsx'
import { DuelView } from '../features/duel/duel-view.tsx'
import { ExportStage } from '../features/export/export-stage.tsx'
import { RunsView } from '../features/gallery/runs-view.tsx'
import { ModelsStage } from '../features/models/models-stage.tsx'
import { SettingsView } from '../features/settings/settings-view.tsx'
import { WallView } from '../features/wall/wall-view.tsx'
import styles from './app.module.css'
import { ConnectionBanner } from './connection-banner.tsx'
import { CreateView, focusPrompt } from './create-view.tsx'
import type { CreateStage } from './create-view.tsx'
import { ShortcutsPanel, toggleShortcutsPanel } from './shortcuts-panel.tsx'
import { StatusBar } from './status-bar.tsx'
import { TopBar } from './top-bar.tsx'
import { useCommands } from './use-commands.ts'
import { useEndNotices } from './use-end-notices.ts'
import { useLiveTitle } from './use-live-title.ts'
import { usePlace } from './use-place.ts'
import { useTheme } from './use-theme.ts'
import { useUnlessGone } from './use-unless-gone.ts'
import { useViewFocus } from './use-view-focus.ts'
import type { ViewId } from './use-place.ts'

/** What lies over a view until Escape: pictures side by side, or the way out of the studio. */
type Overlay =
  | { readonly kind: 'survey'; readonly pictures: readonly PictureId[] }
  | { readonly kind: 'export'; readonly pool: Pool }

/** The studio's window: the views, what lies over them, and the keys that work everywhere. */
export function App() {
  const { bridge, liveRuns } = useStudio()
  const [, undo] = useUndo()
  const [{ selected }, selection] = useSelection()
  const [place, go] = usePlace()
  const { view, run: chosen } = place
  const [before, setBefore] = useState<ViewId>('create')
  const [stage, setStage] = useState<CreateStage>('run')
  const [overlay, setOverlay] = useState<Overlay | null>(null)
  const [pool, setPool] = useState<Pool | null>(null)
  const [courtTab, setCourtTab] = useState<CourtTab>('rows')
  const unlessGone = useUnlessGone(place, stage, overlay)

  const runs = valueOf(useQuery('runs'))
  const shown = chosen ?? runs?.[0]?.id ?? null
  const packs = valueOf(useQuery('packs'))
  const aspectOf = ({ pack: id, size }: Pick<RunSpec, 'pack' | 'size'>) => {
    if (size !== null) return size.width / size.height
    const pack = packs?.find((each) => each.id === id)
    return pack !== undefined && 'width' in pack ? pack.width / pack.height : 1
  }

  const open = (next: ViewId) => {
    if (next !== view && view !== 'models' && view !== 'settings') setBefore(view)
    setOverlay(null)
    go({ view: next })
  }
  const back = () => open(before)
  const openRun = (runId: number) => {
    // What is selected is of another run, or of the gallery.
    if (runId !== shown) selection.clear()
    setOverlay(null)
    setStage('run')
    go({ view: 'create', run: runId })
  }
  /** Who watches a run at work goes on watching it: another one waits in the queue. */
  const onStarting = () => {
    if (shown === null || !liveRuns.snapshot().has(shown)) return unlessGone(openRun)
    go({ run: shown })
    return (runId: number) => undo.say(`Queued run ${runId}`)
  }
  const neighbour = (by: 1 | -1) => () => {
    const next = runs?.[runs.findIndex(({ id }) => id === shown) + by]
    if (next !== undefined) openRun(next.id)
  }
  const stageOf = (wanted: CreateStage) => () => {
    // Of a run that is still on its way, too: it opens with it.
    if (shown === null) return
    setStage((now) => (view === 'create' && now === wanted ? 'run' : wanted))
    open('create')
  }
  const compare = (pictures: readonly PictureId[]) => setOverlay({ kind: 'survey', pictures })
  const withPool = (next: ViewId) => (chosenPool: Pool) => {
    setPool(chosenPool)
    open(next)
  }
  const exportPool = (chosenPool: Pool) => setOverlay({ kind: 'export', pool: chosenPool })

  /** What the keys of pools act on: what is selected, or else the run at hand. */
  const poolAtHand = async (): Promise<Pool | null> => {
    if (selected.size > 1) return { name: 'Selection', pictures: [...selected] }
    // Of a run that is still on its way, too.
    if (view !== 'create' || shown === null) return null
    const pictures = await bridge.picturesOfRun({ runId: shown })
    const finished = pictures.filter(({ origin }) => origin.kind === 'outside' || origin.level === 0)
    return { name: `Run ${shown}`, pictures: finished.map(({ id }) => id) }
  }
  const withPoolAtHand = (use: (found: Pool) => void, otherwise: () => void) => () => {
    poolAtHand().then(
      unlessGone((found) => (found === null ? otherwise() : use(found))),
      (thrown: unknown) => undo.say(toErrorData(thrown).message, true),
    )
  }

  useLiveTitle()
  useTheme()
  useViewFocus(view)
  useEndNotices(openRun)
  useCommands(
    {
      new_run() {
        open('create')
        // The form is there with the next frame where another view was shown.
        requestAnimationFrame(focusPrompt)
      },
      create: () => open('create'),
      gallery: () => open('gallery'),
      figure: () => open('figure'),
      models: () => (view === 'models' ? back() : open('models')),
      settings: () => (view === 'settings' ? back() : open('settings')),
      duel: withPoolAtHand(withPool('duel'), () => open('duel')),
      court: withPoolAtHand(withPool('court'), () => open('court')),
      export: withPoolAtHand(exportPool, () => undo.say('Select the pictures to export first.')),
      tree: stageOf('tree'),
      compare() {
        if (selected.size >= 2 && selected.size <= 4) compare([...selected])
        else if (selected.size > 4) undo.say('Select 2 to 4 pictures to compare them.')
        else if (view === 'create') stageOf('compare')()
        else undo.say('Select 2 to 4 pictures to compare them.')
      },
      undo: () => void undo.undo(),
      redo: () => void undo.redo(),
      newer_run: neighbour(-1),
      earlier_run: neighbour(1),
      keys: toggleShortcutsPanel,
    },
    openRun,
  )

  return (
    <div className={styles.app}>
      <TopBar view={view} onView={open} />
      <div className={styles.views}>
        <div className={styles.under} inert={overlay !== null}>
          <Kept shown={view === 'create'}>
            <CreateView
              runs={runs}
              shown={shown}
              stage={stage}
              onStage={setStage}
              onOpen={openRun}
              onStarting={onStarting}
              onFigure={() => open('figure')}
              covered={overlay !== null}
              onComparePictures={compare}
              onDuel={withPool('duel')}
              onCourt={withPool('court')}
              onExport={exportPool}
              aspectOf={aspectOf}
            />
          </Kept>
          <Kept shown={view === 'gallery'}>
            <WallView
              onOpenRun={openRun}
              onCompare={compare}
              onDuel={withPool('duel')}
              onCourt={withPool('court')}
              onExport={exportPool}
            />
          </Kept>
          <Kept shown={view === 'figure'}>
            <main className={styles.scroll} aria-label="Figure" tabIndex={-1}>
              <RunsView runs={runs} aspectOf={aspectOf} onShow={openRun} />
            </main>
          </Kept>
          <Kept shown={view === 'duel'}>
            <DuelView
              pool={pool}
              onChoosePool={setPool}
              onCompare={compare}
              onOpenRun={openRun}
              onTrain={(voted) => {
                setCourtTab('you')
                withPool('court')(voted)
              }}
            />
          </Kept>
          <Kept shown={view === 'court'}>
            <CourtView
              pool={pool}
              tab={courtTab}
              onTab={setCourtTab}
              onCompare={compare}
              onOpenRun={openRun}
              onDuel={withPool('duel')}
            />
          </Kept>
          {view === 'models' && <ModelsStage onClose={back} />}
          {view === 'settings' && <SettingsView onClose={back} onKeys={toggleShortcutsPanel} />}
        </div>
        {overlay?.kind === 'survey' && (
          <SurveyStage pictures={overlay.pictures} onClose={() => setOverlay(null)} />
        )}
        {overlay?.kind === 'export' && <ExportStage pool={overlay.pool} onClose={() => setOverlay(null)} />}
        <ConnectionBanner />
      </div>
      <StatusBar runs={runs ?? []} onShow={openRun} />
      <ShortcutsPanel />
    </div>
  )
}

/**
 * A view that is as it was left when a person comes back: its state is kept while another one is shown, its keys rest.
 * It is made when it is first shown.
 */
function Kept({ shown, children }: { readonly shown: boolean; readonly children: ReactNode }) {
  const [made, make] = useState(shown)
  if (shown && !made) make(true)
  return made ? <Activity mode={shown ? 'visible' : 'hidden'}>{children}</Activity> : null
}
