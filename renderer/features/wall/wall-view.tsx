import { useState } from 'react'

import { formatCountOf } from '../../../shared/format.ts'
import type { PictureId, WallFilter } from '../../../shared/gallery.ts'
import { useQuery, useSelection, useStudio, valueOf } from '../../api/hooks.ts'
import { BoardChooser } from '../../components/board-chooser.tsx'
import { Button } from '../../components/button.tsx'
import { FaultPanel } from '../../components/fault-panel.tsx'
import { BoardList } from './board-list.tsx'
import { FilterPanel } from './filter-panel.tsx'
import { captionVerifier, without } from './filters.ts'
import { IncomingLine } from './incoming-line.tsx'
import { useWallSettings } from './settings.ts'
import { useIncoming } from './use-incoming.ts'
import { useWallDeeds } from './use-wall-deeds.ts'
import type { WallExits } from './use-wall-deeds.ts'
import { useFollowing, usePicture, useWall } from './use-wall.ts'
import { gridId, WallGrid } from './wall-grid.tsx'
import { WallHead } from './wall-head.tsx'
import { WallLoupe } from './wall-loupe.tsx'
import styles from './wall-view.module.css'

/** The wall of everything: filtered, sorted, marked, put on boards, and looked at closely. */
export function WallView(to: WallExits) {
  const { refresh } = useStudio()
  const [{ selected, active }, selection] = useSelection()
  const [settings, change] = useWallSettings()
  const { filter, order } = settings
  const { shown, query } = useWall({ filter, order })
  useFollowing(shown)
  const facets = valueOf(useQuery('facets'))
  const boards = valueOf(useQuery('boards')) ?? []
  const [isLoupe, setLoupe] = useState(false)
  const [isChoosing, setChoosing] = useState(false)
  const front = usePicture(active)

  const ids = shown?.ids ?? []
  const inFront = active !== null && ids.includes(active) ? active : null
  const loupe = isLoupe && inFront !== null
  /** In the loupe a person sees one picture, and marks that one. */
  const chosen: readonly PictureId[] = loupe ? [inFront] : [...selected]

  const deeds = useWallDeeds({
    ...{ ids, inFront, front, chosen, settings, change, onChooseBoard: () => setChoosing(true) },
    ...to,
  })
  const { incoming, isOver, dismiss, handlers } = useIncoming(deeds.outside)
  const setFilter = (next: WallFilter) => change({ filter: next })
  const clear = () => {
    setFilter({})
    focusWall()
  }
  const closeChooser = () => {
    setChoosing(false)
    focusWall()
  }
  const chooser = isChoosing && chosen.length > 0 && (
    <div className={styles.chooser}>
      <BoardChooser
        boards={boards}
        what={formatCountOf(chosen.length, 'picture')}
        onChoose={(one) => {
          closeChooser()
          void deeds.boards.add(one, chosen)
        }}
        onCreate={(name) => {
          closeChooser()
          void deeds.boards.create(name, chosen)
        }}
        onClose={closeChooser}
        onLeft={() => setChoosing(false)}
      />
    </div>
  )

  return (
    <div className={styles.view} onKeyDown={deeds.onKeyDown} {...handlers}>
      <aside className={styles.side} aria-label="Filters" inert={loupe}>
        <BoardList
          boards={boards}
          shown={filter.board}
          deeds={deeds.boards}
          onShow={(id) => setFilter(id === undefined ? without(filter, 'board') : { ...filter, board: id })}
          onDrop={(one) => void deeds.boards.add(one, [...selected])}
        />
        <FilterPanel filter={filter} facets={facets} onFilter={setFilter} />
      </aside>
      <main className={styles.main} aria-label="Wall" inert={loupe}>
        <WallHead
          ids={shown === null ? null : ids}
          front={inFront === null ? null : front}
          chosen={chosen}
          settings={settings}
          change={change}
          facets={facets}
          boards={boards}
          deeds={deeds}
          onClear={clear}
          onActed={focusWall}
        >
          {incoming !== null && (
            <IncomingLine
              incoming={incoming}
              onClose={() => {
                dismiss()
                focusWall()
              }}
            />
          )}
        </WallHead>
        {query.kind === 'failed' && (
          <div className={styles.state}>
            <FaultPanel title="The wall cannot be read" error={query.error}>
              <Button onClick={refresh}>Try again</Button>
              {Object.keys(filter).length > 0 && <Button onClick={clear}>Clear filters</Button>}
            </FaultPanel>
          </div>
        )}
        {shown === null && query.kind === 'loading' && <p className={styles.opening}>Reading the library…</p>}
        {shown?.ids.length === 0 && query.kind !== 'failed' && (
          <NothingHere isFiltered={Object.keys(filter).length > 0} onClear={clear} />
        )}
        {shown !== null && (
          <WallGrid
            shown={shown}
            verifier={captionVerifier({ filter, order })}
            tile={settings.tile}
            busy={query.kind === 'loading'}
            onLoupe={() => setLoupe(true)}
            onOpen={() => void deeds.openRun()}
          />
        )}
        {!loupe && chooser}
      </main>
      {loupe && (
        <WallLoupe
          ids={ids}
          active={inFront}
          boards={boards}
          facts={settings.facts}
          filmstrip={settings.filmstrip}
          onFacts={(facts) => change({ facts })}
          onFilmstrip={(filmstrip) => change({ filmstrip })}
          onChoose={(id) => selection.choose(id)}
          onOpen={() => void deeds.openRun()}
          onOpenRun={to.onOpenRun}
          onNarrow={(run) => {
            setLoupe(false)
            setFilter({ run })
          }}
          onTakeOff={(one) => void deeds.boards.take(one, [inFront])}
          onClose={() => setLoupe(false)}
        >
          {chooser}
        </WallLoupe>
      )}
      {isOver && (
        <div className={styles.over}>
          <p>Drop images to keep them beside yours, as images from outside.</p>
          <p>Dropped on the prompt instead, a picture gives its settings.</p>
        </div>
      )}
    </div>
  )
}

/** To the loupe where it is open, else to the wall. */
function focusWall(): void {
  const loupe = document.querySelector<HTMLElement>(`.${styles.view ?? ''} > section`)
  ;(loupe ?? document.getElementById(gridId))?.focus({ preventScroll: true })
}

function NothingHere({
  isFiltered,
  onClear,
}: {
  readonly isFiltered: boolean
  readonly onClear: () => void
}) {
  return (
    <div className={styles.nothing}>
      {isFiltered ? (
        <>
          <p className={styles.lead}>No picture is like that.</p>
          <Button onClick={onClear}>Clear filters</Button>
        </>
      ) : (
        <>
          <p className={styles.lead}>Every picture that you make comes here by itself.</p>
          <p>Images from elsewhere can be dropped or pasted, as PNG, JPEG or WebP.</p>
        </>
      )}
    </div>
  )
}
