import { useMemo, useRef, useState } from 'react'
import type { DragEvent, KeyboardEvent } from 'react'

import { formatCount, formatCountOf } from '../../../shared/format.ts'
import { maxPictures } from '../../../shared/gallery.ts'
import type { PictureId } from '../../../shared/gallery.ts'
import { useMarks, useSelection, useStudio, useUndo } from '../../api/hooks.ts'
import { createOutsideDeeds } from '../../api/outside-deeds.ts'
import { usePoolOffers } from '../../api/pool-offers.ts'
import type { Pool } from '../../api/selection.ts'
import { Button } from '../../components/button.tsx'
import { classes } from '../../components/classes.ts'
import { FaultPanel } from '../../components/fault-panel.tsx'
import { markOfKey } from '../../components/mark-keys.ts'
import { PoolChooser } from '../../components/pool-chooser.tsx'
import { Segments } from '../../components/segments.tsx'
import { isTyping } from '../../components/typing.ts'
import { movedSentence, orderBy } from '../../logic/court.ts'
import type { JudgeId } from '../../logic/court.ts'
import { addFiles as addToLibrary } from '../../logic/incoming.ts'
import { AgreementPanel } from './agreement-panel.tsx'
import { AtHand } from './at-hand.tsx'
import { CourtAlarms } from './court-alarms.tsx'
import { CourtRows } from './court-rows.tsx'
import styles from './court-view.module.css'
import { JudgesInWaiting, JudgesPanel } from './judges-panel.tsx'
import { pictureAt } from './picture-at.ts'
import { useCourt } from './use-court.ts'
import { WinnersPanel } from './winners-panel.tsx'
import { YouPanel } from './you-panel.tsx'

type CourtViewProps = {
  /** What is judged; null where the view is opened without any, then it asks. */
  readonly pool: Pool | null
  /** What of the court is shown. */
  readonly tab: CourtTab
  readonly onTab: (tab: CourtTab) => void
  readonly onCompare: (pictures: readonly PictureId[]) => void
  readonly onOpenRun: (runId: number) => void
  /** To the duel with these pictures; without it the panel only says where votes are given. */
  readonly onDuel?: (pool: Pool) => void
}

export type CourtTab = 'rows' | 'agreement' | 'winners' | 'you'

const tabs: readonly { readonly id: CourtTab; readonly label: string; readonly about: string }[] = [
  {
    id: 'rows',
    label: 'Orders',
    about: 'The same pictures in a row for each judge, best first, and in one for all that are switched on.',
  },
  {
    id: 'agreement',
    label: 'Agreement',
    about: 'How far each two judges agree, you among them, and the pictures on which they do not.',
  },
  {
    id: 'winners',
    label: 'Diverse winners',
    about: 'A few of the best that do not look alike, and what that costs in quality.',
  },
  {
    id: 'you',
    label: 'You',
    about: 'What was learned of your eye from blind votes, and how often it foresees them.',
  },
]

/** The same pictures before every verifier and the artist: who puts what first, who agrees with whom. */
export function CourtView({ pool, tab, onTab, onCompare, onOpenRun, onDuel }: CourtViewProps) {
  const { bridge } = useStudio()
  const marks = useMarks()
  const [, undo] = useUndo()
  const outside = useMemo(() => createOutsideDeeds(bridge, undo), [bridge, undo])
  const [{ selected }, selection] = useSelection()
  const [shown, setOwn] = useOwnPool(pool)
  const [isChoosing, setChoosing] = useState(false)
  /** The artist's hand is compared with the ensemble until it is asked into it. */
  const [off, setOff] = useState<ReadonlySet<JudgeId>>(new Set<JudgeId>(['artist']))
  const [pointed, setPointed] = useState<PictureId | null>(null)
  const [before, setBefore] = useState<readonly PictureId[] | null>(null)
  const [said, setSaid] = useState('')
  const [isDraggedOver, setDraggedOver] = useState(false)
  const heading = useRef<HTMLHeadingElement>(null)
  const fileInput = useRef<HTMLInputElement>(null)

  const all = shown?.pictures
  const ids = useMemo(() => (all ?? []).slice(0, maxPictures), [all])
  const court = useCourt(ids)
  const on = court.seats
    .filter(({ judge, scored }) => scored > 0 && !off.has(judge))
    .map(({ judge }) => judge)
  const mine = ids.filter((id) => selected.has(id))
  const isEmpty = shown === null || ids.length === 0

  const toggle = (judge: JudgeId, isOn: boolean) => {
    const next = new Set(off)
    if (isOn) next.delete(judge)
    else next.add(judge)
    setOff(next)
    const old = orderBy(court.judged, on)
    const sitting = court.seats.filter((seat) => seat.scored > 0 && !next.has(seat.judge))
    const order = orderBy(
      court.judged,
      sitting.map((seat) => seat.judge),
    )
    setBefore(old)
    setSaid(movedSentence(old, order, court.nameOf))
  }

  const use = (next: Pool) => {
    setOwn(() => next)
    setChoosing(false)
    setBefore(null)
    setSaid('')
    setPointed(null)
    // What was pressed is gone; the keyboard goes on from the top of what it led to.
    requestAnimationFrame(() => heading.current?.focus())
  }

  const offers = usePoolOffers(use)

  const addFiles = async (files: readonly File[]) => {
    const { added, faults } = await outside.bring(() => addToLibrary(bridge, files, () => undefined))
    const [fault] = faults
    if (fault !== undefined) {
      const others = faults.length === 1 ? '' : ` (and ${faults.length - 1} more)`
      undo.say(`${fault.name}: ${fault.message}${others}`, true)
    }
    if (added.length === 0) return
    // To what is shown by now: another pool may have been chosen, or other files been added.
    setOwn((now) => ({
      name: now?.name ?? 'Images from outside',
      pictures: [...new Set([...(now?.pictures ?? []), ...added])],
    }))
    setChoosing(false)
  }

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.defaultPrevented || isTyping(event.target)) return
    const change = markOfKey(event)
    if (change === null) return
    const focused = pictureAt(event.target)
    const targets = focused !== null && !mine.includes(focused) ? [focused] : mine
    if (targets.length === 0) return
    event.preventDefault()
    void marks.set(targets, change)
  }

  const onDragOver = (event: DragEvent) => {
    if (!event.dataTransfer.types.includes('Files')) return
    event.preventDefault()
    setDraggedOver(true)
  }
  const onDrop = (event: DragEvent) => {
    if (!event.dataTransfer.types.includes('Files')) return
    event.preventDefault()
    setDraggedOver(false)
    void addFiles([...event.dataTransfer.files])
  }

  const chooser = isChoosing || isEmpty
  return (
    <main
      className={classes(styles.court, isDraggedOver && styles.draggedOver)}
      aria-label="Court"
      tabIndex={-1}
      onKeyDown={onKeyDown}
      onDragOver={onDragOver}
      onDragLeave={(event) => {
        if (event.currentTarget === event.target) setDraggedOver(false)
      }}
      onDrop={onDrop}
    >
      <aside className={styles.side} aria-label="Judges">
        {isEmpty ? <JudgesInWaiting /> : <JudgesPanel court={court} off={off} onToggle={toggle} />}
        {!isEmpty && tab !== 'you' && (
          <AtHand
            court={court}
            picture={pointed ?? mine[0] ?? null}
            onMark={(id, change) => void marks.set([id], change)}
            onOpenRun={onOpenRun}
          />
        )}
      </aside>
      <div className={styles.main}>
        <header className={styles.head}>
          <h2 ref={heading} tabIndex={-1} className={styles.title}>
            {shown === null ? 'Court' : <bdi>{shown.name}</bdi>}
            {!isEmpty && <span className={styles.count}>{formatCountOf(ids.length, 'picture')}</span>}
          </h2>
          <Segments label="What the court shows" value={tab} options={tabs} onPick={onTab} />
          <div className={styles.tools}>
            <Button
              look="plain"
              disabled={mine.length < 2 || mine.length > 4}
              onClick={() => onCompare(mine)}
            >
              Compare <kbd>C</kbd>
            </Button>
            <Button look="plain" onClick={() => fileInput.current?.click()}>
              Add images…
            </Button>
            <Button
              look="plain"
              aria-expanded={chooser}
              disabled={isEmpty}
              onClick={() => setChoosing(!isChoosing)}
            >
              Other pictures…
            </Button>
            <input
              ref={fileInput}
              type="file"
              multiple
              accept="image/png,image/jpeg,image/webp"
              aria-label="Images from outside"
              hidden
              onChange={(event) => {
                void addFiles([...(event.currentTarget.files ?? [])])
                event.currentTarget.value = ''
              }}
            />
          </div>
        </header>
        <p className={styles.said} role="status" aria-label="What moved">
          {said}
        </p>
        {all !== undefined && all.length > maxPictures && (
          <p className={styles.note}>
            The court takes {formatCount(maxPictures)} pictures at a time: the first of{' '}
            {formatCount(all.length)} are here.
          </p>
        )}
        {tab === 'you' ? (
          <YouPanel pool={shown} onDuel={onDuel} />
        ) : chooser ? (
          <PoolChooser offers={offers} least={1}>
            {isEmpty && <Outlook />}
            <p className={styles.lead}>Which pictures? Images from outside can be dropped here, too.</p>
          </PoolChooser>
        ) : court.query.kind === 'failed' ? (
          <FaultPanel title="The court cannot be held" error={court.query.error} />
        ) : court.judged.length === 0 && court.query.kind === 'loading' ? (
          <p className={styles.quiet}>Calling the judges…</p>
        ) : (
          <>
            {tab !== 'winners' && <CourtAlarms runs={court.runs} onOpenRun={onOpenRun} />}
            {court.prompts > 1 && (
              <p className={styles.note}>
                These pictures are of {formatCount(court.prompts)} prompts: a score that reads the prompt says
                how well each picture keeps its own.
              </p>
            )}
            {tab === 'rows' && (
              <CourtRows
                court={court}
                on={on}
                before={before}
                pointed={pointed}
                onPoint={setPointed}
                selected={selected}
                selection={selection}
                onOpenRun={onOpenRun}
              />
            )}
            {tab === 'agreement' && (
              <AgreementPanel
                court={court}
                pointed={pointed}
                onPoint={setPointed}
                selected={selected}
                selection={selection}
              />
            )}
            {tab === 'winners' && (
              <WinnersPanel
                court={court}
                on={on}
                onCompare={onCompare}
                selected={selected}
                selection={selection}
              />
            )}
          </>
        )}
      </div>
    </main>
  )
}

/** What an empty court will show: a line for each of its tabs. */
function Outlook() {
  return (
    <div className={styles.outlook}>
      <p className={styles.question}>Who puts which picture first?</p>
      <dl className={styles.prospects}>
        {tabs.map(({ id, label, about }) => (
          <div key={id}>
            <dt>{label}</dt>
            <dd>{about}</dd>
          </div>
        ))}
      </dl>
    </div>
  )
}

/** The pool that was handed over, until another one is chosen here; a new one from outside counts again. */
function useOwnPool(
  pool: Pool | null,
): readonly [Pool | null, (change: (shown: Pool | null) => Pool) => void] {
  const [{ given, shown }, setState] = useState({ given: pool, shown: pool })
  if (pool !== given) setState({ given: pool, shown: pool })
  return [
    pool === given ? shown : pool,
    (change) => setState((now) => ({ ...now, shown: change(now.shown) })),
  ]
}
