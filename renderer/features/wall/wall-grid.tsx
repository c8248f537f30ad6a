import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual'
import type { Range } from '@tanstack/react-virtual'
import { useCallback, useLayoutEffect, useMemo, useRef, useState } from 'react'
import type { DragEvent, KeyboardEvent, MouseEvent } from 'react'

import { toErrorData } from '../../../shared/errors.ts'
import type { PictureId } from '../../../shared/gallery.ts'
import type { VerifierId } from '../../../shared/vocabulary.ts'
import { useMarks, usePictures, useSelection, useStudio } from '../../api/hooks.ts'
import { draggedType, dragOut } from './own-drag.ts'
import { heightOf, movedIndex, scrollAnchored, scrollToShow, shapeOf, topOf, wallGap } from './places.ts'
import type { Placed } from './places.ts'
import type { Shown } from './use-wall.ts'
import styles from './wall-grid.module.css'
import { tileId, WallTile } from './wall-tile.tsx'

/** The element id of the wall, to give it the focus. */
export const gridId = 'wall-grid'

type WallGridProps = {
  readonly shown: Shown
  /** Whose scores stand under the pictures; null for the guide of each one's run. */
  readonly verifier: VerifierId | null
  /** Wished width of a tile. */
  readonly tile: number
  readonly busy: boolean
  readonly onLoupe: () => void
  readonly onOpen: () => void
}

/**
 * Every picture of the wall, of which only those on the screen are drawn. The focus is the grid's own and the picture in
 * front its active descendant: so no scrolling and no new answer can take the focus away.
 */
export function WallGrid({ shown, verifier, tile, busy, onLoupe, onOpen }: WallGridProps) {
  const { ids, question } = shown
  const { bridge, undo } = useStudio()
  const marks = useMarks()
  const [{ selected, active }, selection] = useSelection()
  const grid = useRef<HTMLDivElement>(null)
  const [size, setSize] = useState({ width: 0, height: 0 })
  const shape = useMemo(() => shapeOf(size.width, tile), [size.width, tile])
  const rows = Math.ceil(ids.length / shape.columns)
  const activeIndex = active === null ? -1 : ids.indexOf(active)
  const activeRow = activeIndex < 0 ? null : Math.floor(activeIndex / shape.columns)

  useLayoutEffect(() => {
    const node = grid.current
    if (node === null) return
    const observer = new ResizeObserver(() => setSize({ width: node.clientWidth, height: node.clientHeight }))
    observer.observe(node)
    setSize({ width: node.clientWidth, height: node.clientHeight })
    // Whoever comes here is on the wall at once, from the keyboard too.
    node.focus({ preventScroll: true })
    return () => observer.disconnect()
  }, [])

  // The active one stays in the document wherever the wall is scrolled to: the focus is on it.
  const withActive = useCallback(
    (range: Range) => {
      const visible = defaultRangeExtractor(range)
      return activeRow === null || visible.includes(activeRow)
        ? visible
        : [...visible, activeRow].sort((one, other) => one - other)
    },
    [activeRow],
  )
  const { row } = shape
  // eslint-disable-next-line react-hooks/incompatible-library -- the virtualizer draws this component anew by itself
  const virtualizer = useVirtualizer({
    count: size.width === 0 ? 0 : rows,
    getScrollElement: () => grid.current,
    estimateSize: useCallback(() => row, [row]),
    paddingStart: wallGap,
    overscan: 2,
    rangeExtractor: withActive,
  })
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, row])

  const drawn = virtualizer.getVirtualItems().map(({ index }) => index)
  const [place, isFlying] = useScroll(grid, {
    ...{ ids, question, shape, height: size.height, active, activeIndex },
  })
  // What flies past is not seen: nothing is asked about it and nothing drawn but its place.
  const detailed = usePictures(useIdsOfRows(ids, shape.columns, isFlying ? nothing : drawn))
  const byId = new Map(detailed.map((picture) => [picture?.id, picture]))

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    if (ids.length === 0 || event.altKey) return
    if (event.ctrlKey || event.metaKey) {
      if (event.key.toLowerCase() !== 'a' || event.shiftKey) return
      event.preventDefault()
      selection.replace(ids, activeIndex < 0 ? ids[0] : (active ?? undefined))
      return
    }
    if (event.key === ' ' || event.key === 'Enter') {
      event.preventDefault()
      if (activeIndex < 0) return
      if (event.key === ' ') onLoupe()
      else onOpen()
      return
    }
    if (event.key === 'Escape' && selected.size > 1 && active !== null) {
      event.stopPropagation()
      selection.choose(active)
      return
    }
    const rowsSeen = Math.floor(size.height / shape.row)
    const to = movedIndex(activeIndex, event.key, {
      columns: shape.columns,
      count: ids.length,
      rows: rowsSeen,
    })
    if (to === null) return
    event.preventDefault()
    // Nothing is in front yet: the first picture that is seen, whichever way the arrow points.
    const first = Math.min(ids.length - 1, Math.max(0, Math.ceil(place.current / shape.row)) * shape.columns)
    const id = ids[activeIndex < 0 && event.key.startsWith('Arrow') ? first : to]
    if (id === undefined) return
    if (event.shiftKey && activeIndex >= 0) selection.extend(id, ids)
    else selection.choose(id)
  }

  const onClick = (event: MouseEvent<HTMLDivElement>) => {
    const id = pictureUnder(event)
    if (id === null) return
    if (event.shiftKey) selection.extend(id, ids)
    else if (event.ctrlKey || event.metaKey) selection.toggle(id)
    else selection.choose(id)
    grid.current?.focus({ preventScroll: true })
  }

  const onDragStart = (event: DragEvent<HTMLDivElement>) => {
    const id = pictureUnder(event)
    const picture = id === null ? undefined : byId.get(id)
    if (id === null || picture === null || picture === undefined) return event.preventDefault()
    if (!selected.has(id)) selection.choose(id)
    if (bridge.dragOut !== null) {
      event.preventDefault()
      dragOut(bridge, selected.has(id) ? [...selected] : [id]).catch((thrown: unknown) =>
        undo.say(toErrorData(thrown).message, true),
      )
      return
    }
    const url = new URL(bridge.imageUrl(picture.imageSha256), window.location.href).href
    const name = `goldpan-${id < 0 ? `outside-${-id}` : id}.png`
    event.dataTransfer.effectAllowed = 'copyLink'
    // Empty data would not be carried.
    event.dataTransfer.setData(draggedType, String(id))
    event.dataTransfer.setData('DownloadURL', `image/png:${name}:${url}`)
    event.dataTransfer.setData('text/uri-list', url)
  }

  return (
    <div
      ref={grid}
      id={gridId}
      role="grid"
      tabIndex={0}
      aria-label="Pictures"
      aria-multiselectable
      aria-rowcount={rows}
      aria-colcount={shape.columns}
      aria-activedescendant={active === null || activeIndex < 0 ? undefined : tileId(active)}
      aria-busy={busy}
      data-small={shape.tile < 104}
      className={styles.grid}
      onKeyDown={onKeyDown}
      onClick={onClick}
      onDoubleClick={(event) => {
        if (pictureUnder(event) !== null) onLoupe()
      }}
      onDragStart={onDragStart}
    >
      <div
        role="rowgroup"
        className={styles.wall}
        style={{
          '--height': `${heightOf(ids.length, shape)}px`,
          '--columns': shape.columns,
          '--gap': `${wallGap}px`,
        }}
      >
        {drawn.map((index) => (
          <div
            key={index}
            role="row"
            aria-rowindex={index + 1}
            className={styles.row}
            style={{ '--top': `${topOf(index * shape.columns, shape)}px` }}
          >
            {ids.slice(index * shape.columns, (index + 1) * shape.columns).map((id, column) => {
              const picture = byId.get(id) ?? null
              const { flag, rating } = picture === null ? unmarked : marks.of(picture)
              return (
                <WallTile
                  key={id}
                  id={id}
                  picture={picture}
                  url={picture === null ? null : bridge.imageUrl(picture.imageSha256)}
                  flag={flag}
                  rating={rating}
                  selected={selected.has(id)}
                  active={id === active}
                  verifier={verifier}
                  column={column + 1}
                />
              )
            })}
          </div>
        ))}
      </div>
    </div>
  )
}

const nothing: readonly number[] = []

const unmarked = { flag: null, rating: 0 } as const

/** The pictures of some rows, the same list while they are the same. */
function useIdsOfRows(
  ids: readonly PictureId[],
  columns: number,
  rows: readonly number[],
): readonly PictureId[] {
  const key = rows.join(' ')
  return useMemo(
    () =>
      key === '' ? [] : key.split(' ').flatMap((row) => ids.slice(+row * columns, (+row + 1) * columns)),
    [ids, columns, key],
  )
}

/** After so long without a leap the wall has landed, in milliseconds. */
const landingMs = 120

type Place = Omit<Placed, 'scrollTop'> & {
  readonly question: string
  readonly active: PictureId | null
  readonly activeIndex: number
}

/**
 * Keeps what is seen where it is when the wall changes, and the picture in front in sight when another one comes to be
 * it.
 *
 * @returns how far the wall is scrolled, and whether it flies past faster than an eye can follow
 */
function useScroll(
  grid: { readonly current: HTMLDivElement | null },
  { ids, question, shape, height, active, activeIndex }: Place,
): readonly [{ readonly current: number }, boolean] {
  const scrollTop = useRef(0)
  const [isFlying, setFlying] = useState(false)
  const last = useRef<(Omit<Placed, 'scrollTop'> & { readonly question: string }) | null>(null)
  const lastActive = useRef<PictureId | null>(null)

  useLayoutEffect(() => {
    const node = grid.current
    if (node === null) return
    // Not shown for a while, the wall may have been put back to its top.
    node.scrollTo({ top: scrollTop.current, behavior: 'instant' })
    let landing: number | undefined
    let lastAt = 0
    const onScroll = ({ timeStamp }: Event) => {
      const moved = Math.abs(node.scrollTop - scrollTop.current)
      scrollTop.current = node.scrollTop
      // One jump is no flight: what it leads to is to be seen at once.
      if (moved > node.clientHeight / 2 && timeStamp - lastAt < landingMs) {
        setFlying(true)
        window.clearTimeout(landing)
        landing = window.setTimeout(() => setFlying(false), landingMs)
      }
      lastAt = timeStamp
    }
    node.addEventListener('scroll', onScroll, { passive: true })
    return () => {
      node.removeEventListener('scroll', onScroll)
      window.clearTimeout(landing)
      setFlying(false)
    }
  }, [grid])

  useLayoutEffect(() => {
    const node = grid.current
    if (node === null || height === 0) return
    const to = (top: number) => {
      node.scrollTo({ top, behavior: 'instant' })
      scrollTop.current = node.scrollTop
    }
    const before = last.current
    const activeBefore = lastActive.current
    last.current = { ids, question, shape, height }
    lastActive.current = active
    const show = () => to(scrollToShow(activeIndex, shape, scrollTop.current, height))
    if (before === null) {
      if (activeIndex >= 0) show()
    } else if (before.question !== question) {
      to(0)
      if (activeIndex >= 0) show()
    } else {
      if (before.ids !== ids || before.shape !== shape) {
        to(scrollAnchored({ ...before, scrollTop: scrollTop.current }, activeBefore, ids, shape))
      }
      if (active !== activeBefore && activeIndex >= 0) show()
    }
  }, [grid, ids, question, shape, height, active, activeIndex])
  return [scrollTop, isFlying]
}

function pictureUnder({ target }: { readonly target: EventTarget }): PictureId | null {
  const tile = target instanceof Element ? target.closest<HTMLElement>('[data-picture]') : null
  return tile === null ? null : Number(tile.dataset['picture'])
}
