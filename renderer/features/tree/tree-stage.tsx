import { memo, useMemo, useRef } from 'react'
import type { KeyboardEvent, ReactNode } from 'react'

import type { Candidate, Preview, RunDetail, RunProgress } from '../../../shared/domain.ts'
import { isLive } from '../../../shared/figure.ts'
import { formatCount, formatScore } from '../../../shared/format.ts'
import type { Flag, Rating } from '../../../shared/gallery.ts'
import { scoreBy } from '../../../shared/ranking.ts'
import { verifiers } from '../../../shared/vocabulary.ts'
import type { VerifierId } from '../../../shared/vocabulary.ts'
import { usePictureMarks, useStudio } from '../../api/hooks.ts'
import { Button } from '../../components/button.tsx'
import { classes } from '../../components/classes.ts'
import { Icon } from '../../components/icon.tsx'
import { PictureMarks } from '../../components/picture-marks.tsx'
import { Picture } from '../../components/picture.tsx'
import { Stage } from '../../components/stage.tsx'
import { lineageOf, strideOf } from '../../logic/lineage.ts'
import { marksInWords } from '../../logic/marks.ts'
import { handOf } from '../../logic/order.ts'
import { imageAlt, pictureOf, unfinishedName } from '../../logic/run-image.ts'
import type { RunImage } from '../../logic/run-image.ts'
import { labelsOf, layoutTree, walkTree } from '../../logic/tree-layout.ts'
import type { TreeLayout, TreeNode } from '../../logic/tree-layout.ts'
import { shownPart, zoomStride } from './camera.ts'
import type { Camera } from './camera.ts'
import { edgesPath, linePath, nodeAt, pointsPath, scaleSteps, scoreRange, stepOf } from './tree-lines.ts'
import type { ScoreRange } from './tree-lines.ts'
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

/** Zoom from which on tiles are pictures, and from which on edges say what they are. */
const pictureZoom = 0.34
const labelZoom = 0.45

/** Pixels that an arrow with Shift moves the tree. */
const panStride = 90

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

  const select = ({ seq, candidate }: TreeNode) => {
    if (candidate !== null) onSelect({ arm: 'search', seq })
  }
  const handle = useCamera(view, layout, pictureZoom * 0.6, ({ x, y }) => {
    const node = nodeAt(layout, x, y)
    if (node !== null) select(node)
  })
  const { camera, size } = handle
  const boxOf = ({ x, y }: TreeNode) => ({ x, y, width: layout.tile.width, height: layout.tile.height })

  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const act = (): boolean => {
      switch (event.key) {
        case '+':
        case '=':
          handle.zoom(zoomStride)
          return true
        case '-':
        case '_':
          handle.zoom(1 / zoomStride)
          return true
        case 'z':
        case 'Z':
          if (camera.zoom === 1 || active === null) handle.fit()
          else handle.focus(boxOf(active))
          return true
        case 'Enter':
        case ' ':
          if (active?.candidate == null) return false
          select(active)
          onOpen()
          return true
      }
      if (event.shiftKey) {
        const by = arrows[event.key]
        if (by !== undefined) handle.pan(by.x * panStride, by.y * panStride)
        return by !== undefined
      }
      if (active === null) return false
      const seq = walkTree(layout, active.seq, event.key, new Set(winnerLine))
      const next = seq === null ? undefined : layout.nodes.get(seq)
      if (next === undefined) return event.key in arrows
      select(next)
      handle.reveal(boxOf(next))
      return true
    }
    if (act()) event.preventDefault()
  }

  const near = camera.zoom >= pictureZoom
  const range = useMemo(() => scoreRange(layout, shown), [layout, shown])
  return (
    <Stage
      title="Search tree"
      onClose={onClose}
      tools={
        <>
          {range !== null && <Legend shown={shown} range={range} />}
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
            />
            {camera.zoom >= labelZoom && <Labels layout={layout} camera={camera} size={size} />}
            {(near ? visibleNodes(layout, camera, size, active) : active === null ? [] : [active]).map(
              (node) => (
                <TreeItem
                  key={node.seq}
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

const arrows: Readonly<Record<string, { readonly x: number; readonly y: number }>> = {
  ArrowLeft: { x: 1, y: 0 },
  ArrowRight: { x: -1, y: 0 },
  ArrowUp: { x: 0, y: 1 },
  ArrowDown: { x: 0, y: -1 },
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
  const count = candidates.length
  return `Search tree of ${formatCount(count)} ${count === 1 ? 'candidate' : 'candidates'}, ${spec.prompt}`
}

/** What is in the window and a little around it; the active one always. */
function visibleNodes(
  layout: TreeLayout,
  camera: Camera,
  size: { readonly width: number; readonly height: number },
  active: TreeNode | null,
): readonly TreeNode[] {
  const part = shownPart(camera, size, layout.tile.width)
  const isVisible = ({ x, y }: TreeNode) =>
    x + layout.tile.width > part.x &&
    x < part.x + part.width &&
    y + layout.tile.height > part.y &&
    y < part.y + part.height
  return [...layout.nodes.values()].filter((node) => node === active || isVisible(node))
}

type LinesProps = {
  readonly layout: TreeLayout
  readonly shown: VerifierId
  readonly range: ScoreRange | null
  readonly winnerLine: readonly number[]
  readonly activeLine: readonly number[]
}

/** Everything that is no picture: one path for all edges, one for the points of each colour. */
const Lines = memo(function Lines({ layout, shown, range, winnerLine, activeLine }: LinesProps) {
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

function Labels({
  layout,
  camera,
  size,
}: {
  readonly layout: TreeLayout
  readonly camera: Camera
  readonly size: { readonly width: number; readonly height: number }
}) {
  const labels = useMemo(() => labelsOf(layout), [layout])
  const part = shownPart(camera, size, 60)
  return (
    <svg className={styles.labels} width="1" height="1" aria-hidden="true">
      {labels
        .filter(({ x, y }) => x > part.x && x < part.x + part.width && y > part.y && y < part.y + part.height)
        .map(({ x, y, text }) => (
          <text key={`${x} ${y}`} x={x} y={y + 4}>
            {text}
          </text>
        ))}
    </svg>
  )
}

/** Least distance between two names of rounds, in CSS pixels. */
const namePitch = 84

/** The names of the rounds, at the window's upper edge whatever the zoom; as many as there is room for. */
function Rounds({ layout, camera }: { readonly layout: TreeLayout; readonly camera: Camera }) {
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

function Legend({ shown, range }: { readonly shown: VerifierId; readonly range: ScoreRange }) {
  return (
    <p className={styles.legend}>
      {verifiers[shown].label}
      <span>{formatScore(range.least)}</span>
      <span className={styles.scale} aria-hidden="true">
        {Array.from({ length: scaleSteps }, (_, index) => (
          <span key={index} className={styles[`step${index + 1}`]} />
        ))}
      </span>
      <span>{formatScore(range.most)}</span>
    </p>
  )
}

type TreeItemProps = {
  readonly node: TreeNode
  readonly run: RunDetail
  readonly layout: TreeLayout
  readonly step: number | null
  readonly score: number | null
  readonly preview: Preview | null
  readonly isActive: boolean
  readonly isWinner: boolean
  readonly aspect: number
  /** False: too small for a picture; only its place and its name are there. */
  readonly drawn: boolean
  /** How many times larger than its layout it is seen, rounded up. */
  readonly magnified: number
}

function TreeItem({
  node,
  run,
  layout,
  step,
  score,
  preview,
  isActive,
  isWinner,
  aspect,
  drawn,
  magnified,
}: TreeItemProps) {
  const { bridge } = useStudio()
  const { seq, candidate, column, x, y } = node
  const marks = usePictureMarks(candidate === null ? null : pictureOf(run, candidate))
  const { pinned, vetoed } = useMemo(() => handOf(run), [run])
  const first = isWinner && wasPutFirst(run, seq)
  const siblings = layout.children.get(candidate?.parent ?? -1) ?? []
  const mark = vetoed.has(seq) ? 'veto' : pinned.has(seq) ? 'pin' : first ? 'first' : null
  return (
    <div
      id={itemId(seq)}
      role="treeitem"
      aria-level={column + 1}
      aria-posinset={candidate === null ? undefined : siblings.indexOf(node) + 1}
      aria-setsize={candidate === null ? undefined : siblings.length}
      aria-selected={isActive}
      aria-label={itemName(node, run, layout, score, marks, mark)}
      className={classes(
        styles.item,
        isWinner && styles.winner,
        isActive && styles.active,
        mark === 'veto' && styles.vetoed,
        (marks?.flag ?? null) === 'reject' && styles.rejected,
      )}
      style={{ '--left': `${x}px`, '--top': `${y}px` }}
    >
      <span className={styles.frame}>
        {drawn ? (
          <Picture
            url={candidate === null ? null : bridge.imageUrl(candidate.imageSha256)}
            alt={candidate === null ? '' : imageAlt(run, candidate)}
            preview={preview}
            grain={candidate === null && isLive(run.status) ? seq + 100 : null}
            aspect={aspect}
            eager
            magnified={magnified}
          />
        ) : (
          <span className={styles.speck} style={{ aspectRatio: aspect }} />
        )}
        {drawn && mark !== null && (
          <span className={styles.mark}>
            <Icon name={mark} />
          </span>
        )}
        {drawn && marks !== null && <PictureMarks {...marks} />}
      </span>
      {drawn && (
        <span className={styles.caption}>
          <span className={classes(styles.score, step !== null && styles[`step${step}`])}>
            {score === null ? (candidate === null ? '…' : 'no score') : formatScore(score)}
          </span>
          <span>#{seq}</span>
        </span>
      )}
    </div>
  )
}

/** Whether a person put a candidate first. */
function wasPutFirst({ interventions }: RunDetail, seq: number): boolean {
  return interventions.some((one) => one.kind === 'override' && one.until === null && one.seq === seq)
}

function itemName(
  { seq, candidate, column }: TreeNode,
  run: RunDetail,
  layout: TreeLayout,
  score: number | null,
  marks: { readonly flag: Flag; readonly rating: Rating } | null,
  mark: 'veto' | 'pin' | 'first' | null,
): string {
  const words = [`Candidate ${seq}`]
  if (candidate === null) {
    const failure = run.failures.find((one) => one.arm === 'search' && one.seq === seq)
    return [...words, failure === undefined ? 'being made' : `failed: ${failure.error.message}`].join(', ')
  }
  const unfinished = unfinishedName(run, candidate)
  if (unfinished !== null) words.push(unfinished)
  words.push(layout.columns[column]?.name ?? `round ${candidate.round + 1}`)
  words.push(score === null ? 'no score' : `score ${formatScore(score)}`)
  const parent = candidate.parent === null ? undefined : layout.nodes.get(candidate.parent)
  const stride = strideOf(parent?.candidate ?? null, candidate)
  if (parent !== undefined) words.push(`${stride ?? ''} from ${parent.seq}`)
  const names = { pin: 'pinned', veto: 'vetoed', first: 'put first' } as const
  if (mark !== null) words.push(names[mark])
  const said = marks === null ? '' : marksInWords(marks.flag, marks.rating)
  if (said !== '') words.push(said)
  if (seq === run.winner) words.push('winner')
  return words.join(', ')
}
