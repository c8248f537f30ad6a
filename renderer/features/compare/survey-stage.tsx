import { useEffect, useMemo, useState } from 'react'
import type { KeyboardEvent } from 'react'

import { formatCount, formatScore, formatSeconds } from '../../../shared/format.ts'
import type { Picture, PictureId } from '../../../shared/gallery.ts'
import { verifiers } from '../../../shared/vocabulary.ts'
import { useMarks, usePictures, useStudio, useUndo } from '../../api/hooks.ts'
import { Button } from '../../components/button.tsx'
import { classes } from '../../components/classes.ts'
import { KeyHints } from '../../components/key-hints.tsx'
import { MarkBar } from '../../components/mark-bar.tsx'
import { markOfKey } from '../../components/mark-keys.ts'
import { PromptText } from '../../components/prompt-text.tsx'
import { moveFocus } from '../../components/rove.ts'
import { Stage } from '../../components/stage.tsx'
import type { Zoom } from '../../components/use-zoom.ts'
import { ZoomPane } from '../../components/zoom-pane.tsx'
import { marksInWords } from '../../logic/marks.ts'
import { pictureName } from '../../logic/picture-name.ts'
import { ComparisonArea } from './comparison-area.tsx'
import type { Compared } from './comparison-area.tsx'
import { ComparisonTools, swapHint, wayHints, zoomHints } from './comparison-tools.tsx'
import { PictureChoices } from './picture-choices.tsx'
import { describeDiffering, differingSettings, scoreRows } from './survey.ts'
import type { Differing, ScoreRow } from './survey.ts'
import styles from './survey-stage.module.css'
import { useComparison } from './use-comparison.ts'

type SurveyStageProps = {
  /** Any number; four are shown at a time, and the next come in as some are taken out. */
  readonly pictures: readonly PictureId[]
  readonly onClose: () => void
}

/** Pictures that stand side by side at a time. */
const mostShown = 4

const markHints = [
  { keys: ['P', 'X', 'U'], what: 'pick, reject, clear' },
  { keys: ['0', '–', '5'], what: 'stars' },
  { keys: ['Del'], what: 'take out' },
]

/**
 * Two to four pictures with everything that tells them apart: side by side, or one of them, the reference, laid over
 * any other. The reference is A; which other picture is B goes with the one in front.
 */
export function SurveyStage({ pictures, onClose }: SurveyStageProps) {
  const [, undo] = useUndo()
  const { bridge } = useStudio()
  const marks = useMarks()
  const comparison = useComparison('beside')
  const [out, setOut] = useState<ReadonlySet<PictureId>>(new Set())
  const left = useMemo(() => pictures.filter((id) => !out.has(id)), [pictures, out])
  const shownIds = useMemo(() => left.slice(0, mostShown), [left])
  const found = usePictures(shownIds)
  const [chosen, choose] = useState<Chosen>({ active: null, reference: null, other: null })
  const inShown = (id: PictureId | null) => (id !== null && shownIds.includes(id) ? id : null)
  const active = inShown(chosen.active) ?? shownIds[0] ?? null
  const reference = inShown(chosen.reference) ?? shownIds[0] ?? null
  const others = shownIds.filter((id) => id !== reference)
  const other = others.find((id) => id === chosen.other) ?? others[0] ?? null
  const isPair = shownIds.length === 2

  const bringForward = (id: PictureId) =>
    choose({ active: id, reference, other: id === reference ? other : id })
  const makeReference = (id: PictureId | null) => {
    if (id === null || id === reference) return
    // Laid over each other, the keys go on with B, which was the reference.
    choose({ active: isPair || !laidOver ? id : reference, reference: id, other: reference })
  }

  const takeOut = (id: PictureId) => {
    const put = (isOut: boolean) =>
      setOut((now) => {
        const next = new Set(now)
        if (isOut) next.add(id)
        else next.delete(id)
        return next
      })
    const next = left[left.indexOf(id) + 1] ?? left[left.indexOf(id) - 1]
    put(true)
    if (next !== undefined) bringForward(next)
    undo.done({
      label: 'Took a picture out of the comparison',
      undo: () => Promise.resolve(put(false)),
      redo: () => Promise.resolve(put(true)),
    })
  }
  // With the picture that was taken out, what had the focus in it is gone.
  useEffect(() => {
    if (document.activeElement !== document.body) return
    document.getElementById(active === null ? backId : cellId(active))?.focus()
  }, [active, shownIds])

  const cells = (isPair ? [reference, other] : shownIds).map((id) => ({
    id: id ?? 0,
    picture: found[shownIds.indexOf(id ?? 0)] ?? null,
  }))
  const known = cells.flatMap(({ picture }) => (picture === null ? [] : [picture]))
  const rows = scoreRows(cells.map(({ picture }) => picture))
  const differing = known.length === cells.length ? differingSettings(known) : []
  const pictureOf = (id: PictureId | null) => known.find((picture) => picture.id === id)
  const [a, b] = [pictureOf(reference), pictureOf(other)]
  const laidOver = comparison.way !== 'beside' && a !== undefined && b !== undefined
  const swap = () => makeReference(isPair || laidOver ? other : active)

  const onKey = (event: KeyboardEvent) => {
    if (event.defaultPrevented) return
    const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey
    const change = markOfKey(event)
    const step = isPlain && laidOver && !(event.target instanceof HTMLInputElement) ? stepOf(event.key) : 0
    if (active !== null && change !== null) {
      event.preventDefault()
      void marks.set([active], change)
    } else if (active !== null && (event.key === 'Delete' || event.key === 'Backspace')) {
      event.preventDefault()
      takeOut(active)
    } else if (event.key === 'c' && !event.ctrlKey && !event.metaKey) {
      event.preventDefault()
      onClose()
    } else if (isPlain && event.key.toLowerCase() === 'o') {
      event.preventDefault()
      swap()
    } else if (step !== 0 && other !== null) {
      event.preventDefault()
      bringForward(others[others.indexOf(other) + step] ?? other)
    } else if (cells.length > 1 || !(event.key.toLowerCase() in wayKeys)) comparison.onKey(event)
  }

  const cell = (id: PictureId | null, pane: boolean) => {
    const index = cells.findIndex((each) => each.id === id)
    const one = cells[index]
    if (one === undefined) return null
    const isReference = one.id === reference && cells.length > 1
    return (
      <Cell
        key={one.id}
        {...one}
        letter={isReference ? 'A' : one.id === other && (isPair || laidOver) ? 'B' : null}
        isReference={isReference && !isPair}
        rows={rows}
        differing={differing}
        index={index}
        zoom={pane ? comparison.zoom : null}
        isActive={one.id === active}
        onActive={() => {
          bringForward(one.id)
          comparison.setPane(paneOf(one.id))
        }}
        onTakeOut={() => takeOut(one.id)}
      />
    )
  }

  return (
    <Stage
      title={cells.length === 1 ? 'One picture' : `Compare ${cells.length} pictures`}
      onClose={onClose}
      onKey={onKey}
      tools={
        cells.length > 1 && (
          <ComparisonTools
            comparison={comparison}
            swapLabel={isPair ? 'Swap sides' : 'Make it the reference'}
            onSwap={swap}
          />
        )
      }
    >
      <div className={styles.survey}>
        <p className={styles.note} aria-live="polite">
          {known.length === cells.length && describeDiffering(known)}
          {cells.length > 2 && a !== undefined && ` A, the reference, is ${pictureName(a)}.`}
          {left.length > mostShown && ` ${left.length - mostShown} more come in as you take pictures out.`}
        </p>
        {cells.length === 0 ? (
          <div className={styles.nothing}>
            <p>Every picture was taken out of this comparison.</p>
            {out.size > 0 && (
              <Button id={backId} onClick={() => setOut(new Set())}>
                Bring them back
              </Button>
            )}
          </div>
        ) : laidOver ? (
          <>
            <div className={styles.pair}>
              {cell(reference, false)}
              <div className={styles.area}>
                <ComparisonArea comparison={comparison} a={comparedOf(a)} b={comparedOf(b)} />
              </div>
              {cell(other, false)}
            </div>
            {!isPair && (
              <div className={styles.choices} onFocus={() => other !== null && bringForward(other)}>
                <PictureChoices
                  label="Laid over A"
                  eager
                  value={other}
                  choices={cells.map(({ id, picture }) => ({
                    id,
                    url: picture === null ? null : bridge.imageUrl(picture.imageSha256),
                    alt: picture === null ? 'Picture' : pictureName(picture),
                    text: id === reference ? 'A' : id === other ? 'B' : '',
                    fixed: id === reference,
                  }))}
                  onPick={bringForward}
                />
              </div>
            )}
          </>
        ) : (
          <div
            className={styles.cells}
            style={{ '--cells': cells.length }}
            onKeyDown={(event) => {
              if (!event.shiftKey) moveFocus(event)
            }}
          >
            {cells.map(({ id }) => cell(id, true))}
          </div>
        )}
        <KeyHints
          hints={[
            { keys: ['←', '→'], what: laidOver ? 'next B' : 'next picture' },
            ...markHints,
            ...(cells.length > 1 ? wayHints : []),
            ...(cells.length > 1 ? [isPair ? swapHint : { keys: ['O'], what: 'make it the reference' }] : []),
            ...zoomHints,
          ]}
        />
      </div>
    </Stage>
  )
}

type Chosen = {
  /** The picture that the keys act on. */
  readonly active: PictureId | null
  readonly reference: PictureId | null
  /** What the reference was compared with last. */
  readonly other: PictureId | null
}

function stepOf(key: string): -1 | 0 | 1 {
  return key === 'ArrowLeft' ? -1 : key === 'ArrowRight' ? 1 : 0
}

/** Keys that take two pictures. */
const wayKeys = { s: true, j: true, i: true, h: true }

const backId = 'survey-back'
const cellId = (id: PictureId) => `survey-${id}`
const paneOf = (id: PictureId) => String(id)

function comparedOf(picture: Picture): Compared {
  const { imageSha256, width, height } = picture
  const name = pictureName(picture)
  return { name, alt: `${picture.prompt}, ${name}`, imageSha256, size: { width, height } }
}

type CellProps = {
  readonly id: PictureId
  /** Null until it has come. */
  readonly picture: Picture | null
  readonly letter: 'A' | 'B' | null
  /** Said where there are more than two. */
  readonly isReference: boolean
  readonly rows: readonly ScoreRow[]
  readonly differing: readonly Differing[]
  /** Its place in the rows. */
  readonly index: number
  /** Null where the picture is shown elsewhere. */
  readonly zoom: Zoom | null
  readonly isActive: boolean
  readonly onActive: () => void
  readonly onTakeOut: () => void
}

/** One picture of a survey: the picture, its marks, its scores, what it cost and where its settings differ. */
function Cell(props: CellProps) {
  const { id, picture, letter, isReference, rows, differing, index, zoom, isActive, onActive, onTakeOut } =
    props
  const { bridge } = useStudio()
  const marks = useMarks()
  const name = picture === null ? 'Picture' : pictureName(picture)
  const mark = picture === null ? { flag: null, rating: 0 as const } : marks.of(picture)
  const label = [letter, name, isReference && 'the reference', marksInWords(mark.flag, mark.rating)]
    .filter(Boolean)
    .join(', ')
  return (
    <div
      id={cellId(id)}
      role="group"
      aria-label={label}
      tabIndex={isActive ? 0 : -1}
      data-rove
      data-autofocus={isActive || undefined}
      className={classes(styles.cell, isActive && styles.active, mark.flag === 'reject' && styles.rejected)}
      onFocus={onActive}
      onPointerDown={onActive}
    >
      {zoom !== null && (
        <ZoomPane
          zoom={zoom}
          pane={paneOf(id)}
          size={picture ?? { width: 1, height: 1 }}
          url={picture === null ? null : bridge.imageUrl(picture.imageSha256)}
          alt={picture === null ? '' : `${picture.prompt}, ${name}`}
          className={styles.pane}
        />
      )}
      <div className={styles.head}>
        <p className={styles.name}>
          {letter !== null && <span className={styles.letter}>{letter} </span>}
          {name}
          {isReference && <span className={styles.reference}> reference</span>}
        </p>
        <Button
          look="plain"
          icon="minus"
          aria-label={`Take ${name} out of the comparison (Delete)`}
          onClick={onTakeOut}
        />
      </div>
      {picture !== null && (
        <MarkBar {...mark} name={name} onMark={(change) => void marks.set([id], change)} />
      )}
      {picture !== null && (
        <dl className={styles.facts}>
          {rows.map(({ verifier, scores, best }) => {
            const score = scores[index] ?? null
            return (
              <div key={verifier} className={classes(styles.row, best[index] && styles.best)}>
                <dt>{verifiers[verifier].label}</dt>
                <dd>
                  {best[index] && <span className={styles.word}>best </span>}
                  {score === null ? 'no score' : formatScore(score)}
                </dd>
              </div>
            )
          })}
          <div className={styles.row}>
            <dt>Cost of it alone</dt>
            <dd>{costOf(picture)}</dd>
          </div>
          {differing
            .filter((setting) => setting.name !== 'prompt')
            .map((setting) => (
              <div key={setting.name} className={styles.row}>
                <dt
                  className={styles.differs}
                >{`${setting.name.charAt(0).toUpperCase()}${setting.name.slice(1)}, differs`}</dt>
                <dd>{setting.values[index] ?? 'not known'}</dd>
              </div>
            ))}
        </dl>
      )}
      {picture !== null && (
        <div className={styles.prompt}>
          <PromptText text={picture.prompt === '' ? 'No prompt' : picture.prompt} lines={2} />
        </div>
      )}
    </div>
  )
}

function costOf({ origin }: Picture): string {
  if (origin.kind === 'outside') return 'not known'
  return `${formatCount(origin.nfe)} NFE, ${formatSeconds(origin.seconds)}`
}
