import { useMemo, useState } from 'react'
import type { KeyboardEvent, ReactNode } from 'react'

import { isAhead, standings } from '../../../shared/duel.ts'
import type { Standing } from '../../../shared/duel.ts'
import { formatCount } from '../../../shared/format.ts'
import type { Picture as PictureDetails, PictureId, Vote } from '../../../shared/gallery.ts'
import { useMarks, usePictures, useStudio } from '../../api/hooks.ts'
import { Button } from '../../components/button.tsx'
import { TextInput } from '../../components/controls.tsx'
import { KeyHints } from '../../components/key-hints.tsx'
import { markOfKey } from '../../components/mark-keys.ts'
import { PictureMarks } from '../../components/picture-marks.tsx'
import { Picture } from '../../components/picture.tsx'
import { PromptText } from '../../components/prompt-text.tsx'
import { moveFocus } from '../../components/rove.ts'
import { isTyping } from '../../components/typing.ts'
import { marksInWords } from '../../logic/marks.ts'
import { pictureName } from '../../logic/picture-name.ts'
import styles from './ranking-panel.module.css'

type RankingPanelProps = {
  readonly groups: readonly (readonly PictureId[])[]
  readonly votes: readonly Vote[]
  readonly byId: ReadonlyMap<PictureId, PictureDetails>
  readonly onCompare: (pictures: readonly PictureId[]) => void
  readonly onOpenRun: (runId: number) => void
  /** What to do now, above the ranking. */
  readonly children: ReactNode
}

/** Duels of a picture below which its strength is mostly chance. */
const leastDuels = 3

const hints = [
  { keys: ['↑', '↓'], what: 'next picture' },
  { keys: ['P', 'X', 'U'], what: 'pick, reject, clear' },
  { keys: ['0', '–', '5'], what: 'stars' },
  { keys: ['Enter'], what: 'open its run' },
]

/** What the votes say: the pictures by strength, how sure that is, and what can be done with the best. */
export function RankingPanel({ groups, votes, byId, onCompare, onOpenRun, children }: RankingPanelProps) {
  const marks = useMarks()
  const [text, setText] = useState('1')
  // The pool's details are those of its beginning; marks change while the duel lasts.
  const details = usePictures(useMemo(() => [...byId.keys()], [byId]))
  const newest = new Map([
    ...byId,
    ...details.flatMap((one) => (one === null ? [] : [[one.id, one] as const])),
  ])
  const rankings = useMemo(
    () => groups.map((group) => standings(group, votes)).filter((ranking) => ranking.length > 0),
    [groups, votes],
  )
  const best = /^[1-9]\d{0,2}$/.test(text) ? Number(text) : null
  const bestOf = (count: number) => rankings.flatMap((ranking) => ranking.slice(0, count).map(({ id }) => id))
  const largest = Math.max(0, ...rankings.map((ranking) => ranking.length))
  return (
    <section className={styles.panel} aria-label="Ranking">
      <div className={styles.actions}>
        {children}
        {rankings.length > 0 && (
          <form
            className={styles.pick}
            onSubmit={(event) => {
              event.preventDefault()
              if (best !== null) void marks.set(bestOf(best), { flag: 'pick' })
            }}
          >
            <label>
              Pick the best{' '}
              <TextInput
                className={styles.count}
                inputMode="numeric"
                value={text}
                invalid={best === null}
                onChange={(event) => setText(event.target.value)}
              />
            </label>
            {rankings.length > 1 && 'of each prompt'}
            <Button type="submit" icon="flag" disabled={best === null}>
              Pick
            </Button>
          </form>
        )}
        {rankings.length === 1 && (
          <Button icon="compare" onClick={() => onCompare(bestOf(4))}>
            Compare the best {Math.min(4, largest)}
          </Button>
        )}
      </div>
      {rankings.length === 0 && (
        <p className={styles.note}>No duel among these pictures has been decided yet.</p>
      )}
      {rankings.map((ranking) => (
        <Ranking key={ranking[0]?.id} ranking={ranking} byId={newest} onOpenRun={onOpenRun} />
      ))}
      {rankings.length > 0 && <KeyHints hints={hints} />}
    </section>
  )
}

type RankingProps = Pick<RankingPanelProps, 'byId' | 'onOpenRun'> & { readonly ranking: readonly Standing[] }

function Ranking({ ranking, byId, onOpenRun }: RankingProps) {
  const marks = useMarks()
  const [entry, setEntry] = useState(0)
  const prompt = byId.get(ranking[0]?.id ?? 0)?.prompt ?? ''
  const reach = Math.max(1, ...ranking.map(({ strength, spread }) => Math.abs(strength) + spread))
  const onKey = (event: KeyboardEvent, standing: Standing) => {
    const change = markOfKey(event)
    const picture = byId.get(standing.id)
    if (isTyping(event.target)) return
    if (change !== null) void marks.set([standing.id], change)
    else if (event.key === 'Enter' && event.target === event.currentTarget && picture !== undefined) {
      if (picture.origin.kind === 'candidate') onOpenRun(picture.origin.runId)
    } else return
    event.preventDefault()
  }
  return (
    <div className={styles.ranking}>
      <h3 className={styles.prompt}>
        <PromptText text={prompt === '' ? 'No prompt' : prompt} lines={2} />
      </h3>
      <p className={styles.note}>{firstInWords(ranking)}</p>
      <ol className={styles.list} onKeyDown={moveFocus}>
        {ranking.map((standing, index) => {
          const picture = byId.get(standing.id)
          if (picture === undefined) return null
          return (
            <Row
              key={standing.id}
              standing={standing}
              rank={index + 1}
              picture={picture}
              reach={reach}
              isEntry={index === Math.min(entry, ranking.length - 1)}
              onFocus={() => setEntry(index)}
              onKey={(event) => onKey(event, standing)}
              onOpenRun={onOpenRun}
            />
          )
        })}
      </ol>
    </div>
  )
}

/** How far the first is ahead, as far as the votes can tell. */
function firstInWords(ranking: readonly Standing[]): string {
  const [first] = ranking
  if (first === undefined) return ''
  const level = ranking.filter((one) => !isAhead(first, one)).length
  if (level === 1) return 'The first is ahead of all others.'
  const rest = ranking.length - level
  const apart = `Too few votes to tell the first ${formatCount(level)} apart`
  if (rest === 0) return `${apart}.`
  return `${apart}; ${formatCount(rest)} ${rest === 1 ? 'is' : 'are'} behind them.`
}

type RowProps = {
  readonly standing: Standing
  readonly rank: number
  readonly picture: PictureDetails
  /** The largest strength that is drawn, on either side of 0. */
  readonly reach: number
  readonly isEntry: boolean
  readonly onFocus: () => void
  readonly onKey: (event: KeyboardEvent) => void
  readonly onOpenRun: (runId: number) => void
}

function Row({ standing, rank, picture, reach, isEntry, onFocus, onKey, onOpenRun }: RowProps) {
  const { bridge } = useStudio()
  const marks = useMarks()
  const { flag, rating } = marks.of(picture)
  const { strength, spread, wins, losses } = standing
  const name = pictureName(picture)
  const share = (value: number) => `${Math.min(100, Math.max(0, 50 + (value / reach) * 50))}%`
  const isSure = wins + losses >= leastDuels
  const { origin } = picture
  return (
    <li
      className={styles.row}
      data-rove
      tabIndex={isEntry ? 0 : -1}
      aria-label={[`${rank}. ${name}`, `${wins} won, ${losses} lost`, marksInWords(flag, rating)]
        .filter(Boolean)
        .join(', ')}
      onFocus={onFocus}
      onKeyDown={onKey}
    >
      <span className={styles.rank}>{rank}</span>
      <span className={styles.thumb}>
        <Picture url={bridge.imageUrl(picture.imageSha256)} alt="" aspect={picture.width / picture.height} />
        <PictureMarks flag={flag} rating={rating} />
      </span>
      <span className={styles.name}>{name}</span>
      <span
        className={styles.plot}
        style={{
          '--at': share(strength),
          '--from': share(strength - spread),
          '--to': share(strength + spread),
        }}
        aria-hidden="true"
      />
      <span className={styles.strength}>
        {isSure ? `${signed(strength)} ± ${spread.toFixed(1)}` : 'too few votes to tell'}
      </span>
      <span className={styles.record}>
        {formatCount(wins)} won, {formatCount(losses)} lost
      </span>
      {origin.kind === 'candidate' && (
        <Button look="plain" tabIndex={-1} onClick={() => onOpenRun(origin.runId)}>
          Open run
        </Button>
      )}
    </li>
  )
}

function signed(strength: number): string {
  const digits = Math.abs(strength).toFixed(1)
  return Number(digits) === 0 ? digits : `${strength < 0 ? '\u2212' : '+'}${digits}`
}
