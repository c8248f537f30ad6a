import { useMemo, useRef, useState } from 'react'
import type { KeyboardEvent, ReactNode } from 'react'

import type { Candidate, RunDetail, RunProgress } from '../../../shared/domain.ts'
import { isLive } from '../../../shared/figure.ts'
import { formatCountOf } from '../../../shared/format.ts'
import { scoreBy } from '../../../shared/ranking.ts'
import type { VerifierId } from '../../../shared/vocabulary.ts'
import { Button } from '../../components/button.tsx'
import { classes } from '../../components/classes.ts'
import { Stage } from '../../components/stage.tsx'
import { lineageOf } from '../../logic/lineage.ts'
import type { RunImage } from '../../logic/run-image.ts'
import { zoomStride } from './camera.ts'
import { Labels, Lines, Rounds } from './tree-drawing.tsx'
import { TreeItem } from './tree-item.tsx'
import { actOnKey } from './tree-keys.ts'
import { layoutTree } from './tree-layout.ts'
import type { TreeNode } from './tree-layout.ts'
import { TreeLegend } from './tree-legend.tsx'
import { nodeAt, scoreRange, stepOf, visibleNodes } from './tree-lines.ts'
import styles from './tree-stage.module.css'
import { useCamera } from './use-camera.ts'

type TreeStageProps = {
  readonly run: RunDetail
  readonly progress: RunProgress | null
  /** Width over height of the pictures. */
  readonly aspect: number
  /** Whose scores are the colours. */
  readonly shown: VerifierId
  readonly selection: RunImage | null
  readonly onSelect: (image: RunImage) => void
  /** Opens the loupe on what is selected. */
  readonly onOpen: () => void
  /** What can be done about the selected candidate, beside the tree. */
  readonly tools: ReactNode
  readonly onClose: () => void
}

/** Zoom from which on tiles are pictures. */
const pictureZoom = 0.34

const viewId = 'search-tree'
const itemId = (seq: number) => `${viewId}-${seq}`

/** Every candidate of the run with what it comes from: rounds from left to right, scores as colours, the winner's line in gold. */
export function TreeStage({
  run,
  progress,
  aspect,
  shown,
  selection,
  onSelect,
  onOpen,
  tools,
  onClose,
}: TreeStageProps) {
  const view = useRef<HTMLDivElement>(null)
  const workingKey = workingSeqs(run, progress).join(' ')
  const layout = useMemo(
    () => layoutTree(run, workingKey === '' ? [] : workingKey.split(' ').map(Number), aspect),
    [run, workingKey, aspect],
  )
  const winner = run.candidates.find(({ seq }) => seq === run.winner) ?? null
  const winnerLine = useMemo(() => lineOf(run, winner), [run, winner])
  const wanted = selection?.arm === 'search' ? layout.nodes.get(selection.seq) : undefined
  const active = wanted ?? layout.nodes.get(run.winner ?? 0) ?? layout.nodes.values().next().value ?? null
  const activeLine = useMemo(() => lineOf(run, active?.candidate ?? null), [run, active])
  const [pointedSeq, point] = useState<number | null>(null)
  const pointed = pointedSeq === null ? null : (layout.nodes.get(pointedSeq)?.candidate ?? null)
  const pointedLine = useMemo(() => lineOf(run, pointed), [run, pointed])

  const select = ({ seq, candidate }: TreeNode) => {
    if (candidate !== null) onSelect({ arm: 'search', seq })
  }
  const handle = useCamera(view, layout, pictureZoom * 0.6, ({ x, y }) => {
    const node = nodeAt(layout, x, y)
    if (node !== null) select(node)
  })
  const { camera, size } = handle

  const onKey = (event: KeyboardEvent) => {
    const acted = actOnKey(event, {
      layout,
      winnerLine,
      active,
      camera: handle,
      onSelect: select,
      onOpen,
    })
    if (acted) event.preventDefault()
  }

  const near = camera.zoom >= pictureZoom
  const range = useMemo(() => scoreRange(layout, shown), [layout, shown])
  return (
    <Stage
      title="Search tree"
      onClose={onClose}
      tools={
        <>
          {range !== null && <TreeLegend shown={shown} range={range} />}
          <Button
            look="plain"
            icon="minus"
            aria-label="Zoom out (minus)"
            onClick={() => handle.zoom(1 / zoomStride)}
          />
          <Button
            look="plain"
            icon="plus"
            aria-label="Zoom in (plus)"
            onClick={() => handle.zoom(zoomStride)}
          />
          <Button onClick={handle.fit}>Whole tree</Button>
        </>
      }
    >
      <div className={styles.tree}>
        <div
          ref={view}
          id={viewId}
          role="tree"
          aria-label={treeName(run)}
          aria-describedby={`${viewId}-keys`}
          aria-activedescendant={active === null ? undefined : itemId(active.seq)}
          tabIndex={0}
          data-autofocus
          className={styles.view}
          onKeyDown={onKey}
          onDoubleClick={(event) => {
            const at = handle.toPlane(event)
            if (nodeAt(layout, at.x, at.y)?.candidate != null) onOpen()
          }}
          {...handle.drag}
          onPointerMove={(event) => {
            handle.drag.onPointerMove(event)
            const at = handle.toPlane(event)
            point(event.buttons === 0 ? (nodeAt(layout, at.x, at.y)?.seq ?? null) : null)
          }}
          onPointerLeave={() => point(null)}
        >
          <div
            role="presentation"
            className={classes(styles.plane, !near && styles.far)}
            style={{
              '--x': `${camera.x}px`,
              '--y': `${camera.y}px`,
              '--zoom': camera.zoom,
              '--tile': `${layout.tile.width}px`,
            }}
          >
            <Lines
              layout={layout}
              shown={shown}
              range={range}
              winnerLine={winnerLine}
              activeLine={activeLine}
              pointedLine={pointedLine}
            />
            {(near ? visibleNodes(layout, camera, size, active) : active === null ? [] : [active]).map(
              (node) => (
                <TreeItem
                  key={node.seq}
                  id={itemId(node.seq)}
                  node={node}
                  run={run}
                  layout={layout}
                  step={stepOf(node, shown, range)}
                  score={node.candidate === null ? null : scoreBy(node.candidate, shown)}
                  preview={
                    node.candidate === null
                      ? (progress?.previews.find(({ arm, seq }) => arm === 'search' && seq === node.seq) ??
                        null)
                      : null
                  }
                  isActive={node === active}
                  isWinner={node.seq === run.winner}
                  aspect={aspect}
                  drawn={near}
                  magnified={Math.ceil(camera.zoom)}
                />
              ),
            )}
            <Labels
              layout={layout}
              camera={camera}
              size={size}
              lines={[pointedLine, activeLine, winnerLine]}
            />
          </div>
          <Rounds layout={layout} camera={camera} />
          {layout.nodes.size === 0 && (
            <p className={styles.none}>
              {isLive(run.status)
                ? 'The first candidates are being made.'
                : 'This run ended before its first candidate was finished.'}
            </p>
          )}
        </div>
        <aside className={styles.side} aria-label="Selected candidate">
          {tools}
          <p id={`${viewId}-keys`} className={styles.keys}>
            Arrows walk to parent, child and within a round. Enter opens the loupe. + and − zoom, Z switches
            between the whole tree and full size, Shift with arrows moves it; so do wheel and drag.
          </p>
        </aside>
      </div>
    </Stage>
  )
}

/** What is being made, and what has failed: both have their place. */
function workingSeqs(run: RunDetail, progress: RunProgress | null): readonly number[] {
  const failed = run.failures.filter(({ arm }) => arm === 'search')
  const working = progress?.previews.filter(({ arm }) => arm === 'search') ?? []
  return [...failed, ...working].map(({ seq }) => seq)
}

function lineOf(run: RunDetail, candidate: Candidate | null): readonly number[] {
  return candidate === null ? [] : lineageOf(run, candidate).map((ancestor) => ancestor.candidate.seq)
}

function treeName({ candidates, spec }: RunDetail): string {
  return `Search tree of ${formatCountOf(candidates.length, 'candidate')}, ${spec.prompt}`
}
