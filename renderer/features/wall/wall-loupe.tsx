import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useLayoutEffect, useMemo, useRef } from 'react'
import type { ReactNode } from 'react'

import {
  formatCount,
  formatDelta,
  formatMoment,
  formatScore,
  formatSeconds,
  shortHash,
} from '../../../shared/format.ts'
import type { Board, Picture as PictureDetails, PictureId } from '../../../shared/gallery.ts'
import { algorithms, verifiers } from '../../../shared/vocabulary.ts'
import { idsOf } from '../../../shared/vocabulary.ts'
import { useMarks, usePictures, useQuery, useStudio, valueOf } from '../../api/hooks.ts'
import { Button } from '../../components/button.tsx'
import { classes } from '../../components/classes.ts'
import { CopyButton } from '../../components/copy-button.tsx'
import { Facts } from '../../components/facts.tsx'
import type { Fact } from '../../components/facts.tsx'
import { MarkBar } from '../../components/mark-bar.tsx'
import { Picture } from '../../components/picture.tsx'
import { PromptText } from '../../components/prompt-text.tsx'
import { Stage } from '../../components/stage.tsx'
import { isTyping } from '../../components/typing.ts'
import { useZoom } from '../../components/use-zoom.ts'
import { ZoomPane } from '../../components/zoom-pane.tsx'
import { pictureName } from '../../logic/picture-name.ts'
import { gridId } from './wall-grid.tsx'
import { titleOf } from './wall-tile.tsx'
import styles from './wall-loupe.module.css'

type WallLoupeProps = {
  readonly ids: readonly PictureId[]
  readonly active: PictureId
  readonly boards: readonly Board[]
  readonly facts: boolean
  readonly filmstrip: boolean
  readonly onFacts: (shown: boolean) => void
  readonly onFilmstrip: (shown: boolean) => void
  /** Brings another picture to the front. */
  readonly onChoose: (id: PictureId) => void
  /** Opens the run of the picture in front. */
  readonly onOpen: () => void
  readonly onOpenRun: (runId: number) => void
  /** Narrows the wall to a run. */
  readonly onNarrow: (runId: number) => void
  readonly onTakeOff: (board: Board) => void
  readonly onClose: () => void
  /** What lies over the loupe: the choice of a board. */
  readonly children: ReactNode
}

/** The picture in front, as large as there is room; arrows go on through the wall's order. */
export function WallLoupe({
  ids,
  active,
  boards,
  facts,
  filmstrip,
  onFacts,
  onFilmstrip,
  onChoose,
  onOpen,
  onOpenRun,
  onNarrow,
  onTakeOff,
  onClose,
  children,
}: WallLoupeProps) {
  const { bridge } = useStudio()
  const marks = useMarks()
  const zoom = useZoom()
  const index = ids.indexOf(active)
  const near = useMemo(() => ids.slice(Math.max(0, index - 1), index + 2), [ids, index])
  const details = usePictures(near)
  const picture = details.find((each) => each?.id === active) ?? null
  const neighbours = details.flatMap((each) =>
    each === null || each.id === active ? [] : [each.imageSha256],
  )
  useLoaded(neighbours.map((sha256) => bridge.imageUrl(sha256)))

  const move = (to: number) => {
    const id = ids[Math.max(0, Math.min(ids.length - 1, to))]
    if (id !== undefined && id !== active) onChoose(id)
  }
  const mark = picture === null ? null : marks.of(picture)
  return (
    <Stage
      title={`${picture === null ? 'Picture' : pictureName(picture)}, ${formatCount(index + 1)} of ${formatCount(ids.length)}`}
      onClose={onClose}
      returnFocusTo={gridId}
      onKey={(event) => {
        if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return
        const to = { ArrowLeft: index - 1, ArrowRight: index + 1, Home: 0, End: ids.length - 1 }[event.key]
        if (to !== undefined && !event.shiftKey) {
          event.preventDefault()
          move(to)
        } else if (event.key.toLowerCase() === 'i') {
          event.preventDefault()
          onFacts(!facts)
        } else if (event.key === 'g' || (event.key === ' ' && event.target === event.currentTarget)) {
          event.preventDefault()
          onClose()
        } else if (event.key === 'Enter' && event.target === event.currentTarget) {
          onOpen()
        } else zoom.onKey(event, 'loupe')
      }}
      tools={
        <>
          {picture !== null && mark !== null && (
            <MarkBar
              flag={mark.flag}
              rating={mark.rating}
              name={pictureName(picture)}
              onMark={(change) => void marks.set([picture.id], change)}
            />
          )}
          <Button
            look="plain"
            icon="left"
            aria-label="Picture before (left arrow)"
            aria-disabled={index <= 0}
            onClick={() => move(index - 1)}
          />
          <Button
            look="plain"
            icon="right"
            aria-label="Next picture (right arrow)"
            aria-disabled={index >= ids.length - 1}
            onClick={() => move(index + 1)}
          />
          <Button look="plain" aria-pressed={filmstrip} onClick={() => onFilmstrip(!filmstrip)}>
            Filmstrip
          </Button>
          <Button
            look="plain"
            icon="facts"
            aria-label="What is known of it (I)"
            aria-pressed={facts}
            onClick={() => onFacts(!facts)}
          />
        </>
      }
    >
      <div className={styles.loupe}>
        <div className={styles.row}>
          <ZoomPane
            zoom={zoom}
            pane="loupe"
            size={picture ?? unknownSize}
            url={picture === null ? null : bridge.imageUrl(picture.imageSha256)}
            alt={picture === null ? '' : titleOf(picture)}
            className={styles.pane}
          />
          {facts && picture !== null && (
            <aside className={styles.facts} aria-label="What is known of this picture">
              <p className={styles.prompt}>
                <PromptText text={titleOf(picture)} lines={3} />
              </p>
              {picture.origin.kind === 'candidate' && (
                <RunLinks runId={picture.origin.runId} onOpenRun={onOpenRun} onNarrow={onNarrow} />
              )}
              <OnBoards picture={picture} boards={boards} onTakeOff={onTakeOff} />
              <Known picture={picture} />
            </aside>
          )}
        </div>
        {filmstrip && <Filmstrip ids={ids} index={index} onChoose={onChoose} />}
        {children}
      </div>
    </Stage>
  )
}

const unknownSize = { width: 1, height: 1 }

/** Has images loaded before they are shown. */
function useLoaded(urls: readonly string[]): void {
  const key = urls.join(' ')
  useEffect(() => {
    for (const url of key.split(' ')) if (url !== '') new Image().src = url
  }, [key])
}

type RunLinksProps = Pick<WallLoupeProps, 'onOpenRun' | 'onNarrow'> & { readonly runId: number }

function RunLinks({ runId, onOpenRun, onNarrow }: RunLinksProps) {
  return (
    <div className={styles.links}>
      <Button onClick={() => onOpenRun(runId)}>Open run {runId}</Button>
      <Button look="plain" onClick={() => onNarrow(runId)}>
        All of run {runId}
      </Button>
    </div>
  )
}

type OnBoardsProps = {
  readonly picture: PictureDetails
  readonly boards: readonly Board[]
  readonly onTakeOff: (board: Board) => void
}

function OnBoards({ picture, boards, onTakeOff }: OnBoardsProps) {
  const on = boards.filter(({ id }) => picture.boards.includes(id))
  if (on.length === 0) return null
  return (
    <ul className={styles.boards} aria-label="Boards of this picture">
      {on.map((board) => (
        <li key={board.id} className={styles.board}>
          <bdi>{board.name}</bdi>
          <Button
            look="plain"
            icon="close"
            aria-label={`Take it off ${board.name}`}
            onClick={(event) => {
              event.currentTarget.closest<HTMLElement>('section')?.focus()
              onTakeOff(board)
            }}
          />
        </li>
      ))}
    </ul>
  )
}

/** Scores first, then how it was made. */
function Known({ picture }: { readonly picture: PictureDetails }) {
  const { origin } = picture
  const line = valueOf(
    useQuery(
      'lineage',
      origin.kind === 'candidate' ? { runId: origin.runId, arm: origin.arm, seq: origin.seq } : null,
    ),
  )
  const recipe = line?.at(-1)?.recipe ?? null
  const made: readonly Fact[] =
    origin.kind === 'outside'
      ? [{ name: 'File', value: origin.name }]
      : [
          {
            name: 'Made by',
            value:
              origin.arm === 'baseline'
                ? `Baseline of ${algorithms[origin.algorithm].label}`
                : `${algorithms[origin.algorithm].label}, round ${origin.round + 1}`,
          },
          { name: 'Pack', value: origin.pack },
          { name: 'Steps', value: formatCount(origin.steps) },
          { name: 'Cost', value: `${formatCount(origin.nfe)} NFE, ${formatSeconds(origin.seconds)}` },
          {
            name: 'Seed',
            value: recipe?.seed ?? '',
            ...(recipe === null ? {} : { tool: <CopyButton text={recipe.seed} what="seed" /> }),
          },
          {
            name: 'Recipe',
            value: recipe === null ? '' : `${recipe.generator}, stream ${recipe.stream}`,
            ...(recipe === null ? {} : { tool: <CopyButton text={JSON.stringify(recipe)} what="recipe" /> }),
          },
        ]
  return (
    <Facts
      facts={[
        ...scoreFacts(picture),
        ...made,
        { name: 'Made', value: formatMoment(picture.madeAt, new Date()) },
        { name: 'Size', value: `${picture.width} × ${picture.height}` },
        {
          name: 'Image hash',
          value: <code title={picture.imageSha256}>{shortHash(picture.imageSha256)}</code>,
          tool: <CopyButton text={picture.imageSha256} what="image hash" />,
        },
      ]}
    />
  )
}

function scoreFacts({ origin, scores }: PictureDetails): readonly Fact[] {
  return idsOf(verifiers).flatMap((id): readonly Fact[] => {
    const score = scores[id]
    if (score === undefined) return []
    const [delta, role] =
      origin.kind === 'outside'
        ? [undefined, '']
        : [
            origin.deltas[id],
            origin.guide.includes(id) ? 'guide' : origin.heldOut.includes(id) ? 'held out' : 'asked later',
          ]
    const value = (
      <>
        {role === 'guide' ? <strong>{formatScore(score)}</strong> : formatScore(score)}
        {delta !== undefined && (
          <span className={styles.delta} title="Difference to the baseline with the most steps">
            {formatDelta(delta)}
          </span>
        )}
        <span className={styles.role}>{role}</span>
      </>
    )
    return [{ name: verifiers[id].label, value }]
  })
}

/** Width of a picture of the strip with the gap beside it, in CSS pixels. */
const frameWidth = 68

type FilmstripProps = {
  readonly ids: readonly PictureId[]
  readonly index: number
  readonly onChoose: (id: PictureId) => void
}

/** The wall's order in one line, the picture in front in its middle. */
function Filmstrip({ ids, index, onChoose }: FilmstripProps) {
  const { bridge } = useStudio()
  const strip = useRef<HTMLDivElement>(null)
  // eslint-disable-next-line react-hooks/incompatible-library -- the virtualizer draws this component anew by itself
  const virtualizer = useVirtualizer({
    horizontal: true,
    count: ids.length,
    getScrollElement: () => strip.current,
    estimateSize: () => frameWidth,
    overscan: 6,
  })
  useLayoutEffect(() => virtualizer.scrollToIndex(index, { align: 'center' }), [virtualizer, index])
  const items = virtualizer.getVirtualItems()
  const [from, to] = [items[0]?.index ?? 0, (items.at(-1)?.index ?? -1) + 1]
  const visible = useMemo(() => ids.slice(from, to), [ids, from, to])
  const details = usePictures(visible)
  return (
    <div ref={strip} className={styles.strip} role="group" aria-label="Filmstrip" tabIndex={-1}>
      <div className={styles.film} style={{ '--width': `${ids.length * frameWidth}px` }}>
        {visible.map((id, at) => {
          const picture = details[at] ?? null
          return (
            <button
              key={id}
              type="button"
              tabIndex={-1}
              className={classes(styles.frame, from + at === index && styles.current)}
              aria-label={picture === null ? 'Picture' : pictureName(picture)}
              aria-current={from + at === index ? 'true' : undefined}
              style={{ '--left': `${(from + at) * frameWidth}px` }}
              onClick={(event) => {
                event.currentTarget.closest<HTMLElement>('section')?.focus()
                onChoose(id)
              }}
            >
              <Picture url={picture === null ? null : bridge.imageUrl(picture.imageSha256)} alt="" eager />
            </button>
          )
        })}
      </div>
    </div>
  )
}
