import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual'
import { memo, useLayoutEffect, useMemo, useRef, useState } from 'react'
import type { KeyboardEvent, MouseEvent, PointerEvent } from 'react'

import { formatCount, formatCountOf, formatScore } from '../../../shared/format.ts'
import type { Flag, PictureId, Rating } from '../../../shared/gallery.ts'
import { useMarks, useStudio } from '../../api/hooks.ts'
import type { SelectionStore } from '../../api/selection.ts'
import { classes } from '../../components/classes.ts'
import { PictureMarks } from '../../components/picture-marks.tsx'
import { Picture } from '../../components/picture.tsx'
import { judgeLabel, ordinal, ranksOf, rowsOf } from '../../logic/court.ts'
import type { JudgeId, Row } from '../../logic/court.ts'
import { CourtLoupe } from './court-loupe.tsx'
import styles from './court-rows.module.css'
import { pictureAt } from './picture-at.ts'
import type { Court } from './use-court.ts'

/** A tile's width with the gap after it, and the room of a row's head, in pixels; the style sheet has the same. */
const pitch = 92
const headWidth = 200

/** The tile where the keyboard is. */
const hereId = 'court-here'

type CourtRowsProps = {
  readonly court: Court
  /** Whose ranks make the ensemble. */
  readonly on: readonly JudgeId[]
  /** The ensemble's order before a judge was switched; null before the first switch. */
  readonly before: readonly PictureId[] | null
  /** The picture that is marked in every row. */
  readonly pointed: PictureId | null
  readonly onPoint: (picture: PictureId | null) => void
  readonly selected: ReadonlySet<PictureId>
  readonly selection: SelectionStore
  readonly onOpenRun: (runId: number) => void
}

/** Where the keyboard is: a picture of a row. */
type Place = { readonly judge: Row['judge']; readonly picture: PictureId }

/**
 * A row of pictures for each judge, best left, the ensemble's above. All rows scroll together and draw the same few
 * ranks of it, however many pictures there are. A tile is placed by its rank, so that a new order is seen as motion.
 */
export function CourtRows(props: CourtRowsProps) {
  const { court, on, before, pointed, onPoint, selected, selection, onOpenRun } = props
  const { judged, seats } = court
  const marks = useMarks()
  const rows = useMemo(() => rowsOf(judged, seats, on), [judged, seats, on.join()]) // eslint-disable-line react-hooks/exhaustive-deps -- `on` is made anew each time, its members are what counts
  const oldRanks = useMemo(() => (before === null ? null : ranksOf(before)), [before])
  const longest = Math.max(...rows.map(({ order }) => order.length))

  const [place, setPlace] = useState<Place | null>(null)
  const [isLoupe, setLoupe] = useState(false)
  const row = rows.find(({ judge }) => judge === place?.judge) ?? rows.find(({ order }) => order.length > 0)
  const column = Math.max(0, row?.order.indexOf(place?.picture ?? NaN) ?? 0)
  const here = row?.order[column]

  const grid = useRef<HTMLDivElement>(null)
  const isMoving = useRef(false)
  // eslint-disable-next-line react-hooks/incompatible-library -- the virtualizer draws this component anew by itself
  const virtualizer = useVirtualizer({
    horizontal: true,
    count: longest,
    getScrollElement: () => grid.current,
    estimateSize: () => pitch,
    overscan: 4,
    paddingStart: headWidth,
    // Where the keyboard is stays drawn, or the focus would be lost with it.
    rangeExtractor: (range) => [...new Set([...defaultRangeExtractor(range), column])].sort((a, b) => a - b),
  })
  useLayoutEffect(() => {
    if (!isMoving.current) return
    isMoving.current = false
    const cell = grid.current?.querySelector<HTMLElement>('[data-here]')
    cell?.focus({ preventScroll: true })
    cell?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }, [place])

  const moveTo = (judge: Row['judge'], picture: PictureId, extend: boolean) => {
    isMoving.current = true
    setPlace({ judge, picture })
    onPoint(picture)
    const order = rows.find((one) => one.judge === judge)?.order ?? []
    if (extend) selection.extend(picture, order)
    else selection.choose(picture)
  }

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || row === undefined || here === undefined || pictureAt(event.target) === null) return
    if (event.ctrlKey || event.metaKey) {
      if (event.key.toLowerCase() !== 'a') return
      event.preventDefault()
      selection.replace(row.order, here)
      return
    }
    if (event.key === ' ') {
      event.preventDefault()
      setLoupe(true)
      return
    }
    if (event.key === 'Enter') {
      const origin = court.pictureOf(here)?.origin
      if (origin?.kind !== 'candidate') return
      event.preventDefault()
      onOpenRun(origin.runId)
      return
    }
    const next = nextPlace(rows, row, column, event.key)
    if (next === null) return
    event.preventDefault()
    moveTo(next.judge, next.picture, event.shiftKey)
  }

  const onClick = (event: MouseEvent) => {
    const picture = pictureAt(event.target)
    const judge = judgeAt(event.target)
    if (picture === null || judge === null) return
    setPlace({ judge, picture })
    onPoint(picture)
    if (event.shiftKey) selection.extend(picture, rows.find((one) => one.judge === judge)?.order ?? [])
    else if (event.ctrlKey || event.metaKey) selection.toggle(picture)
    else selection.choose(picture)
  }

  const onPointerMove = (event: PointerEvent) => {
    const picture = pictureAt(event.target)
    if (picture !== null && picture !== pointed) onPoint(picture)
  }

  const items = virtualizer.getVirtualItems()
  return (
    <div className={styles.frame}>
      <div
        ref={grid}
        role="grid"
        aria-label="Pictures in the order of each judge"
        aria-multiselectable="true"
        aria-colcount={longest + 1}
        aria-rowcount={rows.length}
        className={styles.grid}
        onKeyDown={onKeyDown}
        onClick={onClick}
        onPointerMove={onPointerMove}
        onDoubleClick={(event) => {
          if (pictureAt(event.target) !== null) setLoupe(true)
        }}
        onFocus={(event) => {
          const picture = pictureAt(event.target)
          if (picture !== null) onPoint(picture)
        }}
      >
        {rows.map((one, index) => (
          <div
            key={one.judge}
            role="row"
            aria-rowindex={index + 1}
            data-judge={one.judge}
            className={classes(styles.row, one.judge === 'ensemble' && styles.ensemble)}
          >
            <RowHead row={one} ensemble={rows[0]} on={on} court={court} pointed={pointed} />
            <div
              role="presentation"
              className={styles.lane}
              style={{ '--lane': `${virtualizer.getTotalSize() - headWidth}px` }}
            >
              {items.map((item) => {
                const picture = one.order[item.index]
                if (picture === undefined) return null
                const rank = item.index + 1
                const otherRank =
                  one.judge === 'ensemble' ? oldRanks?.get(picture) : rows[0]?.ranks.get(picture)
                return (
                  <CourtTile
                    key={picture}
                    id={picture}
                    sha={court.pictureOf(picture)?.imageSha256 ?? null}
                    name={court.nameOf(picture)}
                    judge={one.judge}
                    rank={rank}
                    value={one.values.get(picture) ?? null}
                    change={otherRank === undefined ? 0 : otherRank - rank}
                    {...court.markOf(picture)}
                    at={item.start - headWidth}
                    isHere={one === row && picture === here}
                    isPointed={picture === pointed}
                    isSelected={selected.has(picture)}
                  />
                )
              })}
            </div>
          </div>
        ))}
      </div>
      <p className={styles.keys}>
        Arrows move, Shift extends the selection; Space shows it large; P X U and 0 to 5 mark; C compares 2 to
        4; Enter opens the run.
      </p>
      {isLoupe && row !== undefined && here !== undefined && (
        <CourtLoupe
          court={court}
          rows={rows}
          row={row}
          picture={here}
          onPicture={(picture) => {
            setPlace({ judge: row.judge, picture })
            selection.choose(picture)
            onPoint(picture)
          }}
          onMark={(picture, change) => void marks.set([picture], change)}
          onClose={() => setLoupe(false)}
          returnFocusTo={hereId}
        />
      )}
    </div>
  )
}

/** Where an arrow, Home or End leads; null for every other key and at the edge. */
function nextPlace(rows: readonly Row[], row: Row, column: number, key: string): Place | null {
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 }[key] ?? 0
  const at = (one: Row | undefined, index: number): Place | null => {
    const picture = one?.order[Math.min(index, one.order.length - 1)]
    return one === undefined || picture === undefined || index < 0 ? null : { judge: one.judge, picture }
  }
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowRight':
      return column + step >= row.order.length ? null : at(row, column + step)
    case 'ArrowUp':
    case 'ArrowDown': {
      const filled = rows.filter(({ order }) => order.length > 0)
      return at(filled[filled.indexOf(row) + step], column)
    }
    case 'Home':
      return at(row, 0)
    case 'End':
      return at(row, row.order.length - 1)
    default:
      return null
  }
}

function judgeAt(target: EventTarget | null): Row['judge'] | null {
  const element = target instanceof Element ? target.closest<HTMLElement>('[data-judge]') : null
  return (element?.dataset['judge'] ?? null) as Row['judge'] | null
}

type RowHeadProps = {
  readonly row: Row
  readonly ensemble: Row | undefined
  readonly on: readonly JudgeId[]
  readonly court: Court
  readonly pointed: PictureId | null
}

/** Whose row it is, who wins by it, and where it puts the picture that is pointed at. */
function RowHead({ row, ensemble, on, court, pointed }: RowHeadProps) {
  const { judge, order, ranks, values } = row
  const winner = order[0]
  const value = winner === undefined ? undefined : values.get(winner)
  const isPatchy =
    judge === 'ensemble' &&
    court.seats.some((seat) => on.includes(seat.judge) && seat.scored < court.ids.length)
  const remarks =
    winner === undefined
      ? []
      : [
          ...(isPatchy ? ['a missing score ranks last'] : []),
          ...(judge !== 'ensemble' && winner === ensemble?.order[0] ? ['the ensemble’s too'] : []),
          ...(court.markOf(winner).flag === 'pick' ? ['your pick'] : []),
          ...(court.markOf(winner).flag === 'reject' ? ['you rejected it'] : []),
        ]
  const rank = pointed === null ? undefined : ranks.get(pointed)
  return (
    <div role="rowheader" className={styles.head}>
      <span className={styles.judge}>
        {judge === 'ensemble' ? `Ensemble of ${on.length}` : judgeLabel(judge)}
        {judge !== 'ensemble' && order.length < court.ids.length && (
          <span className={styles.faint}> {formatCount(order.length)} scored</span>
        )}
      </span>
      {winner === undefined ? (
        <span className={styles.faint}>Switch a judge on to rank the pictures.</span>
      ) : (
        <span className={styles.winner}>
          <bdi>{court.nameOf(winner)}</bdi> wins
          {value !== undefined && <>, {formatValue(judge, value)}</>}
        </span>
      )}
      <span className={styles.faint}>{remarks.join(', ')}</span>
      <span className={styles.pointed}>
        {pointed !== null && rank !== undefined && (
          <>
            <bdi>{court.nameOf(pointed)}</bdi>: {ordinal(rank)}
          </>
        )}
      </span>
    </div>
  )
}

/** A score, or a mean rank. */
function formatValue(judge: Row['judge'], value: number): string {
  return judge === 'ensemble' ? `mean rank ${value.toFixed(1)}` : formatScore(value)
}

type CourtTileProps = {
  readonly id: PictureId
  readonly sha: string | null
  readonly name: string
  readonly judge: Row['judge']
  /** 1-based. */
  readonly rank: number
  readonly value: number | null
  /** Places above the ensemble; in the ensemble: places won by the last switch. */
  readonly change: number
  readonly flag: Flag
  readonly rating: Rating
  /** From the lane's start, in pixels. */
  readonly at: number
  /** Has the one Tab stop of the grid. */
  readonly isHere: boolean
  readonly isPointed: boolean
  readonly isSelected: boolean
}

const CourtTile = memo(function CourtTile(props: CourtTileProps) {
  const { id, sha, name, judge, rank, value, change, flag, rating, at } = props
  const { bridge } = useStudio()
  const isEnsemble = judge === 'ensemble'
  const places = formatCountOf(Math.abs(change), 'place')
  const changeText =
    change === 0
      ? []
      : isEnsemble
        ? [`moved ${change > 0 ? 'up' : 'down'} ${places}`]
        : [`${places} ${change > 0 ? 'above' : 'below'} the ensemble`]
  const label = [
    `${name}, ${ordinal(rank)} by ${isEnsemble ? 'the ensemble' : judgeLabel(judge)}`,
    ...(value === null ? [] : [formatValue(judge, value)]),
    ...changeText,
    ...(flag === null ? [] : [flag === 'pick' ? 'picked' : 'rejected']),
    ...(rating === 0 ? [] : [formatCountOf(rating, 'star')]),
  ].join(', ')
  return (
    <div
      role="gridcell"
      tabIndex={props.isHere ? 0 : -1}
      id={props.isHere ? hereId : undefined}
      data-here={props.isHere ? '' : undefined}
      data-picture={id}
      aria-label={label}
      aria-colindex={rank + 1}
      aria-selected={props.isSelected}
      className={classes(
        styles.tile,
        rank === 1 && styles.first,
        props.isSelected && styles.selected,
        props.isPointed && styles.same,
        flag === 'reject' && styles.rejected,
      )}
      style={{ '--at': `${at}px` }}
    >
      <span className={styles.picture}>
        <Picture url={sha === null ? null : bridge.imageUrl(sha)} alt="" />
        <PictureMarks flag={flag} rating={rating} />
      </span>
      <span className={styles.caption}>
        <span>
          <span className={styles.rank}>{rank}</span>{' '}
          {value === null ? '' : isEnsemble ? value.toFixed(1) : formatScore(value)}
        </span>
        {change !== 0 && (
          <span className={change > 0 ? styles.up : styles.down}>
            {change > 0 ? '▲' : '▼'}
            {Math.abs(change)}
          </span>
        )}
      </span>
      <span className={styles.name}>
        <bdi>{name}</bdi>
      </span>
    </div>
  )
})
