import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual'
import type { Range } from '@tanstack/react-virtual'
import { useCallback, useLayoutEffect, useRef, useState } from 'react'
import type { KeyboardEvent, ReactNode } from 'react'

import type { Candidate, Preview, RunDetail } from '../../../shared/domain.ts'
import { isLive } from '../../../shared/figure.ts'
import { formatCount, formatScore } from '../../../shared/format.ts'
import type { PictureId } from '../../../shared/gallery.ts'
import { scoreBy } from '../../../shared/ranking.ts'
import { roundName } from '../../../shared/rounds.ts'
import type { Hand } from '../../../shared/steering.ts'
import type { VerifierId } from '../../../shared/vocabulary.ts'
import { useStudio } from '../../api/hooks.ts'
import { Picture } from '../../components/picture.tsx'
import { Segments } from '../../components/segments.tsx'
import styles from './candidate-strip.module.css'
import type { Order, Ranked } from '../../logic/order.ts'
import { imageAlt, isSame, pictureOf, previewOf, stripTileId, unfinishedName } from '../../logic/run-image.ts'
import type { RunImage } from '../../logic/run-image.ts'
import { Tile } from './tile.tsx'
import type { SelectHow } from './tile.tsx'

/** Least width of a tile, and the gaps between tiles, in CSS pixels. */
const leastTile = 92
const gap = { x: 10, y: 12 }
/** Under the picture, in CSS pixels. */
const captionHeight = 26

type CandidateStripProps = {
  readonly run: RunDetail
  /** Whose scores stand under the images. */
  readonly shown: VerifierId
  readonly ranked: readonly Ranked[]
  readonly order: Order
  readonly onOrder: (order: Order) => void
  readonly previews: readonly Preview[]
  readonly aspect: number
  readonly winner: Candidate | null
  readonly hand: Hand
  /** The image in front. */
  readonly selection: RunImage | null
  /** Where several are selected: all of them. */
  readonly selected: ReadonlySet<PictureId>
  /** What can be done with those; nothing while one alone is selected. */
  readonly bar: ReactNode
  /** Selects the image in front alone. */
  readonly onAlone: () => void
  /** Selects every candidate that is finished. */
  readonly onAll: () => void
  readonly onSelect: (selection: RunImage, how: SelectHow) => void
  readonly onOpen: () => void
}

/** Every candidate of a run, finished or in the making; only the rows near the window are drawn. */
export function CandidateStrip(props: CandidateStripProps) {
  const { run, ranked, order, aspect, onOrder, selection } = props
  const isEmpty = ranked.length === 0
  const list = useRef<HTMLOListElement>(null)
  const [place, setPlace] = useState<Place>({ width: 0, top: 0, scroller: null })
  const columns = Math.max(1, Math.floor((place.width + gap.x) / (leastTile + gap.x)))
  const rowHeight =
    Math.round((place.width - (columns - 1) * gap.x) / columns / aspect) + captionHeight + gap.y

  // The list begins somewhere within what scrolls; what stands above it grows and shrinks.
  useLayoutEffect(() => {
    const element = list.current
    if (element === null) return undefined
    const scroller = scrollerOf(element)
    const measure = () => {
      const top =
        element.getBoundingClientRect().top - scroller.getBoundingClientRect().top + scroller.scrollTop
      setPlace((before) =>
        before.width === element.clientWidth && Math.abs(before.top - top) < 1
          ? before
          : { width: element.clientWidth, top, scroller },
      )
    }
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    if (scroller.firstElementChild !== null) observer.observe(scroller.firstElementChild)
    return () => observer.disconnect()
  }, [isEmpty])

  /** The tile that the arrows have reached, also where nothing is finished that could be selected. */
  const [reached, setReached] = useState<number | null>(null)
  const front = reached ?? (selection?.arm === 'search' ? selection.seq : null)
  const frontIndex = front === null ? -1 : ranked.findIndex(({ seq }) => seq === front)
  const frontRow = frontIndex < 0 ? null : Math.floor(frontIndex / columns)
  // It stays in the document wherever the view is scrolled to: the focus is on it.
  const withFront = useCallback(
    (range: Range) => {
      const near = defaultRangeExtractor(range)
      if (frontRow === null || near.includes(frontRow)) return near
      return [...near, frontRow].sort((a, b) => a - b)
    },
    [frontRow],
  )
  // eslint-disable-next-line react-hooks/incompatible-library -- the virtualizer draws this component anew by itself
  const virtualizer = useVirtualizer({
    count: place.width === 0 ? 0 : Math.ceil(ranked.length / columns),
    getScrollElement: () => place.scroller,
    estimateSize: () => rowHeight,
    scrollMargin: place.top,
    overscan: 6,
    rangeExtractor: withFront,
  })
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, rowHeight])
  const drawn = virtualizer
    .getVirtualItems()
    .flatMap(({ index, start }) =>
      ranked
        .slice(index * columns, (index + 1) * columns)
        .map((slot, column) => ({ slot, column, top: start - place.top })),
    )
  const tabStop = (drawn.find(({ slot }) => slot.seq === front) ?? drawn[0])?.slot

  /** Whether the arrows select everything up to what they reach. */
  const extending = useRef(false)
  const select = (image: RunImage, how: SelectHow) => {
    setReached(image.seq)
    props.onSelect(image, how === 'alone' && extending.current ? 'range' : how)
  }
  // A tile that the arrows have reached is drawn first, then gets the focus, and with it the selection.
  const awaited = useRef<number | null>(null)
  useLayoutEffect(() => {
    if (awaited.current === null || awaited.current !== reached) return
    const element = document.getElementById(stripTileId({ arm: 'search', seq: reached }))
    awaited.current = null
    element?.focus({ preventScroll: true })
    element?.scrollIntoView({ block: 'nearest' })
    extending.current = false
  })
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (event.key === 'Escape' && props.selected.size > 0) {
      event.stopPropagation()
      props.onAlone()
      return
    }
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'a') {
      event.preventDefault()
      props.onAll()
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const next = ranked[movedIndex(frontIndex, event.key, columns, ranked.length)]
    if (next === undefined || next.seq === front) return
    event.preventDefault()
    extending.current = event.shiftKey
    awaited.current = next.seq
    setReached(next.seq)
  }
  return (
    <section className={styles.strip} aria-label="Candidates">
      <header className={styles.head}>
        <h3 className={styles.title}>
          Candidates <span className={styles.count}>{formatCount(run.candidates.length)}</span>
        </h3>
        {props.bar}
        <Segments
          label="Order of the candidates"
          value={order}
          options={[
            { id: 'score', label: run.spec.guide.length > 1 ? 'By rank' : 'By score' },
            { id: 'drawn', label: 'As drawn' },
          ]}
          onPick={onOrder}
        />
      </header>
      {isEmpty ? (
        <p className={styles.none}>This run ended before its first candidate was finished.</p>
      ) : (
        <ol
          ref={list}
          className={styles.tiles}
          style={{
            '--columns': columns,
            '--whole': `${virtualizer.getTotalSize()}px`,
          }}
          onKeyDown={onKeyDown}
        >
          {drawn.map(({ slot, column, top }) => (
            <li key={slot.seq} style={{ '--column': column, '--top': `${top}px` }}>
              <CandidateTile {...props} onSelect={select} slot={slot} tabStop={slot === tabStop} />
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}

/** Where a key leads in a grid filled row by row; the place itself at an edge, -1 for every other key. */
function movedIndex(index: number, key: string, columns: number, count: number): number {
  const steps: Readonly<Record<string, number>> = {
    ...{ ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns },
    ...{ Home: -index, End: count - 1 - index },
  }
  const step = steps[key]
  if (step === undefined) return -1
  const to = index + step
  if (to >= count && Math.floor(index / columns) < Math.floor((count - 1) / columns)) return count - 1
  return to < 0 || to >= count ? index : to
}

type Place = {
  /** Of the list, in CSS pixels; 0 before it was measured. */
  readonly width: number
  /** From the beginning of what scrolls. */
  readonly top: number
  readonly scroller: HTMLElement | null
}

/** What scrolls an element: the nearest one around it that can. */
function scrollerOf(element: HTMLElement): HTMLElement {
  for (let around = element.parentElement; around !== null; around = around.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(around).overflowY)) return around
  }
  return document.documentElement
}

type CandidateTileProps = Omit<
  CandidateStripProps,
  'ranked' | 'order' | 'onOrder' | 'bar' | 'onAlone' | 'onAll'
> & {
  readonly slot: Ranked
  readonly tabStop: boolean
}

function CandidateTile({
  slot,
  run,
  shown,
  previews,
  aspect,
  winner,
  hand,
  selection,
  selected,
  tabStop,
  onSelect,
  onOpen,
}: CandidateTileProps) {
  const { bridge } = useStudio()
  const { seq, candidate, rank, failure } = slot
  const place: RunImage = { arm: 'search', seq }
  const score = candidate === null ? null : scoreBy(candidate, shown)
  const preview = candidate === null ? previewOf(previews, place) : null
  const id = candidate === null ? null : pictureOf(run, candidate)
  const [started, setStarted] = useState(false)
  if (preview !== null && !started) setStarted(true)
  const isWinner = candidate !== null && isSame(candidate, winner)
  const unfinished = candidate === null ? null : unfinishedName(run, candidate)
  const round = candidate === null ? null : roundName(run.spec, candidate.round)
  const mark = hand.vetoed.has(seq) ? 'veto' : hand.pinned.has(seq) ? 'pin' : null
  // Where an algorithm wants no verdict on what is unfinished, nothing has failed.
  const noScore = unfinished === null ? 'no score' : 'not judged'
  const scoreText =
    score === null ? noScore : `${rank === null ? '' : `rank ${rank}, `}score ${formatScore(score)}`
  return (
    <Tile
      id={stripTileId(place)}
      label={
        candidate === null
          ? `Candidate ${seq}, ${failure === null ? 'not finished' : `failed: ${failure.message}`}`
          : [
              `Candidate ${seq}`,
              ...(unfinished === null ? [] : [unfinished]),
              ...(round === null ? [] : [round]),
              scoreText,
              ...(mark === null ? [] : [mark === 'pin' ? 'pinned' : 'vetoed']),
              ...(isWinner ? ['winner'] : []),
            ].join(', ')
      }
      selected={isSame(place, selection)}
      among={id !== null && selected.has(id)}
      marksOf={id}
      tabStop={tabStop}
      winner={isWinner}
      badge={isWinner && !isLive(run.status) ? 'Winner' : unfinished}
      unfinished={unfinished !== null}
      mark={mark}
      picture={
        <Picture
          url={candidate === null ? null : bridge.imageUrl(candidate.imageSha256)}
          alt={candidate === null ? '' : imageAlt(run, candidate)}
          preview={preview}
          grain={isLive(run.status) && failure === null ? seq + 100 : null}
          aspect={aspect}
        />
      }
      caption={
        candidate === null ? (
          <>
            <span className={failure === null ? styles.faint : styles.failed} title={failure?.message}>
              {failure !== null
                ? 'failed'
                : preview !== null
                  ? `${preview.step} / ${preview.steps}`
                  : started
                    ? 'judging'
                    : 'waiting'}
            </span>
            <span className={styles.faint}>#{seq}</span>
          </>
        ) : (
          <>
            <span>
              {rank !== null && <span className={styles.rank}>{rank}</span>}
              <span className={styles.score}>{score === null ? noScore : formatScore(score)}</span>
            </span>
            <span className={styles.faint}>#{seq}</span>
          </>
        )
      }
      onSelect={candidate === null ? undefined : (how) => onSelect(place, how)}
      onOpen={candidate === null ? undefined : onOpen}
    />
  )
}
