import type { ReactNode } from 'react'

import type { ErrorData } from '../../shared/errors.ts'
import { formatCountOf } from '../../shared/format.ts'
import { FaultPanel } from './fault-panel.tsx'
import styles from './pool-chooser.module.css'
import { PromptText } from './prompt-text.tsx'

/** Pictures that can be chosen. */
type Offer = {
  readonly id: string
  readonly name: string
  /** What is in it: a few words, or the prompt of a run. */
  readonly about: string
  /** How many pictures. */
  readonly count: number
}

type PoolChooserProps<Each extends Offer> = {
  /** Null until they have come. */
  readonly offers: {
    readonly collections: readonly Each[]
    readonly runs: readonly Each[]
    readonly choose: (offer: Each) => void
    /** Why the last choice could not be had. */
    readonly fault: ErrorData | null
  } | null
  /** Pictures that are needed; what has fewer is shown, and cannot be chosen. */
  readonly least: number
  /** What the pictures are for. */
  readonly children: ReactNode
}

/** Which pictures? Collections and the newest runs, with what they hold; one press chooses. */
export function PoolChooser<Each extends Offer>({ offers, least, children }: PoolChooserProps<Each>) {
  return (
    <section className={styles.chooser} aria-label="Choose pictures">
      {children}
      {offers?.fault != null && <FaultPanel title="These pictures cannot be had" error={offers.fault} />}
      {offers === null ? (
        <p className={styles.none}>Looking what there is…</p>
      ) : (
        <>
          <OfferList label="Collections" offers={offers.collections} least={least} onChoose={offers.choose} />
          {offers.runs.length === 0 ? (
            <p className={styles.none}>No run has been made yet. Start one under Create (N).</p>
          ) : (
            <OfferList label="Runs" offers={offers.runs} least={least} onChoose={offers.choose} />
          )}
        </>
      )}
    </section>
  )
}

type OfferListProps<Each extends Offer> = {
  readonly label: string
  readonly offers: readonly Each[]
  readonly least: number
  readonly onChoose: (offer: Each) => void
}

function OfferList<Each extends Offer>({ label, offers, least, onChoose }: OfferListProps<Each>) {
  return (
    <div>
      <h3 className={styles.label}>{label}</h3>
      <ul className={styles.offers} aria-label={label}>
        {offers.map((offer) => (
          <li key={offer.id}>
            <button
              type="button"
              className={styles.offer}
              disabled={offer.count < least}
              onClick={() => onChoose(offer)}
            >
              <bdi className={styles.name}>{offer.name}</bdi>
              <span className={styles.about}>
                <PromptText text={offer.about} lines={1} />
              </span>
              <span className={styles.count}>
                {formatCountOf(offer.count, 'picture')}
                {offer.count === 1 && least > 1 && `, ${least} needed`}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
}
