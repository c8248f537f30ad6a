import { useEffect, useMemo, useRef, useState } from 'react'
import type { ReactNode } from 'react'

import { votesNeeded } from '../../../shared/court.ts'
import { formatCount, formatCountOf } from '../../../shared/format.ts'
import type { Picture, PictureId } from '../../../shared/gallery.ts'
import { useQuery, valueOf } from '../../api/hooks.ts'
import type { Pool } from '../../api/selection.ts'
import { Button } from '../../components/button.tsx'
import { Key } from '../../components/key-hints.tsx'
import { Contest } from './contest.tsx'
import styles from './duel-view.module.css'
import { RankingPanel } from './ranking-panel.tsx'
import { useDuel } from './use-duel.ts'
import { useViewKeys } from './use-view-keys.ts'

type DuelTableProps = {
  readonly pool: Pool
  readonly pictures: readonly Picture[]
  readonly onLeave: () => void
  readonly onCompare: (pictures: readonly PictureId[]) => void
  readonly onOpenRun: (runId: number) => void
  readonly onTrain: (pool: Pool) => void
}

/** A sitting of duels: the pair, how far the artist has come, and the ranking when it is asked for. */
export function DuelTable({ pool, pictures, onLeave, onCompare, onOpenRun, onTrain }: DuelTableProps) {
  const [asked, ask] = useState(false)
  const view = useRef<HTMLElement>(null)
  const duel = useDuel(pictures, () => ask(false))
  const all = valueOf(useQuery('votes', {}))
  const byId = useMemo(() => new Map(pictures.map((one) => [one.id, one])), [pictures])
  const { current, upcoming, votes, groups } = duel
  const isOver = votes !== null && current === null
  const showsRanks = asked || isOver

  // The keys work from here, wherever the view was opened from.
  useEffect(() => view.current?.focus({ preventScroll: true }), [])
  const turnTo = (ranking: boolean) => {
    ask(ranking)
    view.current?.focus({ preventScroll: true })
  }
  useViewKeys(view, (event) => {
    const turns = event.key.toLowerCase() === 'q' || (event.key === 'Escape' && showsRanks)
    if (!turns || isOver || document.querySelector(':popover-open') !== null) return
    event.preventDefault()
    turnTo(!showsRanks)
  })

  return (
    <main ref={view} className={styles.view} aria-label="Duel" tabIndex={-1}>
      <header className={styles.head}>
        <h2 className={styles.title}>Duel</h2>
        <p className={styles.pool}>
          {pool.name}, {formatCountOf(pictures.length, 'picture')}
          {groups.length > 1 && ` of ${formatCount(groups.length)} prompts; only those of one prompt meet`}
        </p>
        {!isOver && groups.length > 0 && (
          <Button look="plain" aria-pressed={showsRanks} onClick={() => turnTo(!showsRanks)}>
            Ranking <Key name="Q" />
          </Button>
        )}
        <Button look="plain" onClick={onLeave}>
          Other pictures…
        </Button>
      </header>
      {groups.length === 0 && <Missing pictures={pictures} chosen={pool.pictures.length} />}
      {groups.length > 0 && showsRanks && (
        <RankingPanel
          groups={groups}
          votes={votes ?? []}
          byId={byId}
          onCompare={onCompare}
          onOpenRun={onOpenRun}
        >
          {isOver ? (
            <p>Every pair has been shown. More pictures of the prompt make more duels.</p>
          ) : (
            <Button look="primary" onClick={() => turnTo(false)}>
              Go on with the duel
            </Button>
          )}
        </RankingPanel>
      )}
      {current !== null && !showsRanks && (
        <Contest
          pair={current}
          upcoming={upcoming}
          byId={byId}
          view={view}
          onVote={duel.vote}
          onSkip={duel.skip}
        />
      )}
      <Progress among={votes?.length ?? 0} all={all?.length ?? null}>
        <Button onClick={() => onTrain(pool)}>Train your verifier…</Button>
      </Progress>
    </main>
  )
}

type ProgressProps = {
  /** Votes among the pictures of this sitting. */
  readonly among: number
  /** Votes of the whole library; null until they have come. */
  readonly all: number | null
  /** What can be done once there are enough. */
  readonly children: ReactNode
}

function Progress({ among, all, children }: ProgressProps) {
  const isEnough = all !== null && all >= votesNeeded
  return (
    <div className={styles.progress}>
      <p role="status">
        {formatCountOf(among, 'vote')} among these pictures
        {all !== null && !isEnough && `; ${votesNeeded - all} more until a verifier can learn your eye`}
        {isEnough && `; ${formatCount(all)} in all, enough for a verifier that learns your eye`}
      </p>
      {isEnough ? (
        children
      ) : (
        <progress
          className={styles.bar}
          aria-label={`Votes of the ${votesNeeded} that a verifier of your own needs`}
          max={votesNeeded}
          value={all ?? 0}
        />
      )}
    </div>
  )
}

/** What is missing for a duel, and what to do. */
function Missing({ pictures, chosen }: { readonly pictures: readonly Picture[]; readonly chosen: number }) {
  const gone = chosen - pictures.length
  const count = pictures.length
  return (
    <div className={styles.missing}>
      <p>
        {count === 0 && 'There is no picture here; a duel takes two. '}
        {count === 1 && 'There is one picture here; a duel takes two. '}
        {count > 1 &&
          `All of these ${formatCount(count)} pictures have prompts of their own. Which is better is a question between pictures of one prompt only. `}
        {gone > 0 && `${formatCountOf(gone, 'picture')} of those chosen cannot be found in the library. `}
      </p>
      <p>Choose other pictures, or make more of one prompt.</p>
    </div>
  )
}
