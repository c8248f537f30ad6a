import { useState } from 'react'

import { formatCount } from '../../../shared/format.ts'
import type { PictureId } from '../../../shared/gallery.ts'
import type { Pool } from '../../api/selection.ts'
import { Button } from '../../components/button.tsx'
import { FaultPanel } from '../../components/fault-panel.tsx'
import { DuelTable } from './duel-table.tsx'
import styles from './duel-view.module.css'
import { PoolChooser } from './pool-chooser.tsx'
import { useContenders } from './use-contenders.ts'

type DuelViewProps = {
  /** Who meets whom; null where the view is opened without any, then it asks. */
  readonly pool: Pool | null
  readonly onChoosePool: (pool: Pool) => void
  /** The run that is shown in Create, to be offered; null for none. */
  readonly run: number | null
  readonly onCompare: (pictures: readonly PictureId[]) => void
  readonly onOpenRun: (runId: number) => void
  /** To the court with these pictures, where the artist's own verifier is trained. */
  readonly onCourt: (pool: Pool) => void
}

/** Blind duels: of two pictures that are shown without names and scores, the better one. */
export function DuelView({ pool, onChoosePool, run, ...to }: DuelViewProps) {
  /** The pool beside which another one is being chosen. */
  const [left, leave] = useState<Pool | null>(null)
  if (pool === null || left === pool) {
    return (
      <main className={styles.view} aria-label="Duel">
        <PoolChooser
          run={run}
          onChoose={(chosen) => {
            leave(null)
            onChoosePool(chosen)
          }}
          {...(pool === null ? {} : { onBack: () => leave(null) })}
        />
      </main>
    )
  }
  return <DuelOf pool={pool} onLeave={() => leave(pool)} {...to} />
}

type DuelOfProps = Omit<DuelViewProps, 'pool' | 'onChoosePool' | 'run'> & {
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
