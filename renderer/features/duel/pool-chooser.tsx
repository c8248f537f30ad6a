import { useEffect, useRef, useState } from 'react'

import { toErrorData } from '../../../shared/errors.ts'
import type { ErrorData } from '../../../shared/errors.ts'
import { formatCount } from '../../../shared/format.ts'
import { maxPictures } from '../../../shared/gallery.ts'
import type { PictureId, WallFilter } from '../../../shared/gallery.ts'
import { useQuery, useSelection, useStudio, valueOf } from '../../api/hooks.ts'
import type { Pool } from '../../api/selection.ts'
import { Button } from '../../components/button.tsx'
import { FaultPanel } from '../../components/fault-panel.tsx'
import styles from './pool-chooser.module.css'

type PoolChooserProps = {
  readonly run: number | null
  readonly onChoose: (pool: Pool) => void
  /** Without another choice; absent where there was none before. */
  readonly onBack?: () => void
}

/** Something that can be chosen. */
type Offer = {
  readonly name: string
  readonly about: string
  /** How many pictures, as far as it is known. */
  readonly count: number | null
  readonly ask: () => Promise<readonly PictureId[]>
}

/** What a duel can be about. */
export function PoolChooser({ run, onChoose, onBack }: PoolChooserProps) {
  const { bridge } = useStudio()
  const [{ selected }] = useSelection()
  const facets = valueOf(useQuery('facets'))
  const boards = valueOf(useQuery('boards')) ?? []
  const [fault, setFault] = useState<ErrorData | null>(null)
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])

  /** The newest first, as many as a duel takes. */
  const wall = (filter: WallFilter) => () => bridge.wall({ filter, order: { by: 'made', descending: true } })
  const offers: readonly Offer[] = [
    {
      name: 'Selection',
      about: 'what is selected in the gallery',
      count: selected.size,
      ask: () => Promise.resolve([...selected]),
    },
    ...(run === null
      ? []
      : [{ name: `Run ${run}`, about: 'the run that is open', count: null, ask: wall({ run }) }]),
    {
      name: 'Picks',
      about: 'everything with a pick flag',
      count: facets?.picked ?? null,
      ask: wall({ flags: ['pick'] }),
    },
    {
      name: 'Undecided',
      about: 'everything that is neither picked nor rejected',
      count: facets === null ? null : facets.total - facets.picked - facets.rejected,
      ask: wall({ flags: ['none'] }),
    },
    ...boards.map(({ id, name, pictures }) => ({
      name,
      about: 'board',
      count: pictures,
      ask: wall({ board: id }),
    })),
  ]
  const choose = ({ name, ask }: Offer) => {
    setFault(null)
    ask().then(
      (pictures) =>
        onChoose({
          name: pictures.length > maxPictures ? `${name}, the newest ${formatCount(maxPictures)}` : name,
          pictures: pictures.slice(0, maxPictures),
        }),
      (thrown: unknown) => setFault(toErrorData(thrown)),
    )
  }
  return (
    <div className={styles.chooser}>
      <h2 ref={heading} tabIndex={-1} className={styles.title}>
        Blind duels
      </h2>
      <p className={styles.about}>
        Two pictures of one prompt, without names and scores: you say which is better. The votes rank the
        pictures, and teach a verifier your eye.
      </p>
      {fault !== null && <FaultPanel title="These pictures cannot be had" error={fault} />}
      <ul className={styles.offers} aria-label="Pictures to choose from">
        {offers.map((offer) => {
          const tooFew = offer.count !== null && offer.count < 2
          return (
            <li key={`${offer.about} ${offer.name}`}>
              <button type="button" className={styles.offer} disabled={tooFew} onClick={() => choose(offer)}>
                <span className={styles.name}>{offer.name}</span>
                <span className={styles.what}>
                  {offer.about}
                  {tooFew && '; a duel takes two'}
                </span>
                <span className={styles.count}>{offer.count === null ? '' : formatCount(offer.count)}</span>
              </button>
            </li>
          )
        })}
      </ul>
      {onBack !== undefined && <Button onClick={onBack}>Back to the duel</Button>}
    </div>
  )
}
