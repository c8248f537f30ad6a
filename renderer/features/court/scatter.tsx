import { memo, useMemo, useRef, useState } from 'react'
import type { KeyboardEvent, MouseEvent, PointerEvent } from 'react'

import { formatScore } from '../../../shared/format.ts'
import type { PictureId } from '../../../shared/gallery.ts'
import { useStudio } from '../../api/hooks.ts'
import type { SelectionStore } from '../../api/selection.ts'
import { classes } from '../../components/classes.ts'
import { Picture } from '../../components/picture.tsx'
import { judgeLabel } from '../../logic/court.ts'
import type { JudgeId } from '../../logic/court.ts'
import { formatTick, niceScale, place } from '../../logic/scale.ts'
import { pictureAt } from './picture-at.ts'
import styles from './scatter.module.css'
import type { Court } from './use-court.ts'

const width = 440
const height = 336
const plot = { left: 48, right: width - 14, top: 24, bottom: height - 38 }
/** Movement from which on a press is a drag, in units of the plot. */
const slack = 4

/** A picture by its scores of two judges. */
type Point = { readonly picture: PictureId; readonly x: number; readonly y: number }

type ScatterProps = {
  readonly court: Court
  readonly points: readonly Point[]
  /** Across, up. */
  readonly judges: readonly [JudgeId, JudgeId]
  readonly pointed: PictureId | null
  readonly onPoint: (picture: PictureId | null) => void
  readonly selected: ReadonlySet<PictureId>
  readonly selection: SelectionStore
}

type Corner = { readonly x: number; readonly y: number }

/** Every picture by two judges. A press or Enter selects one, a drag or Shift with the arrows several. */
export function Scatter(props: ScatterProps) {
  const { court, points, judges, pointed, onPoint, selected, selection } = props
  const [a, b] = judges
  const svg = useRef<SVGSVGElement>(null)
  const [here, setHere] = useState<PictureId | null>(null)
  const [brush, setBrush] = useState<{ readonly from: Corner; readonly to: Corner } | null>(null)

  const { xs, ys, placed } = useMemo(() => {
    const xScale = scaleOf(points.map(({ x }) => x))
    const yScale = scaleOf(points.map(({ y }) => y))
    return {
      xs: xScale,
      ys: yScale,
      placed: points.map(({ picture, x, y }) => ({
        picture,
        x,
        y,
        left: place(xScale, x, plot.left, plot.right),
        top: place(yScale, y, plot.bottom, plot.top),
      })),
    }
  }, [points])
  const across = useMemo(() => placed.toSorted((p, q) => p.x - q.x || p.picture - q.picture), [placed])
  const up = useMemo(() => placed.toSorted((p, q) => p.y - q.y || p.picture - q.picture), [placed])
  const stop = placed.find(({ picture }) => picture === here) ?? across[0]
  const shown = placed.find(({ picture }) => picture === pointed)

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || stop === undefined) return
    if (event.ctrlKey || event.metaKey) {
      if (event.key.toLowerCase() !== 'a') return
      event.preventDefault()
      selection.replace(across.map(({ picture }) => picture))
      return
    }
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault()
      selection.toggle(stop.picture)
      return
    }
    const order = event.key === 'ArrowUp' || event.key === 'ArrowDown' ? up : across
    const at = order.indexOf(stop)
    const next =
      event.key === 'ArrowRight' || event.key === 'ArrowUp'
        ? order[at + 1]
        : event.key === 'ArrowLeft' || event.key === 'ArrowDown'
          ? order[at - 1]
          : event.key === 'Home'
            ? order[0]
            : event.key === 'End'
              ? order.at(-1)
              : undefined
    if (next === undefined) return
    event.preventDefault()
    setHere(next.picture)
    if (event.shiftKey) {
      selection.extend(
        next.picture,
        order.map(({ picture }) => picture),
      )
    }
    svg.current?.querySelector<SVGElement>(`[data-picture="${next.picture}"]`)?.focus()
  }

  const cornerAt = (event: MouseEvent): Corner => {
    const box = svg.current?.getBoundingClientRect()
    if (box === undefined || box.width === 0) return { x: 0, y: 0 }
    return {
      x: ((event.clientX - box.left) / box.width) * width,
      y: ((event.clientY - box.top) / box.height) * height,
    }
  }
  const onPointerDown = (event: PointerEvent) => {
    if (event.button !== 0) return
    const from = cornerAt(event)
    svg.current?.setPointerCapture(event.pointerId)
    setBrush({ from, to: from })
  }
  const onPointerMove = (event: PointerEvent) => {
    const picture = pictureAt(event.target)
    if (picture !== null && picture !== pointed) onPoint(picture)
    if (brush !== null) setBrush({ from: brush.from, to: cornerAt(event) })
  }
  const onPointerUp = (event: PointerEvent) => {
    if (brush === null) return
    const { from } = brush
    const to = cornerAt(event)
    setBrush(null)
    const isDrag = Math.max(Math.abs(to.x - from.x), Math.abs(to.y - from.y)) > slack
    if (isDrag) {
      const inside = across.filter(
        ({ left, top }) =>
          left >= Math.min(from.x, to.x) &&
          left <= Math.max(from.x, to.x) &&
          top >= Math.min(from.y, to.y) &&
          top <= Math.max(from.y, to.y),
      )
      selection.replace(inside.map(({ picture }) => picture))
      return
    }
    // The capture makes the plot the target of what was pressed on a point.
    const picture = pictureAt(document.elementFromPoint(event.clientX, event.clientY))
    if (picture === null) {
      selection.clear()
      return
    }
    setHere(picture)
    if (event.ctrlKey || event.metaKey) selection.toggle(picture)
    else selection.choose(picture)
  }

  return (
    <div className={styles.scatter}>
      <div className={styles.frame}>
        <svg
          ref={svg}
          viewBox={`0 0 ${width} ${height}`}
          className={styles.plot}
          role="listbox"
          aria-multiselectable="true"
          aria-label={`Pictures by ${judgeLabel(a)} and ${judgeLabel(b)}`}
          onKeyDown={onKeyDown}
          onPointerDown={onPointerDown}
          onPointerMove={onPointerMove}
          onPointerUp={onPointerUp}
          onPointerCancel={() => setBrush(null)}
          onFocus={(event) => {
            const picture = pictureAt(event.target)
            if (picture === null) return
            setHere(picture)
            onPoint(picture)
          }}
        >
          <g aria-hidden="true">
            {ys.ticks.map((tick) => {
              const level = place(ys, tick, plot.bottom, plot.top)
              return (
                <g key={tick}>
                  <path d={`M${plot.left} ${level}H${plot.right}`} className={styles.grid} />
                  <text x={plot.left - 8} y={level + 3.5} className={styles.tickY}>
                    {formatTick(tick, ys.decimals)}
                  </text>
                </g>
              )
            })}
            {xs.ticks.map((tick) => {
              const at = place(xs, tick, plot.left, plot.right)
              return (
                <g key={tick}>
                  <path d={`M${at} ${plot.top}V${plot.bottom}`} className={styles.grid} />
                  <text x={at} y={plot.bottom + 15} className={styles.tickX}>
                    {formatTick(tick, xs.decimals)}
                  </text>
                </g>
              )
            })}
            <text x={plot.right} y={height - 6} className={styles.name}>
              {judgeLabel(a)} →
            </text>
            <text x={2} y={10} className={styles.nameUp}>
              ↑ {judgeLabel(b)}
            </text>
          </g>
          {placed.map(({ picture, x, y, left, top }) => {
            const { flag } = court.markOf(picture)
            return (
              <PointMark
                key={picture}
                picture={picture}
                left={left}
                top={top}
                label={`${court.nameOf(picture)}: ${judgeLabel(a)} ${formatScore(x)}, ${judgeLabel(b)} ${formatScore(y)}${flag === null ? '' : flag === 'pick' ? ', picked' : ', rejected'}`}
                isPicked={flag === 'pick'}
                isSelected={selected.has(picture)}
                isPointed={picture === pointed}
                isStop={picture === stop?.picture}
              />
            )
          })}
          {brush !== null && (
            <rect
              aria-hidden="true"
              className={styles.brush}
              x={Math.min(brush.from.x, brush.to.x)}
              y={Math.min(brush.from.y, brush.to.y)}
              width={Math.abs(brush.to.x - brush.from.x)}
              height={Math.abs(brush.to.y - brush.from.y)}
            />
          )}
        </svg>
        {shown !== undefined && (
          <Tooltip court={court} picture={shown.picture} left={shown.left / width} top={shown.top / height} />
        )}
      </div>
      <p className={styles.keys}>
        Filled: your picks. Drag around points, or hold Shift with the arrows, to select several.
      </p>
    </div>
  )
}

/** A little room around the values, and an axis also where all are equal. */
function scaleOf(values: readonly number[]) {
  return values.length === 0 ? niceScale(0, 1, 4) : niceScale(Math.min(...values), Math.max(...values), 4)
}

const PointMark = memo(function PointMark({
  picture,
  left,
  top,
  label,
  isPicked,
  isSelected,
  isPointed,
  isStop,
}: {
  readonly picture: PictureId
  readonly left: number
  readonly top: number
  readonly label: string
  readonly isPicked: boolean
  readonly isSelected: boolean
  readonly isPointed: boolean
  readonly isStop: boolean
}) {
  return (
    <circle
      role="option"
      data-picture={picture}
      tabIndex={isStop ? 0 : -1}
      aria-label={label}
      aria-selected={isSelected}
      cx={left}
      cy={top}
      r={isSelected || isPointed ? 6 : 4.5}
      className={classes(styles.point, isPicked && styles.picked, isSelected && styles.selected)}
    />
  )
})

function Tooltip({
  court,
  picture,
  left,
  top,
}: {
  readonly court: Court
  readonly picture: PictureId
  /** Shares of the plot. */
  readonly left: number
  readonly top: number
}) {
  const { bridge } = useStudio()
  const sha = court.pictureOf(picture)?.imageSha256
  return (
    <div
      aria-hidden="true"
      className={classes(styles.tooltip, left > 0.6 && styles.toTheLeft, top > 0.55 && styles.above)}
      style={{ '--left': `${left * 100}%`, '--top': `${top * 100}%` }}
    >
      <Picture url={sha === undefined ? null : bridge.imageUrl(sha)} alt="" eager />
      <bdi>{court.nameOf(picture)}</bdi>
    </div>
  )
}
