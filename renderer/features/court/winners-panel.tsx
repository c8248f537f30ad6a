import { useId, useState } from 'react'

import type { DiverseWinners } from '../../../shared/court.ts'
import { formatCountOf, percent } from '../../../shared/format.ts'
import type { PictureId } from '../../../shared/gallery.ts'
import { createBoardDeeds } from '../../api/board-deeds.ts'
import { useMarks, useQuery, useStudio, useUndo, valueOf } from '../../api/hooks.ts'
import type { SelectionStore } from '../../api/selection.ts'
import { Button } from '../../components/button.tsx'
import { FaultPanel } from '../../components/fault-panel.tsx'
import { moveFocus } from '../../components/rove.ts'
import { judgeLabel } from '../../logic/court.ts'
import type { JudgeId } from '../../logic/court.ts'
import { Bar } from './bar.tsx'
import { CourtTile } from './court-tile.tsx'
import type { Court } from './use-court.ts'
import styles from './winners-panel.module.css'

const counts = { least: 2, most: 20 } as const

type WinnersPanelProps = {
  readonly court: Court
  /** Who is in the ensemble: whose ranks are the quality. */
  readonly on: readonly JudgeId[]
  readonly selected: ReadonlySet<PictureId>
  readonly selection: SelectionStore
  readonly onCompare: (pictures: readonly PictureId[]) => void
}

/** As many winners as are wanted, as good and as different from each other as is wanted, beside the best by quality alone. */
export function WinnersPanel({ court, on, selected, selection, onCompare }: WinnersPanelProps) {
  const { bridge } = useStudio()
  const marks = useMarks()
  const [, undo] = useUndo()
  const boards = valueOf(useQuery('boards')) ?? []
  const countId = useId()
  const dialId = useId()
  const [wanted, setWanted] = useState(4)
  const [spread, setSpread] = useState(0.5)
  const guide = on.filter((judge) => judge !== 'artist')
  const most = Math.min(counts.most, court.ids.length)
  const count = Math.min(wanted, most)
  const canAsk = guide.length > 0 && count >= counts.least
  const query = useQuery('diverseWinners', canAsk ? { pictures: court.ids, guide, count, spread } : null)
  const answer = valueOf(query)
  // The last answer stays while the dial moves on.
  const [last, keep] = useState(answer)
  if (answer !== null && answer !== last) keep(answer)
  const found = answer ?? last
  if (court.ids.length < counts.least) {
    return <p className={styles.none}>Winners differ from each other: it takes at least two pictures.</p>
  }
  if (guide.length === 0) {
    return (
      <p className={styles.none}>
        Switch a verifier on: the ranks of those that are on are the quality that winners are chosen by.
      </p>
    )
  }

  const deeds = createBoardDeeds(bridge, undo)
  const putOn = (board: string, pictures: readonly PictureId[]) => {
    if (board === newBoard)
      void deeds.create(
        `Winners of ${court.runs.length === 1 ? `run ${court.runs[0] ?? ''}` : formatCountOf(court.ids.length, 'picture')}`,
        pictures,
      )
    const known = boards.find(({ id }) => String(id) === board)
    if (known !== undefined) void deeds.add(known, pictures)
  }
  return (
    <section className={styles.panel} aria-label="Diverse winners">
      <div className={styles.controls}>
        <div className={styles.control}>
          <label htmlFor={countId}>Winners</label>
          <input
            id={countId}
            type="range"
            min={counts.least}
            max={most}
            value={count}
            aria-valuetext={`${count} winners`}
            onChange={(event) => setWanted(Number(event.currentTarget.value))}
          />
          <output htmlFor={countId} className={styles.output}>
            {count}
          </output>
        </div>
        <div className={styles.control}>
          <label htmlFor={dialId}>Quality</label>
          <input
            id={dialId}
            type="range"
            min={0}
            max={1}
            step={0.1}
            value={spread}
            aria-label="From quality to spread"
            aria-valuetext={`${percent(spread, 1)} % spread`}
            onChange={(event) => setSpread(Number(event.currentTarget.value))}
          />
          <output htmlFor={dialId} className={styles.output}>
            Spread
          </output>
        </div>
        <p className={styles.about}>
          Quality: the share of the others that a picture beats by {listOf(guide)}. Spread: how far the
          winners’ image features are apart{found === null ? '' : `, by ${found.features}`}.
        </p>
      </div>
      {query.kind === 'failed' && <FaultPanel title="No winners could be chosen" error={query.error} />}
      {found === null ? (
        query.kind === 'loading' && (
          <p className={styles.none} role="status">
            Looking at the pictures…
          </p>
        )
      ) : (
        <div className={styles.sets} aria-busy={answer === null}>
          <WinnerSet
            title="By quality and spread"
            pictures={found.winners}
            quality={found.quality}
            spread={found.spread}
            scale={scaleOf(found)}
            look="gold"
            {...{ court, selected, selection }}
          />
          <div className={styles.actions}>
            <Button onClick={() => selection.replace(found.winners)}>Select them</Button>
            <Button onClick={() => void marks.set(found.winners, { flag: 'pick' })}>Pick them</Button>
            <Button
              disabled={found.winners.length > 4}
              title={found.winners.length > 4 ? '2 to 4 pictures can be compared' : undefined}
              onClick={() => onCompare(found.winners)}
            >
              Compare
            </Button>
            <select
              className={styles.board}
              aria-label="Put the winners on a board"
              value=""
              onChange={(event) => putOn(event.currentTarget.value, found.winners)}
            >
              <option value="">Put on a board…</option>
              {boards.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
              <option value={newBoard}>A new board</option>
            </select>
          </div>
          <WinnerSet
            title="By quality alone"
            pictures={found.best}
            quality={found.qualityOfBest}
            spread={found.spreadOfBest}
            scale={scaleOf(found)}
            look="grey"
            {...{ court, selected, selection }}
          />
          <p className={styles.sentence} role="status">
            {tradeSentence(found)}
          </p>
        </div>
      )}
    </section>
  )
}

const newBoard = 'new'

/** The bars of both sets on one scale. */
function scaleOf({ spread, spreadOfBest }: DiverseWinners): number {
  return Math.max(spread, spreadOfBest, 1e-6) * 1.15
}

/** What the spread costs. */
function tradeSentence({
  winners,
  best,
  quality,
  qualityOfBest,
  spread,
  spreadOfBest,
}: DiverseWinners): string {
  if (winners.every((picture) => best.includes(picture))) {
    return 'The best pictures are the most different ones already: both sets are the same.'
  }
  const gain = spreadOfBest > 0 ? spread / spreadOfBest : Infinity
  const times = Number.isFinite(gain) ? `${gain.toFixed(1)} times the spread` : 'spread where there was none'
  const cost = Math.round((qualityOfBest - quality) * 100)
  return cost <= 0
    ? `${times} at no cost of quality.`
    : `${times}, for ${formatCountOf(cost, 'point')} of quality less.`
}

function listOf(judges: readonly JudgeId[]): string {
  return new Intl.ListFormat('en').format(judges.map(judgeLabel))
}

function WinnerSet({
  title,
  pictures,
  quality,
  spread,
  scale,
  look,
  court,
  selected,
  selection,
}: {
  readonly title: string
  readonly pictures: readonly PictureId[]
  /** 0 to 1. */
  readonly quality: number
  readonly spread: number
  /** The spread at a full bar. */
  readonly scale: number
  readonly look: 'gold' | 'grey'
  readonly court: Court
  readonly selected: ReadonlySet<PictureId>
  readonly selection: SelectionStore
}) {
  return (
    <section className={styles.set} aria-label={title}>
      <h3 className={styles.title}>{title}</h3>
      <dl className={styles.figures}>
        <div>
          <dt>Quality</dt>
          <dd>
            <Bar label={`Quality, ${title.toLowerCase()}`} value={quality} of={1} look={look} />
            {(quality * 100).toFixed(0)} %
          </dd>
        </div>
        <div>
          <dt>Spread</dt>
          <dd>
            <Bar label={`Spread, ${title.toLowerCase()}`} value={spread} of={scale} look={look} />
            {spread.toFixed(3)}
          </dd>
        </div>
      </dl>
      <ul className={styles.tiles} onKeyDown={moveFocus}>
        {pictures.map((picture, index) => {
          const { flag } = court.markOf(picture)
          return (
            <li key={picture}>
              <CourtTile
                court={court}
                picture={picture}
                label={`${court.nameOf(picture)}${flag === null ? '' : flag === 'pick' ? ', picked' : ', rejected'}`}
                isFirst={index === 0}
                isSelected={selected.has(picture)}
                selection={selection}
              />
            </li>
          )
        })}
      </ul>
    </section>
  )
}
