import { useRef, useState } from 'react'

import { votesNeeded } from '../../../shared/court.ts'
import type { EarlierScorer, HeldOutAccuracy, PersonalScorer } from '../../../shared/court.ts'
import { toErrorData } from '../../../shared/errors.ts'
import type { ErrorData } from '../../../shared/errors.ts'
import { formatCount, formatCountOf, formatMoment } from '../../../shared/format.ts'
import { useQuery, useStudio, useUndo, valueOf } from '../../api/hooks.ts'
import type { Pool } from '../../api/selection.ts'
import { Button } from '../../components/button.tsx'
import { classes } from '../../components/classes.ts'
import { FaultPanel } from '../../components/fault-panel.tsx'
import { judgeLabel } from '../../logic/court.ts'
import { Bar } from './bar.tsx'
import styles from './you-panel.module.css'

type YouPanelProps = {
  readonly pool: Pool | null
  readonly onDuel: ((pool: Pool) => void) | undefined
}

/** The artist's own verifier: votes so far, training, and how well it and all others foresee votes they have not seen. */
export function YouPanel({ pool, onDuel }: YouPanelProps) {
  const { bridge } = useStudio()
  const [, undo] = useUndo()
  const query = useQuery('personalScorer')
  const [refused, setRefused] = useState<ErrorData | null>(null)
  const [isAsking, setAsking] = useState(false)
  const scorer = valueOf(query)
  if (scorer === null) {
    return query.kind === 'failed' ? (
      <FaultPanel title="Your verifier cannot be shown" error={query.error} />
    ) : (
      <p className={styles.none}>Counting your votes…</p>
    )
  }
  const { votes, state } = scorer
  const isTraining = isAsking || state.kind === 'training'
  const isReady = votes >= votesNeeded
  const newVotes = state.kind === 'trained' ? votes - state.votes : 0
  const canTrain = isReady && !isTraining && (state.kind !== 'trained' || newVotes !== 0)

  const train = () => {
    if (!canTrain) return
    setAsking(true)
    setRefused(null)
    bridge
      .trainPersonalScorer()
      .then(
        ({ state: now }) => {
          if (now.kind === 'trained') undo.say('Your verifier is trained')
        },
        (thrown: unknown) => setRefused(toErrorData(thrown)),
      )
      .finally(() => setAsking(false))
  }
  return (
    <section className={styles.panel} aria-label="You as a verifier">
      <div className={styles.about}>
        <h3 className={styles.title}>You as a verifier</h3>
        <p>
          From blind votes in a duel, Goldpan learns which of two pictures you would choose, by the features
          of the images. Its accuracy is measured on votes that it has not seen.
        </p>
        <div className={styles.votes}>
          <Bar label="Votes" value={votes} of={votesNeeded} />
          <p>
            {isReady
              ? formatCountOf(votes, 'vote')
              : `${formatCount(votes)} of ${votesNeeded} votes; ${votesNeeded - votes} more ${votesNeeded - votes === 1 ? 'is' : 'are'} needed`}
            {newVotes > 0 && `, ${formatCount(newVotes)} since it was trained`}
          </p>
        </div>
        <div className={styles.actions}>
          <Button look={canTrain ? 'primary' : 'quiet'} aria-disabled={!canTrain} onClick={train}>
            {isTraining
              ? 'Training…'
              : state.kind === 'trained'
                ? newVotes === 0
                  ? 'Trained on all votes'
                  : 'Train again'
                : 'Train'}
          </Button>
          {pool !== null && onDuel !== undefined && (
            <Button onClick={() => onDuel(pool)}>Vote on these pictures</Button>
          )}
        </div>
        <p className={styles.state} role="status">
          {stateSentence(scorer)}
        </p>
        {(refused !== null || state.kind === 'failed') && (
          <FaultPanel
            title="Your verifier could not be trained"
            error={refused ?? (state.kind === 'failed' ? state.error : noError)}
          />
        )}
      </div>
      <Accuracies scorer={scorer} />
      <EarlierVersions earlier={scorer.earlier} off={isTraining} />
    </section>
  )
}

const noError: ErrorData = { code: 'internal', message: '' }

/** What it may do, and why; both numbers where it may not. */
function stateSentence({ votes, state }: PersonalScorer): string {
  switch (state.kind) {
    case 'untrained':
      return votes < votesNeeded ? 'Vote in Duel (D); then it can be trained.' : state.reason
    case 'training':
      return 'Learning from your votes…'
    case 'failed':
      return ''
    case 'trained': {
      const { accuracy, low, high } = state.own
      const figures = `${inPercent(accuracy)} %, ${inPercent(low)} to ${inPercent(high)}`
      return state.beatsChance
        ? `May guide: it foresees your votes better than a coin (${figures}). It is among the verifiers of the form.`
        : `May not guide yet: it cannot be told from a coin (${figures}). It may be held out; more votes help.`
    }
  }
}

/** Everybody's held-out accuracy with its interval, and chance. */
function Accuracies({ scorer }: { readonly scorer: PersonalScorer }) {
  const own = scorer.state.kind === 'trained' ? scorer.state.own : null
  const lines = [...(own === null ? [] : [own]), ...scorer.others]
  if (lines.length === 0) return null
  return (
    <section className={styles.accuracies} aria-label="Accuracy on votes not seen">
      <h3 className={styles.title}>
        {own === null ? 'How often each verifier agrees with your votes' : 'Accuracy on votes not seen'}
      </h3>
      <ul className={styles.lines}>
        {lines.map((line) => (
          <AccuracyLine key={line.verifier} line={line} isOwn={line === own} />
        ))}
      </ul>
      <p className={styles.axis} aria-hidden="true">
        <span>0 %</span>
        <span>50 %, a coin</span>
        <span>100 %</span>
      </p>
      <p className={styles.none}>
        The dot is the share of votes foreseen, the line the range it may truly have (95 %). The same votes
        for everybody, as far as the scores are there.
        {scorer.state.kind === 'trained' &&
          ` Yours weighs the features of ${scorer.state.features}; it was measured on ${
            scorer.state.unseenPictures
              ? 'pictures that it had never seen.'
              : 'votes that it had never seen, on pictures that it knew from others: vote on more pictures for a sharper measure.'
          }`}
      </p>
    </section>
  )
}

/** What it was before: each training can be gone back to, and undo goes forward again. */
function EarlierVersions({
  earlier,
  off,
}: {
  readonly earlier: readonly EarlierScorer[]
  readonly off: boolean
}) {
  const { bridge } = useStudio()
  const [, undo] = useUndo()
  const heading = useRef<HTMLHeadingElement>(null)
  if (earlier.length === 0) return null
  const goBack = ({ removed, trainedAt }: EarlierScorer) => {
    if (off) return
    // Whatever stands in its place lies aside under a name of its own, which the way back goes by.
    let aside: string | null = removed
    const exchange = async () => {
      aside =
        aside === null
          ? (await bridge.removePack({ id: 'you' })).removed
          : (await bridge.restorePersonalScorer({ removed: aside })).replaced
    }
    void undo.act(async () => {
      await exchange()
      const label = `Went back to your verifier of ${formatMoment(trainedAt, new Date())}`
      return { label, undo: exchange, redo: exchange }
    })
    // The line that was pressed goes away.
    heading.current?.focus()
  }
  return (
    <section className={styles.earlier} aria-label="Earlier versions">
      <h3 ref={heading} className={styles.title} tabIndex={-1}>
        Earlier versions
      </h3>
      <ul className={styles.versions}>
        {earlier.map((version) => {
          const { removed, trainedAt, votes, own } = version
          return (
            <li key={removed} className={styles.version}>
              <span className={styles.who}>{formatMoment(trainedAt, new Date())}</span>
              <span>{formatCountOf(votes, 'vote')}</span>
              <span className={styles.numbers}>
                {inPercent(own.accuracy)} %{' '}
                <span className={styles.range}>
                  ({inPercent(own.low)} to {inPercent(own.high)})
                </span>
              </span>
              <Button aria-disabled={off} onClick={() => goBack(version)}>
                Go back to this version
              </Button>
            </li>
          )
        })}
      </ul>
    </section>
  )
}

function AccuracyLine({ line, isOwn }: { readonly line: HeldOutAccuracy; readonly isOwn: boolean }) {
  const { verifier, accuracy, low, high, votes } = line
  return (
    <li className={classes(styles.line, isOwn && styles.own)}>
      <span className={styles.who}>{judgeLabel(verifier)}</span>
      {votes === 0 ? (
        <span className={styles.unscored}>lacks scores of these pictures</span>
      ) : (
        <>
          <span className={styles.track} aria-hidden="true">
            <span
              className={styles.interval}
              style={{ '--low': `${low * 100}%`, '--span': `${(high - low) * 100}%` }}
            />
            <span className={styles.dot} style={{ '--at': `${accuracy * 100}%` }} />
          </span>
          <span className={styles.numbers}>
            {inPercent(accuracy)} %{' '}
            <span className={styles.range}>
              ({inPercent(low)} to {inPercent(high)}), {formatCount(votes)} votes
            </span>
          </span>
        </>
      )}
    </li>
  )
}

function inPercent(share: number): string {
  return (share * 100).toFixed(0)
}
