/** What is drawn of the tree besides its candidates: edges and points, what the edges say, the names of the rounds. */

import { memo, useMemo } from 'react'

import type { VerifierId } from '../../../shared/vocabulary.ts'
import { classes } from '../../components/classes.ts'
import { shownPart } from './camera.ts'
import type { Camera, Size } from './camera.ts'
import { labelsAlong, labelsOf, legible } from './tree-layout.ts'
import type { TreeLayout } from './tree-layout.ts'
import { edgesPath, linePath, pointsPath, scaleSteps } from './tree-lines.ts'
import type { ScoreRange } from './tree-lines.ts'
import styles from './tree-stage.module.css'

type LinesProps = {
  readonly layout: TreeLayout
  readonly shown: VerifierId
  readonly range: ScoreRange | null
  readonly winnerLine: readonly number[]
  readonly activeLine: readonly number[]
  readonly pointedLine: readonly number[]
}

/** Everything that is no picture: one path for all edges, one for the points of each colour. */
export const Lines = memo(function Lines({
  layout,
  shown,
  range,
  winnerLine,
  activeLine,
  pointedLine,
}: LinesProps) {
  const edges = useMemo(() => edgesPath(layout), [layout])
  const points = useMemo(
    () =>
      [null, ...Array.from({ length: scaleSteps }, (_, index) => index + 1)].map((step) => ({
        step,
        path: pointsPath(layout, shown, range, step),
      })),
    [layout, shown, range],
  )
  return (
    <svg className={styles.lines} width="1" height="1" aria-hidden="true">
      <path d={edges} className={styles.edge} />
      <path d={linePath(layout, pointedLine)} className={styles.activeLine} />
      <path d={linePath(layout, activeLine)} className={styles.activeLine} />
      <path d={linePath(layout, winnerLine)} className={styles.winnerLine} />
      <g className={styles.points}>
        {points.map(({ step, path }) => (
          <path key={step} d={path} className={step === null ? styles.unscored : styles[`fill${step}`]} />
        ))}
      </g>
      <circle cx={layout.root.x} cy={layout.root.y} r="5" className={styles.root} />
    </svg>
  )
})

/** Zoom from which on the labels of all edges have room to be read. */
const labelZoom = 0.8

/** Pixels of the screen between a label that stands close and what its edge leads to. */
const labelGap = 6

type LabelsProps = {
  readonly layout: TreeLayout
  readonly camera: Camera
  readonly size: Size
  /** Lines that say what they are at any zoom, the most important first. */
  readonly lines: readonly (readonly number[])[]
}

/** What the edges say, never smaller than small text: of all of them, or of a few lines where they stand too close. */
export function Labels({ layout, camera, size, lines }: LabelsProps) {
  const all = useMemo(() => labelsOf(layout), [layout])
  const part = shownPart(camera, size, 60)
  const near = camera.zoom >= labelZoom
  const labels = near
    ? all.filter(
        ({ x, y }) => x > part.x && x < part.x + part.width && y > part.y && y < part.y + part.height,
      )
    : legible(
        lines.flatMap((line) => labelsAlong(layout, line).toReversed()),
        camera.zoom,
      )
  return (
    <svg className={classes(styles.labels, !near && styles.tight)} width="1" height="1" aria-hidden="true">
      {labels.map(({ x, y, text }) => (
        <text key={`${x} ${y}`} x={near ? x : x - labelGap / camera.zoom} y={y}>
          {text}
        </text>
      ))}
    </svg>
  )
}

/** Least distance between two names of rounds, in CSS pixels. */
const namePitch = 84

/** The names of the rounds, at the window's upper edge whatever the zoom; as many as there is room for. */
export function Rounds({ layout, camera }: { readonly layout: TreeLayout; readonly camera: Camera }) {
  const names: { readonly name: string; readonly left: number }[] = []
  for (const { name, x } of layout.columns) {
    const left = Math.round(x * camera.zoom + camera.x)
    if (left >= (names.at(-1)?.left ?? Number.NEGATIVE_INFINITY) + namePitch) names.push({ name, left })
  }
  return (
    <div role="presentation" className={styles.rounds} aria-hidden="true">
      {names.map(({ name, left }) => (
        <span key={left} className={styles.round} style={{ '--x': `${left}px` }}>
          {name}
        </span>
      ))}
    </div>
  )
}
