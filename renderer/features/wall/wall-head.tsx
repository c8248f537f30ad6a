import type { ReactNode } from 'react'

import { formatCount, formatCountOf } from '../../../shared/format.ts'
import type { Board, Picture, PictureId, WallFacets, WallFilter, WallOrder } from '../../../shared/gallery.ts'
import { useMarks, useSelection } from '../../api/hooks.ts'
import { isOutside } from '../../api/outside-deeds.ts'
import { Button } from '../../components/button.tsx'
import { Select, Switch } from '../../components/controls.tsx'
import { Icon } from '../../components/icon.tsx'
import { MarkBar } from '../../components/mark-bar.tsx'
import { chipsOf, orderId, orderOf, orderOptions } from './filters.ts'
import { leastTile, mostTile } from './settings.ts'
import type { WallSettings } from './settings.ts'
import type { WallDeeds } from './use-wall-deeds.ts'
import styles from './wall-head.module.css'

type WallHeadProps = {
  /** What the wall shows; null until it is known. */
  readonly ids: readonly PictureId[] | null
  /** The picture in front, where it is shown and its details have come. */
  readonly front: Picture | null
  readonly chosen: readonly PictureId[]
  readonly settings: WallSettings
  readonly change: (some: Partial<WallSettings>) => void
  readonly facets: WallFacets | null
  readonly boards: readonly Board[]
  readonly deeds: WallDeeds
  /** Takes all filters off. */
  readonly onClear: () => void
  /** What was pressed may be gone: the wall takes the focus. */
  readonly onActed: () => void
  /** What has become of files on their way in. */
  readonly children: ReactNode
}

/** Above the wall: its order, the size of its tiles, what can be done with the selection, which filters are on. */
export function WallHead({
  ids,
  front,
  chosen,
  settings,
  change,
  facets,
  boards,
  deeds,
  onClear,
  onActed,
  children,
}: WallHeadProps) {
  const marks = useMarks()
  const [{ selected }] = useSelection()
  const { filter, order } = settings
  const count = ids?.length ?? 0
  const board = boards.find(({ id }) => id === filter.board)
  return (
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
        <Switch on={settings.advance} onToggle={(advance) => change({ advance })} label="Next after a mark" />
        <span className={styles.gap} />
        <Action
          name="Compare"
          hotKey="C"
          onAct={deeds.compare}
          off={selected.size < 2 || selected.size > 4}
        />
        <Action name="Duel" hotKey="D" onAct={deeds.duel} off={count < 2} />
        <Action name="Court" hotKey="V" onAct={deeds.court} off={count === 0} />
        <Action name="Export" hotKey="E" onAct={deeds.exportThem} off={count === 0} />
        <Action name="Board" hotKey="B" onAct={deeds.chooseBoard} off={chosen.length === 0} />
        {chosen.some(isOutside) && (
          <Action
            name="Remove"
            hotKey="Delete"
            about="Remove what came from outside from the library (Delete)"
            onAct={() => {
              deeds.remove()
              onActed()
            }}
            off={false}
          />
        )}
        {board !== undefined && (
          <Action
            name="Take off"
            about={`Take the selected pictures off ${board.name}`}
            onAct={() => {
              if (chosen.length > 0) void deeds.boards.take(board, chosen)
              onActed()
            }}
            off={chosen.length === 0}
          />
        )}
      </div>
      <div className={styles.line}>
        <p role="status" className={styles.count}>
          {ids !== null && countLine(ids.length, facets, filter)}
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
                  change({ filter: chip.without })
                  onActed()
                }}
              >
                <bdi>{chip.label}</bdi>
                <Icon name="close" />
              </button>
            </li>
          ))}
        </ul>
        {Object.keys(filter).length > 0 && (
          <Button look="plain" onClick={onClear}>
            Clear filters
          </Button>
        )}
        <div className={styles.marks}>
          {front !== null && (
            <MarkBar
              {...marks.of(front)}
              name={formatCountOf(chosen.length, 'picture')}
              onMark={(what) => deeds.mark(what, false)}
            />
          )}
        </div>
      </div>
      {children}
    </header>
  )
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
