import { useMemo, useState } from 'react'

import type { PictureId } from '../../../shared/gallery.ts'
import { scoreBy } from '../../../shared/ranking.ts'
import type { SelectionStore } from '../../api/selection.ts'
import { Select } from '../../components/controls.tsx'
import { moveFocus } from '../../components/rove.ts'
import {
  agreementOf,
  agreementSentence,
  agreementsOf,
  disagreements,
  judgeLabel,
  ordinal,
  seatingOrder,
} from '../../logic/court.ts'
import type { JudgeId } from '../../logic/court.ts'
import { AgreementMatrix } from './agreement-matrix.tsx'
import styles from './agreement-panel.module.css'
import { CourtTile } from './court-tile.tsx'
import { Scatter } from './scatter.tsx'
import type { Court } from './use-court.ts'

/** Pictures on which two judges differ that are shown. */
const shownDisagreements = 8

type AgreementPanelProps = {
  readonly court: Court
  readonly pointed: PictureId | null
  readonly onPoint: (picture: PictureId | null) => void
  readonly selected: ReadonlySet<PictureId>
  readonly selection: SelectionStore
}

/** Who agrees with whom, and of any two judges: every picture by both, and where they differ most. */
export function AgreementPanel({ court, pointed, onPoint, selected, selection }: AgreementPanelProps) {
  const { judged, seats } = court
  const [chosen, choose] = useState<readonly [JudgeId, JudgeId] | null>(null)
  const agreements = useMemo(
    () =>
      agreementsOf(
        judged,
        seats.filter(({ scored }) => scored > 0).map(({ judge }) => judge),
      ),
    [judged, seats],
  )
  const judges = useMemo(
    () =>
      seatingOrder(
        seats.filter(({ scored }) => scored > 0).map(({ judge }) => judge),
        agreements,
      ),
    [seats, agreements],
  )
  const isKnown = chosen?.every((judge) => judges.includes(judge)) === true
  const [a, b] = isKnown ? chosen : [judges[0], judges[1]]
  const agreement = a === undefined || b === undefined ? null : agreementOf(agreements, a, b)

  if (a === undefined || b === undefined || agreement === null) {
    return (
      <p className={styles.none}>
        It takes two judges to agree. {judges.length === 0 ? 'None has' : 'Only one has'} scored these
        pictures: ask for the missing scores, or flag and rate the pictures yourself.
      </p>
    )
  }
  const differences = disagreements(judged, a, b, shownDisagreements)
  const points = judged.flatMap((one) => {
    const [x, y] = [scoreBy(one, a), scoreBy(one, b)]
    return x === null || y === null ? [] : [{ picture: one.picture, x, y }]
  })
  const options = judges.map((judge) => ({ id: judge, label: judgeLabel(judge) }))
  return (
    <div className={styles.panel}>
      <AgreementMatrix
        judges={judges}
        agreements={agreements}
        pair={[a, b]}
        onPair={(first, second) => choose([first, second])}
      />
      <section className={styles.pair} aria-label="Two judges">
        <div className={styles.pickers}>
          <label className={styles.picker}>
            Across
            <Select
              value={a}
              options={options.filter(({ id }) => id !== b)}
              onPick={(id) => choose([id as JudgeId, b])}
            />
          </label>
          <label className={styles.picker}>
            Up
            <Select
              value={b}
              options={options.filter(({ id }) => id !== a)}
              onPick={(id) => choose([a, id as JudgeId])}
            />
          </label>
        </div>
        <p className={styles.sentence}>{agreementSentence(agreement)}</p>
        <Scatter
          court={court}
          points={points}
          judges={[a, b]}
          pointed={pointed}
          onPoint={onPoint}
          selected={selected}
          selection={selection}
        />
      </section>
      <section className={styles.differences} aria-label="Where they disagree most">
        <h3 className={styles.title}>
          Where {judgeLabel(a)} and {judgeLabel(b)} disagree most
        </h3>
        {differences.length === 0 ? (
          <p className={styles.none}>They put these pictures in the same order.</p>
        ) : (
          <ul className={styles.tiles} onKeyDown={moveFocus}>
            {differences.map(({ picture, rankA, rankB }, index) => (
              <li key={picture}>
                <CourtTile
                  court={court}
                  picture={picture}
                  label={`${court.nameOf(picture)}: ${ordinal(rankA)} by ${judgeLabel(a)}, ${ordinal(rankB)} by ${judgeLabel(b)}`}
                  isFirst={index === 0}
                  isSelected={selected.has(picture)}
                  selection={selection}
                  onPoint={onPoint}
                >
                  <span className={styles.ranks}>
                    {ordinal(rankA)} / {ordinal(rankB)}
                  </span>
                </CourtTile>
              </li>
            ))}
          </ul>
        )}
      </section>
    </div>
  )
}
