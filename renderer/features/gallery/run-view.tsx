import { useEffect, useMemo, useState } from 'react'
import type { ReactNode } from 'react'

import type { Candidate, RunDetail, RunProgress } from '../../../shared/domain.ts'
import {
  figureOf,
  firstVerifier,
  guideName,
  isImage,
  isLive,
  labelOfScore,
  nameInRun,
  verifiersOf,
} from '../../../shared/figure.ts'
import { formatCount, formatCountOf } from '../../../shared/format.ts'
import type { PictureId } from '../../../shared/gallery.ts'
import { hackingAlarm } from '../../../shared/hacking-alarm.ts'
import { costDifference, equalCostPair, verdict } from '../../../shared/pairing.ts'
import type { RunSpec } from '../../../shared/run-spec.ts'
import { algorithms, schedules } from '../../../shared/vocabulary.ts'
import type { VerifierId } from '../../../shared/vocabulary.ts'
import { useSelection, useStudio } from '../../api/hooks.ts'
import type { Pool } from '../../api/selection.ts'
import { Button } from '../../components/button.tsx'
import { Select } from '../../components/controls.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { PromptText } from '../../components/prompt-text.tsx'
import { handOf, rankedCandidates } from '../../logic/order.ts'
import type { Order } from '../../logic/order.ts'
import { isSame, pictureOf, stripTileId } from '../../logic/run-image.ts'
import type { RunImage } from '../../logic/run-image.ts'
import { AlarmNote } from './alarm-note.tsx'
import { BestPicture } from './best-picture.tsx'
import { CandidatePanel } from './candidate-panel.tsx'
import { CandidateStrip } from './candidate-strip.tsx'
import { FigureView } from './figure-view.tsx'
import { ImageMarks } from './image-marks.tsx'
import { Loupe } from './loupe.tsx'
import styles from './run-view.module.css'
import { ScoreCurve } from './score-curve.tsx'
import { SelectionBar } from './selection-bar.tsx'
import type { SelectHow } from './tile.tsx'
import { useRunKeys } from './use-run-keys.ts'
import { useSteering } from './use-steering.ts'

/** What another view of the same run is given: it shares the selection, the loupe and a person's hand. */
export type RunParts = {
  readonly run: RunDetail
  readonly progress: RunProgress | null
  readonly aspect: number
  readonly shown: VerifierId
  readonly selection: RunImage | null
  readonly onSelect: (image: RunImage) => void
  readonly onOpen: () => void
  readonly tools: ReactNode
}

type RunViewProps = {
  readonly run: RunDetail
  readonly progress: RunProgress | null
  /** Width over height of the pack's images. */
  readonly aspect: number
  /** Where the run stands: the monitor of a live run, the outcome of an ended one. */
  readonly status: ReactNode
  /** Another stage covers the view: nothing in it can be reached. */
  readonly covered: boolean
  /** Another run was chosen and is on its way: what the keys mean is that one's. */
  readonly leaving: boolean
  /** Draws the search tree over the view; null while it is not wanted. */
  readonly tree: ((parts: RunParts) => ReactNode) | null
  readonly onTree: () => void
  readonly onCompare: () => void
  readonly onComparePictures: (pictures: readonly PictureId[]) => void
  readonly onDuel: (pool: Pool) => void
  readonly onCourt: (pool: Pool) => void
  readonly onExport: (pool: Pool) => void
  /** Fills the form with this run's settings. */
  readonly onReuse: () => void
}

/** `20 euler steps`, `20 euler steps, shifted, 50 for the final image`. */
function stepsText({ steps, sampler, schedule, finalSteps }: RunSpec): string {
  return [
    formatCountOf(steps, `${sampler} step`),
    ...(schedule === 'linear' ? [] : [schedules[schedule].label.toLowerCase()]),
    ...(finalSteps === null ? [] : [`${formatCount(finalSteps)} for the final image`]),
  ].join(', ')
}

const noPreviews: RunProgress['previews'] = []

/** One run: its figure, its candidates, its curve, its tree, and any image of it in the loupe. */
export function RunView(props: RunViewProps) {
  const { run, progress, aspect, status, covered, leaving, tree, onReuse } = props
  const [active, setActive] = useState<RunImage | null>(null)
  const [chosenOrder, chooseOrder] = useState<Order | null>(null)
  const [chosenVerifier, chooseVerifier] = useState<VerifierId | null>(null)
  const [loupe, setLoupe] = useState<'closed' | 'opened' | 'moved'>('closed')
  const { marks } = useStudio()
  const [{ selected }, selection] = useSelection()

  const shown = chosenVerifier ?? firstVerifier(run.spec)
  const figure = useMemo(() => figureOf(run, shown), [run, shown])
  const alarm = useMemo(() => hackingAlarm(run), [run])
  // While images arrive they keep their places; afterwards the best come first, unless the person chose otherwise.
  const order = chosenOrder ?? (isLive(run.status) ? 'drawn' : 'score')
  const ranked = useMemo(() => rankedCandidates(run, order), [run, order])
  const previews = progress?.previews ?? noPreviews
  const images = useMemo(
    () => [
      ...run.baselines,
      ...run.finals,
      ...ranked.flatMap(({ candidate }) => (candidate === null ? [] : [candidate])),
    ],
    [run, ranked],
  )
  const index = images.findIndex((one) => isSame(one, active))
  const image = images[index]
  const activeId = image === undefined ? null : pictureOf(run, image)
  const isLoupe = loupe !== 'closed' && image !== undefined
  /** Several are selected, and their tiles can be seen. */
  const several =
    activeId !== null && selected.size > 1 && selected.has(activeId) && !isLoupe && tree === null

  const idsOf = (some: readonly Candidate[]) => some.flatMap((one) => pictureOf(run, one) ?? [])
  const select = (wanted: RunImage, how: SelectHow = 'alone') => {
    const id = pictureOf(run, wanted)
    if (how === 'toggle' && id !== null) {
      selection.toggle(id)
      const front = selection.snapshot().active
      setActive(images.find((one) => pictureOf(run, one) === front) ?? wanted)
      return
    }
    setActive(wanted)
    if (id === null) selection.clear()
    else if (how === 'range') selection.extend(id, idsOf(images))
    else selection.choose(id)
  }
  // An image that was selected before the library had told its number.
  useEffect(() => {
    if (activeId !== null && selection.snapshot().selected.size === 0) selection.choose(activeId)
  }, [activeId, selection])

  const alone = () => {
    if (activeId !== null) selection.choose(activeId)
  }
  const steering = useSteering(run)
  useRunKeys({
    ...{ run, steering, image: image ?? null, resting: covered || leaving },
    onMark: (change) => {
      if (activeId !== null) void marks.set(several ? [...selected] : [activeId], change)
    },
  })
  const pair = equalCostPair(figure)
  const open = () => setLoupe('opened')
  const pool = (): Pool => ({ name: `Run ${run.id}`, pictures: idsOf(images.filter(isImage)) })
  const markBar = (of: Candidate) => <ImageMarks run={run} image={of} />

  return (
    <>
      <article className={styles.run} inert={covered || tree !== null || isLoupe}>
        <header className={styles.head}>
          <div className={styles.titles}>
            <h2 className={styles.prompt}>
              <PromptText text={run.spec.prompt} lines={2} />
            </h2>
            <p className={styles.meta}>
              <span>{run.spec.pack}</span>
              <span>{guideName(run.spec)}</span>
              <span>{algorithms[run.spec.algorithm].label}</span>
              <span>{stepsText(run.spec)}</span>
              <span>guidance {run.spec.guidance}</span>
              <span className={styles.seed}>
                seed {run.spec.seed} <CopyButton text={run.spec.seed} what="seed" />
              </span>
            </p>
          </div>
          <div className={styles.ways}>
            <Way name="Tree" keyName="T" onClick={props.onTree} />
            <Way name="Duel" keyName="D" onClick={() => props.onDuel(pool())} />
            <Way name="Court" keyName="V" onClick={() => props.onCourt(pool())} />
            <Way name="Export" keyName="E" onClick={() => props.onExport(pool())} />
            <Button look="quiet" icon="repeat" onClick={onReuse}>
              Use these settings
            </Button>
          </div>
        </header>
        {status}
        {alarm !== null && (
          <AlarmNote
            run={run}
            alarm={alarm}
            onShow={() => {
              select({ arm: 'search', seq: alarm.since })
              document.getElementById(stripTileId({ arm: 'search', seq: alarm.since }))?.focus()
            }}
          />
        )}
        <figure className={styles.figure}>
          <FigureView
            run={run}
            shown={shown}
            previews={previews}
            aspect={aspect}
            selection={active}
            onSelect={select}
            onOpen={open}
          />
          <figcaption className={styles.caption}>
            <Button icon="compare" disabled={pair === null} aria-keyshortcuts="C" onClick={props.onCompare}>
              Compare with the baseline <kbd className={styles.key}>C</kbd>
            </Button>
            {verifiersOf(run.spec).length > 1 && (
              <label className={styles.shown}>
                Scores by
                <Select
                  value={shown}
                  options={verifiersOf(run.spec).map((id) => ({ id, label: nameInRun(run.spec, id) }))}
                  onPick={(id) => chooseVerifier(id as VerifierId)}
                />
              </label>
            )}
            <p className={styles.verdict}>
              {pair === null || isLive(run.status) ? null : (
                <>
                  {verdict(pair, labelOfScore(run.spec, shown))}{' '}
                  <span className={styles.caveat}>{costDifference(pair)}</span>
                </>
              )}
            </p>
          </figcaption>
        </figure>
        <div className={styles.lower}>
          <CandidateStrip
            run={run}
            shown={shown}
            ranked={ranked}
            order={order}
            onOrder={chooseOrder}
            previews={previews}
            aspect={aspect}
            winner={figure.winner}
            hand={handOf(run)}
            selection={active}
            selected={several ? selected : noneSelected}
            bar={
              several && (
                <SelectionBar
                  count={selected.size}
                  onCompare={() => props.onComparePictures([...selected])}
                  onDuel={() => props.onDuel(poolOf(selected))}
                  onCourt={() => props.onCourt(poolOf(selected))}
                  onExport={() => props.onExport(poolOf(selected))}
                  onClear={alone}
                />
              )
            }
            onAlone={alone}
            onAll={() => {
              const all = images.filter(({ arm }) => arm === 'search')
              const front = image?.arm === 'search' ? image : all[0]
              if (front === undefined) return
              setActive({ arm: front.arm, seq: front.seq })
              selection.replace(idsOf(all), pictureOf(run, front) ?? undefined)
            }}
            onSelect={select}
            onOpen={open}
          />
          <div className={styles.besides}>
            <BestPicture
              run={run}
              image={figure.winner}
              aspect={aspect}
              onOpen={() => {
                if (figure.winner !== null) select({ arm: 'search', seq: figure.winner.seq })
                open()
              }}
            />
            <ScoreCurve run={run} shown={shown} alarm={alarm} onShown={chooseVerifier} />
          </div>
        </div>
      </article>
      {tree?.({
        ...{ run, progress, aspect, shown, selection: active },
        onSelect: select,
        onOpen: open,
        tools: (
          <CandidatePanel
            run={run}
            image={image?.arm === 'search' ? image : (figure.winner ?? null)}
            aspect={aspect}
            shown={shown}
            steering={steering}
            markBar={markBar}
            onSelect={select}
          />
        ),
      })}
      {isLoupe && (
        <Loupe
          run={run}
          image={image}
          aspect={aspect}
          isWinner={isSame(image, figure.winner)}
          steering={steering}
          marks={markBar(image)}
          onSelect={(ancestor) => {
            select(ancestor)
            setLoupe('moved')
          }}
          returnFocusTo={loupe === 'moved' && tree === null ? stripTileId(image) : undefined}
          onMove={(by) => {
            const next = images[index + by]
            if (next === undefined) return
            select({ arm: next.arm, seq: next.seq })
            setLoupe('moved')
          }}
          onClose={() => setLoupe('closed')}
        />
      )}
    </>
  )
}

const noneSelected: ReadonlySet<PictureId> = new Set()

function poolOf(selected: ReadonlySet<PictureId>): Pool {
  return { name: 'Selection', pictures: [...selected] }
}

type WayProps = { readonly name: string; readonly keyName: string; readonly onClick: () => void }

/** A way from the run to another view of its pictures. */
function Way({ name, keyName, onClick }: WayProps) {
  return (
    <Button look="quiet" aria-keyshortcuts={keyName} onClick={onClick}>
      {name}{' '}
      <kbd className={styles.key} aria-hidden="true">
        {keyName}
      </kbd>
    </Button>
  )
}
