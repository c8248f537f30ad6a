import { useEffect, useRef, useState } from 'react'

import { formatCount } from '../../../shared/format.ts'
import type { PictureId } from '../../../shared/gallery.ts'
import { usePoolOffers } from '../../api/pool-offers.ts'
import type { Pool } from '../../api/selection.ts'
import { Button } from '../../components/button.tsx'
import { FaultPanel } from '../../components/fault-panel.tsx'
import { PoolChooser } from '../../components/pool-chooser.tsx'
import { DuelTable } from './duel-table.tsx'
import styles from './duel-view.module.css'
import { useContenders } from './use-contenders.ts'

type DuelViewProps = {
  /** Who meets whom; null where the view is opened without any, then it asks. */
  readonly pool: Pool | null
  readonly onChoosePool: (pool: Pool) => void
  readonly onCompare: (pictures: readonly PictureId[]) => void
  readonly onOpenRun: (runId: number) => void
  /** To the court with these pictures, where the artist's own verifier is trained. */
  readonly onTrain: (pool: Pool) => void
}

/** Blind duels: of two pictures that are shown without names and scores, the better one. */
export function DuelView({ pool, onChoosePool, ...to }: DuelViewProps) {
  /** The pool beside which another one is being chosen. */
  const [left, leave] = useState<Pool | null>(null)
  if (pool === null || left === pool) {
    return (
      <ChoosePool
        onChoose={(chosen) => {
          leave(null)
          onChoosePool(chosen)
        }}
        onBack={pool === null ? null : () => leave(null)}
      />
    )
  }
  return <DuelOf pool={pool} onLeave={() => leave(pool)} {...to} />
}

type ChoosePoolProps = {
  readonly onChoose: (pool: Pool) => void
  /** Without another choice; null where there was none before. */
  readonly onBack: (() => void) | null
}

/** What the duels are about. */
function ChoosePool({ onChoose, onBack }: ChoosePoolProps) {
  const offers = usePoolOffers(onChoose)
  const heading = useRef<HTMLHeadingElement>(null)
  // What was pressed is gone, or belongs to another view.
  useEffect(() => heading.current?.focus(), [])
  return (
    <main className={styles.view} aria-label="Duel">
      <div className={styles.choice}>
        <PoolChooser offers={offers} least={2}>
          <h2 ref={heading} tabIndex={-1} className={styles.heading}>
            Blind duels
          </h2>
          <p className={styles.about}>
            Two pictures of one prompt, without names and scores: you say which is better. The votes rank the
            pictures, and teach a verifier your eye.
          </p>
        </PoolChooser>
        {onBack !== null && <Button onClick={onBack}>Back to the duel</Button>}
      </div>
    </main>
  )
}

type DuelOfProps = Omit<DuelViewProps, 'pool' | 'onChoosePool'> & {
  readonly pool: Pool
  readonly onLeave: () => void
}

function DuelOf({ pool, onLeave, ...to }: DuelOfProps) {
  const contenders = useContenders(pool.pictures)
  const others = <Button onClick={onLeave}>Other pictures…</Button>
  switch (contenders.kind) {
    case 'loading':
      return (
        <main className={styles.view} aria-label="Duel" aria-busy>
          <p className={styles.opening}>Looking at {formatCount(pool.pictures.length)} pictures…</p>
        </main>
      )
    case 'failed':
      return (
        <main className={styles.view} aria-label="Duel">
          <FaultPanel title="These pictures cannot be shown" error={contenders.error}>
            <Button onClick={contenders.retry}>Try again</Button>
            {others}
          </FaultPanel>
        </main>
      )
    case 'ready':
      return (
        <DuelTable
          key={pool.pictures.join()}
          pool={pool}
          pictures={contenders.pictures}
          onLeave={onLeave}
          {...to}
        />
      )
  }
}
