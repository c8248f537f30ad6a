import { useMemo, useState } from 'react'
import type { ClipboardEvent, DragEvent, KeyboardEvent, ReactNode } from 'react'

import { formatCount, formatCountOf } from '../../../shared/format.ts'
import { toErrorData } from '../../../shared/errors.ts'
import { maxPictures } from '../../../shared/gallery.ts'
import type { PictureId, WallFacets, WallFilter, WallOrder } from '../../../shared/gallery.ts'
import { createBoardDeeds } from '../../api/board-deeds.ts'
import { useMarks, useQuery, useSelection, useStudio, useUndo, valueOf } from '../../api/hooks.ts'
import type { MarkChange } from '../../api/marks.ts'
import { createOutsideDeeds, isOutside } from '../../api/outside-deeds.ts'
import type { Pool } from '../../api/selection.ts'
import { BoardChooser } from '../../components/board-chooser.tsx'
import { Button } from '../../components/button.tsx'
import { Select, Switch } from '../../components/controls.tsx'
import { FaultPanel } from '../../components/fault-panel.tsx'
import { Icon } from '../../components/icon.tsx'
import { MarkBar } from '../../components/mark-bar.tsx'
import { markOfKey } from '../../components/mark-keys.ts'
import { isTyping } from '../../components/typing.ts'
import { addFiles } from '../../logic/incoming.ts'
import type { Incoming } from '../../logic/incoming.ts'
import { BoardList } from './board-list.tsx'
import { FilterPanel } from './filter-panel.tsx'
import { chipsOf, orderId, orderOf, orderOptions, without } from './filters.ts'
import { leastTile, mostTile, useWallSettings } from './settings.ts'
import { useFollowing, usePicture, useWall } from './use-wall.ts'
import { isOwnDrag } from './own-drag.ts'
import { gridId, WallGrid } from './wall-grid.tsx'
import { WallLoupe } from './wall-loupe.tsx'
import styles from './wall-view.module.css'

type WallViewProps = {
  readonly onOpenRun: (runId: number) => void
  readonly onCompare: (pictures: readonly PictureId[]) => void
  readonly onDuel: (pool: Pool) => void
  readonly onCourt: (pool: Pool) => void
  readonly onExport: (pool: Pool) => void
}

/** The wall of everything: filtered, sorted, marked, put on boards, and looked at closely. */
export function WallView({ onOpenRun, onCompare, onDuel, onCourt, onExport }: WallViewProps) {
  const { bridge, refresh } = useStudio()
  const marks = useMarks()
  const [, undo] = useUndo()
  const [{ selected, active }, selection] = useSelection()
  const [settings, change] = useWallSettings()
  const { filter, order } = settings
  const { shown, query } = useWall({ filter, order })
  useFollowing(shown)
  const facets = valueOf(useQuery('facets'))
  const boards = valueOf(useQuery('boards')) ?? []
  const deeds = useMemo(() => createBoardDeeds(bridge, undo), [bridge, undo])
  const outside = useMemo(() => createOutsideDeeds(bridge, undo), [bridge, undo])
  const [isLoupe, setLoupe] = useState(false)
  const [isChoosing, setChoosing] = useState(false)
  const [incoming, setIncoming] = useState<Incoming | null>(null)
  const [isOver, setOver] = useState(false)
  const front = usePicture(active)

  const ids = shown?.ids ?? []
  const inFront = active !== null && ids.includes(active) ? active : null
  const loupe = isLoupe && inFront !== null
  /** In the loupe a person sees one picture, and marks that one. */
  const chosen: readonly PictureId[] = loupe ? [inFront] : [...selected]
  const chosenText = formatCountOf(chosen.length, 'picture')

  const mark = (what: MarkChange, capsLock: boolean) => {
    void marks.set(chosen, what)
    if ((!settings.advance && !capsLock) || chosen.length !== 1 || inFront === null) return
    const next = ids[ids.indexOf(inFront) + 1]
    if (next !== undefined) selection.choose(next)
  }
  /** Of the picture in front, whose details may still be on their way. */
  const openRun = async () => {
    if (active === null) return
    try {
      const picture = front ?? (await bridge.pictures({ pictures: [active] }))[0]
      if (picture === undefined || selection.snapshot().active !== active) return
      if (picture.origin.kind === 'candidate') onOpenRun(picture.origin.runId)
      else undo.say(`${picture.origin.name} comes from outside: no run has made it.`)
    } catch (thrown) {
      undo.say(toErrorData(thrown).message, true)
    }
  }
  const compare = () => {
    if (selected.size >= 2 && selected.size <= 4) onCompare(inOrder(ids, selected))
    else undo.say(`Select 2 to 4 pictures to compare them. ${formatCount(selected.size)} are selected.`)
  }
  /** Opens something with the selection, or, where that is too little, with the whole wall. */
  const withPool = (use: (pool: Pool) => void, least: number) => () => {
    const pool: Pool =
      selected.size >= least
        ? { name: `${formatCountOf(selected.size, 'picture')} of the wall`, pictures: inOrder(ids, selected) }
        : { name: `The wall: ${formatCountOf(ids.length, 'picture')}`, pictures: ids }
    if (pool.pictures.length > maxPictures) {
      undo.say(
        `Expected at most ${formatCount(maxPictures)} pictures, found ${formatCount(pool.pictures.length)}. Select fewer, or narrow the wall.`,
      )
    } else use(pool)
  }
  const duel = withPool(onDuel, 2)
  const court = withPool(onCourt, 2)
  const exportThem = withPool(onExport, 1)
  const choose = () => {
    if (chosen.length > 0) setChoosing(true)
    else undo.say('Select the pictures that are to go on a board first.')
  }
  const remove = () => {
    if (chosen.length > 0) void outside.remove(chosen)
    else undo.say('Select the images that are to leave the library first.')
  }
  const zoomTiles = (factor: number) =>
    change({ tile: Math.round(Math.min(mostTile, Math.max(leastTile, settings.tile * factor))) })

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.defaultPrevented || isTyping(event.target)) return
    const what = markOfKey(event)
    const act = what === null ? actionOf(event) : () => mark(what, event.getModifierState('CapsLock'))
    if (act === null) return
    event.preventDefault()
    act()
  }
  const actionOf = ({ key, shiftKey, ctrlKey, metaKey, altKey }: KeyboardEvent): (() => void) | null => {
    if (ctrlKey || metaKey || altKey) return null
    if (key === '+' || key === '=') return () => zoomTiles(1.2)
    if (key === '-') return () => zoomTiles(1 / 1.2)
    if (shiftKey) return null
    const actions: Readonly<Record<string, () => void>> = {
      ...{ b: choose, c: compare, d: duel, v: court, e: exportThem, delete: remove, backspace: remove },
    }
    return actions[key.toLowerCase()] ?? null
  }

  const bring = async (files: readonly File[]): Promise<void> => {
    if (files.length === 0 || incoming?.done !== incoming?.total) return
    await outside.bring(async () => {
      const brought = await addFiles(bridge, files, setIncoming)
      if (brought.faults.length === 0) setIncoming(null)
      return brought
    })
  }
  const holdsFiles = (event: DragEvent) => event.dataTransfer.types.includes('Files') && !isOwnDrag(event)
  const setFilter = (next: WallFilter) => change({ filter: next })
  const clear = () => {
    setFilter({})
    focusWall()
  }
  const closeChooser = () => {
    setChoosing(false)
    focusWall()
  }
  const board = boards.find(({ id }) => id === filter.board)
  const chooser = isChoosing && chosen.length > 0 && (
    <div className={styles.chooser}>
      <BoardChooser
        boards={boards}
        what={chosenText}
        onChoose={(one) => {
          closeChooser()
          void deeds.add(one, chosen)
        }}
        onCreate={(name) => {
          closeChooser()
          void deeds.create(name, chosen)
        }}
        onClose={closeChooser}
        onLeft={() => setChoosing(false)}
      />
    </div>
  )

  return (
    <div
      className={styles.view}
      onKeyDown={onKeyDown}
      onPaste={(event: ClipboardEvent) => {
        if (isTyping(event.target) || event.clipboardData.files.length === 0) return
        event.preventDefault()
        void bring([...event.clipboardData.files])
      }}
      onDragOver={(event) => {
        if (!holdsFiles(event)) return
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false)
      }}
      onDrop={(event) => {
        setOver(false)
        if (!holdsFiles(event)) return
        event.preventDefault()
        void bring([...event.dataTransfer.files])
      }}
    >
      <aside className={styles.side} aria-label="Filters" inert={loupe}>
        <BoardList
          boards={boards}
          shown={filter.board}
          deeds={deeds}
          onShow={(id) => setFilter(id === undefined ? without(filter, 'board') : { ...filter, board: id })}
          onDrop={(one) => void deeds.add(one, [...selected])}
        />
        <FilterPanel filter={filter} facets={facets} onFilter={setFilter} />
      </aside>
      <main className={styles.main} aria-label="Wall" inert={loupe}>
        <header className={styles.head}>
          <div className={styles.bar}>
            <Sorting order={order} facets={facets} onOrder={(next) => change({ order: next })} />
            <input
              type="range"
              className={styles.size}
              aria-label="Size of the pictures (+, -)"
              title="Size of the pictures (+, -)"
              min={leastTile}
              max={mostTile}
              value={settings.tile}
              onChange={(event) => change({ tile: Number(event.target.value) })}
            />
            <Switch
              on={settings.advance}
              onToggle={(advance) => change({ advance })}
              label="Next after a mark"
            />
            <span className={styles.gap} />
            <Action name="Compare" hotKey="C" onAct={compare} off={selected.size < 2 || selected.size > 4} />
            <Action name="Duel" hotKey="D" onAct={duel} off={ids.length < 2} />
            <Action name="Court" hotKey="V" onAct={court} off={ids.length === 0} />
            <Action name="Export" hotKey="E" onAct={exportThem} off={ids.length === 0} />
            <Action name="Board" hotKey="B" onAct={choose} off={chosen.length === 0} />
            {chosen.some(isOutside) && (
              <Action
                name="Remove"
                hotKey="Delete"
                about="Remove what came from outside from the library (Delete)"
                onAct={() => {
                  remove()
                  focusWall()
                }}
                off={false}
              />
            )}
            {board !== undefined && (
              <Action
                name="Take off"
                about={`Take the selected pictures off ${board.name}`}
                onAct={() => {
                  if (chosen.length > 0) void deeds.take(board, chosen)
                  focusWall()
                }}
                off={chosen.length === 0}
              />
            )}
          </div>
          <div className={styles.line}>
            <p role="status" className={styles.count}>
              {shown !== null && countLine(ids.length, facets, filter)}
              {selected.size > 0 && `, ${formatCount(selected.size)} selected`}
            </p>
            <ul className={styles.chips} aria-label="Filters that are on">
              {chipsOf(filter, boards).map((chip) => (
                <li key={chip.key}>
                  <button
                    type="button"
                    className={styles.chip}
                    aria-label={`${chip.label}: take this filter off`}
                    onClick={() => {
                      setFilter(chip.without)
                      focusWall()
                    }}
                  >
                    <bdi>{chip.label}</bdi>
                    <Icon name="close" />
                  </button>
                </li>
              ))}
            </ul>
            {Object.keys(filter).length > 0 && (
              <Button look="plain" onClick={clear}>
                Clear filters
              </Button>
            )}
            <div className={styles.marks}>
              {inFront !== null && front !== null && (
                <MarkBar {...marks.of(front)} name={chosenText} onMark={(what) => mark(what, false)} />
              )}
            </div>
          </div>
          {incoming !== null && <IncomingLine incoming={incoming} onClose={() => setIncoming(null)} />}
        </header>
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
            order={order}
            tile={settings.tile}
            busy={query.kind === 'loading'}
            onLoupe={() => setLoupe(true)}
            onOpen={() => void openRun()}
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
          onOpen={() => void openRun()}
          onOpenRun={onOpenRun}
          onNarrow={(run) => {
            setLoupe(false)
            setFilter({ run })
          }}
          onTakeOff={(one) => void deeds.take(one, [inFront])}
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

/** The selected pictures as the wall has them. */
function inOrder(ids: readonly PictureId[], selected: ReadonlySet<PictureId>): readonly PictureId[] {
  return ids.filter((id) => selected.has(id))
}

/** How many are shown of how many; drafts are no images, and not counted among them. */
function countLine(count: number, facets: WallFacets | null, { unfinished }: WallFilter): string {
  if (facets === null || unfinished === true) return formatCountOf(count, 'picture')
  return count === facets.total
    ? formatCountOf(count, 'picture')
    : `${formatCount(count)} of ${formatCountOf(facets.total, 'picture')}`
}

type SortingProps = {
  readonly order: WallOrder
  readonly facets: WallFacets | null
  readonly onOrder: (order: WallOrder) => void
}

function Sorting({ order, facets, onOrder }: SortingProps) {
  const id = orderId(order)
  const options = orderOptions(facets?.verifiers ?? ('verifier' in order ? [order.verifier] : []))
  return (
    <div className={styles.sorting}>
      <Select
        aria-label="Sort by"
        value={id}
        options={options}
        onPick={(picked) => onOrder(orderOf(picked, order.descending))}
      />
      <Button
        look="plain"
        icon={order.descending ? 'down' : 'up'}
        aria-label={order.descending ? 'Largest and newest first' : 'Smallest and oldest first'}
        onClick={() => onOrder({ ...order, descending: !order.descending })}
      />
    </div>
  )
}

type ActionProps = {
  readonly name: string
  readonly hotKey?: string
  /** Where the name does not say enough. */
  readonly about?: string
  readonly off: boolean
  readonly onAct: () => void
}

/** A button that keeps the focus when there is nothing for it to do, and then says why. */
function Action({ name, hotKey, about, off, onAct }: ActionProps) {
  return (
    <Button
      look="plain"
      title={about ?? (hotKey === undefined ? name : `${name} (${hotKey})`)}
      aria-keyshortcuts={hotKey}
      aria-disabled={off}
      onClick={onAct}
    >
      {name}
    </Button>
  )
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

function IncomingLine({
  incoming: { total, done, faults },
  onClose,
}: {
  readonly incoming: Incoming
  readonly onClose: () => void
}): ReactNode {
  return (
    <div className={styles.incoming} role="status">
      <p>
        {done < total
          ? `Adding ${formatCount(done + 1)} of ${formatCountOf(total, 'picture')}…`
          : `${formatCountOf(faults.length, 'picture')} could not be added.`}
      </p>
      {faults.length > 0 && (
        <ul className={styles.faults}>
          {faults.map(({ name, message }, index) => (
            <li key={index}>
              <bdi>{name}</bdi>: {message}
            </li>
          ))}
        </ul>
      )}
      {done === total && (
        <Button
          look="plain"
          icon="close"
          aria-label="Close this list"
          onClick={() => {
            onClose()
            focusWall()
          }}
        />
      )}
    </div>
  )
}
