import { useMemo, useState } from 'react'

import type { Preview, RunDetail } from '../../../shared/domain.ts'
import { figureOf, isImage, isLive } from '../../../shared/figure.ts'
import type { Column, Figure } from '../../../shared/figure.ts'
import { formatCount, formatDelta, formatScore, formatSeconds } from '../../../shared/format.ts'
import type { VerifierId } from '../../../shared/vocabulary.ts'
import { useStudio } from '../../api/hooks.ts'
import { classes } from '../../components/classes.ts'
import { Picture } from '../../components/picture.tsx'
import { moveFocus } from '../../components/rove.ts'
import styles from './figure-view.module.css'
import { imageAlt, isSame, pictureOf, previewOf, unfinishedName } from '../../logic/run-image.ts'
import type { RunImage } from '../../logic/run-image.ts'
import { Tile } from './tile.tsx'
import type { SelectHow } from './tile.tsx'

type FigureViewProps = {
  readonly run: RunDetail
  /** Whose scores stand under the images; the guide's first unless told otherwise. */
  readonly shown?: VerifierId
  readonly previews: readonly Preview[]
  readonly aspect: number
  readonly selection: RunImage | null
  readonly onSelect: (selection: RunImage, how: SelectHow) => void
  readonly onOpen: () => void
  /** Leaves out what a row above has said already: what the halves are, and which way the compute grows. */
  readonly terse?: boolean
}

/** The paper's figure: on the left one noise with more and more steps, on the right the best of more and more noises. */
export function FigureView(props: FigureViewProps) {
  // Previews come several times a second; the figure changes with the run alone.
  const figure = useMemo(() => figureOf(props.run, props.shown), [props.run, props.shown])
  const columns = [...figure.baselines, ...figure.search]
  const [active, setActive] = useState<string | null>(null)
  const tabStop = columns.some((column) => column.id === active) ? active : (columns[0]?.id ?? null)
  const half = { ...props, figure, tabStop, onActive: setActive }
  return (
    <div
      className={classes(styles.figure, styles[breadthOf(columns.length)])}
      style={{ '--most': Math.max(figure.baselines.length, figure.search.length) }}
      onKeyDown={moveFocus}
    >
      {figure.baselines.length > 0 && (
        <Half title="More steps" about="one noise" columns={figure.baselines} {...half} />
      )}
      <Half title="Search" about={aboutOf(props.run)} columns={figure.search} {...half} />
    </div>
  )
}

function aboutOf({ spec }: RunDetail): string {
  return spec.algorithm === 'random_search'
    ? 'best of the first noises, by the guide'
    : 'best so far, by the guide'
}

/** How wide the window must be for both halves to stand side by side; the style sheet knows the widths. */
function breadthOf(columns: number): 'few' | 'some' | 'many' | 'most' {
  if (columns <= 6) return 'few'
  if (columns <= 8) return 'some'
  return columns <= 11 ? 'many' : 'most'
}

type HalfProps = FigureViewProps & {
  readonly title: string
  readonly about: string
  readonly columns: readonly Column[]
  readonly figure: Figure
  readonly tabStop: string | null
  readonly onActive: (columnId: string) => void
}

function Half({ title, about, columns, terse = false, ...rest }: HalfProps) {
  return (
    <section
      className={styles.half}
      style={{ '--columns': columns.length }}
      aria-label={`${title}: ${about}`}
    >
      <header className={styles.head}>
        <h3 className={styles.title}>{title}</h3>
        {!terse && <HalfLegend about={about} grows={columns.length > 1} />}
      </header>
      <ol className={styles.columns}>
        {columns.map((column) => (
          <li key={column.id} className={styles.column}>
            <ColumnView column={column} {...rest} />
          </li>
        ))}
      </ol>
    </section>
  )
}

function HalfLegend({ about, grows }: { readonly about: string; readonly grows: boolean }) {
  return (
    <>
      <span className={styles.about}>{about}</span>
      {grows && (
        <span className={styles.axis} aria-hidden="true">
          more compute
          <svg width="26" height="8" viewBox="0 0 26 8" fill="none" stroke="currentColor">
            <path d="M0 4h25M21.5 1l3.5 3-3.5 3" />
          </svg>
        </span>
      )}
    </>
  )
}

type ColumnViewProps = Omit<HalfProps, 'title' | 'about' | 'columns'> & { readonly column: Column }

function ColumnView({
  column,
  run,
  previews,
  aspect,
  selection,
  figure,
  tabStop,
  onSelect,
  onActive,
  onOpen,
}: ColumnViewProps) {
  const { bridge } = useStudio()
  const image = column.complete ? column.image : null
  const waited = column.awaited
    .map((seq) => previewOf(previews, { arm: column.arm, seq }))
    .find((preview) => preview !== null)
  const isWinner = image !== null && isSame(image, figure.winner)
  const isFinal = image?.arm === 'final'
  // The search's answer stands in its last column; the same image in cheaper columns gets the ring without the word.
  const lastSearch = figure.search.findLast(({ arm }) => arm === 'search')
  const isLabelled = isWinner && !isLive(run.status) && column.id === lastSearch?.id
  const unfinished = image === null ? null : unfinishedName(run, image)
  const select = (how: SelectHow) => {
    onActive(column.id)
    if (image !== null) onSelect({ arm: image.arm, seq: image.seq }, how)
  }
  return (
    <>
      <div className={styles.cost}>
        <span className={styles.count}>{column.name}</span>
        <span>{formatCount(column.nfe)} NFE</span>
        <span className={styles.seconds}>
          {column.seconds === null ? null : formatSeconds(column.seconds)}
        </span>
      </div>
      <Tile
        label={columnLabel(column, isWinner, unfinished)}
        selected={image !== null && isSame(image, selection)}
        tabStop={column.id === tabStop}
        winner={isWinner || isFinal}
        badge={isLabelled ? 'Winner' : isFinal ? 'Final' : unfinished}
        unfinished={unfinished !== null}
        marksOf={image === null ? null : pictureOf(run, image)}
        picture={
          <Picture
            url={image === null ? null : bridge.imageUrl(image.imageSha256)}
            alt={image === null ? '' : imageAlt(run, image)}
            preview={waited ?? null}
            grain={isLive(run.status) ? (column.awaited[0] ?? 0) + (column.arm === 'search' ? 100 : 0) : null}
            aspect={aspect}
            eager
          />
        }
        caption={<Caption column={column} live={isLive(run.status)} />}
        onSelect={select}
        onOpen={image === null ? undefined : onOpen}
      />
    </>
  )
}

function Caption({ column, live }: { readonly column: Column; readonly live: boolean }) {
  if (!column.complete) {
    if (!live) return <span className={styles.faint}>not made</span>
    const counted = column.arm === 'search' && column.made > 0
    return <span className={styles.faint}>{counted ? `${column.made} of ${column.count}` : null}</span>
  }
  return (
    <>
      <span className={styles.score}>{scoreText(column)}</span>
      {column.delta !== null && (
        <span
          className={classes(styles.delta, column.delta > 0.0005 && styles.better)}
          title={`Against ${formatCount(column.nfe)} NFE spent on steps`}
        >
          {formatDelta(column.delta)}
        </span>
      )}
    </>
  )
}

/** Where an algorithm wants no verdict on what is unfinished, nothing has failed. */
function scoreText({ image, score }: Column): string {
  if (score !== null) return formatScore(score)
  return image !== null && !isImage(image) ? 'not judged' : 'no score'
}

function columnLabel(column: Column, isWinner: boolean, unfinished: string | null): string {
  const parts = [column.name, `${formatCount(column.nfe)} NFE`]
  if (!column.complete) return [...parts, 'not finished'].join(', ')
  if (column.seconds !== null) parts.push(formatSeconds(column.seconds))
  parts.push(column.score === null ? scoreText(column) : `score ${formatScore(column.score)}`)
  if (column.delta !== null) parts.push(`${formatDelta(column.delta)} against more steps at the same cost`)
  if (unfinished !== null) parts.push(unfinished)
  if (isWinner) parts.push('winner')
  return parts.join(', ')
}
