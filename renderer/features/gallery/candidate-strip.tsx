import { useState } from 'react'

import type { Candidate, Preview, RunDetail } from '../../../shared/domain.ts'
import { scoreBy } from '../../../shared/ranking.ts'
import type { Hand } from '../../../shared/steering.ts'
import type { VerifierId } from '../../../shared/vocabulary.ts'
import { useStudio } from '../../api/hooks.ts'
import { Button } from '../../components/button.tsx'
import { Picture } from '../../components/picture.tsx'
import { moveFocus } from '../../components/rove.ts'
import { Segments } from '../../components/segments.tsx'
import { isLive } from '../../logic/figure.ts'
import { formatCount, formatScore } from '../../logic/format.ts'
import { roundName } from '../../logic/rounds.ts'
import styles from './candidate-strip.module.css'
import type { Order, Ranked } from '../../logic/order.ts'
import { imageAlt, isSame, previewOf, stripTileId, unfinishedName } from '../../logic/run-image.ts'
import type { RunImage } from '../../logic/run-image.ts'
import { SteeringNote } from './steering-tools.tsx'
import { Tile } from './tile.tsx'
import type { Said } from './use-steering.ts'

/** So many candidates are drawn before a button asks for more. */
const page = 240

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
  /** What came of the last intervention. */
  readonly said: Said | null
  readonly selection: RunImage | null
  readonly onSelect: (selection: RunImage) => void
  readonly onOpen: () => void
}

/** Every candidate of a run, finished or in the making. */
export function CandidateStrip(props: CandidateStripProps) {
  const { run, ranked, order, onOrder, selection } = props
  const [count, setCount] = useState(page)
  const visible = ranked.slice(0, count)
  const tabStop = visible.find((slot) => isSame({ arm: 'search', seq: slot.seq }, selection)) ?? visible[0]
  return (
    <section className={styles.strip} aria-label="Candidates">
      <header className={styles.head}>
        <h3 className={styles.title}>
          Candidates <span className={styles.count}>{formatCount(run.candidates.length)}</span>
        </h3>
        <SteeringNote said={props.said} />
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
      {ranked.length === 0 ? (
        <p className={styles.none}>This run ended before its first candidate was finished.</p>
      ) : (
        <ol className={styles.tiles} onKeyDown={moveFocus}>
          {visible.map((slot) => (
            <li key={slot.seq}>
              <CandidateTile {...props} slot={slot} tabStop={slot === tabStop} />
            </li>
          ))}
        </ol>
      )}
      {count < ranked.length && (
        <Button className={styles.more} onClick={() => setCount(count + page)}>
          Show {formatCount(Math.min(page, ranked.length - count))} more
        </Button>
      )}
    </section>
  )
}

type CandidateTileProps = Omit<CandidateStripProps, 'ranked' | 'order' | 'onOrder' | 'said'> & {
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
  tabStop,
  onSelect,
  onOpen,
}: CandidateTileProps) {
  const { bridge } = useStudio()
  const { seq, candidate, rank, failure } = slot
  const place: RunImage = { arm: 'search', seq }
  const score = candidate === null ? null : scoreBy(candidate, shown)
  const preview = candidate === null ? previewOf(previews, place) : null
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
      onSelect={candidate === null ? undefined : () => onSelect(place)}
      onOpen={candidate === null ? undefined : onOpen}
    />
  )
}
