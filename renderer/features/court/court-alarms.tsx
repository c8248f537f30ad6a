import { useState } from 'react'

import type { RunAlarm } from '../../../shared/court.ts'
import { formatCountOf } from '../../../shared/format.ts'
import { verifiers } from '../../../shared/vocabulary.ts'
import type { VerifierId } from '../../../shared/vocabulary.ts'
import { useQuery, valueOf } from '../../api/hooks.ts'
import { Button } from '../../components/button.tsx'
import { Icon } from '../../components/icon.tsx'
import styles from './court-alarms.module.css'

/** Alarms that are shown until a person asks for the others: the pictures stay in sight. */
const firstShown = 3

type CourtAlarmsProps = {
  readonly runs: readonly number[]
  readonly onOpenRun: (runId: number) => void
}

/** The runs of these pictures whose guide rose while the held-out verifiers fell. Nothing where there is none. */
export function CourtAlarms({ runs, onOpenRun }: CourtAlarmsProps) {
  const answer = valueOf(useQuery('alarms', runs.length === 0 ? null : { runs }))
  const [isWhole, setWhole] = useState(false)
  if (answer === null) return null
  const { alarms, unchecked } = answer
  const shown = isWhole ? alarms : alarms.slice(0, firstShown)
  return (
    <>
      {shown.map((alarm) => (
        <Alarm key={alarm.runId} alarm={alarm} onOpenRun={onOpenRun} />
      ))}
      {alarms.length > firstShown && (
        <Button look="plain" aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>
          {isWhole
            ? `Only the first ${firstShown}`
            : `${formatCountOf(alarms.length - firstShown, 'more run')} gaming the guide`}
        </Button>
      )}
      {unchecked > 0 && (
        <p className={styles.alarm}>
          {formatCountOf(unchecked, 'run')} of these pictures {unchecked === 1 ? 'was' : 'were'} not looked
          into: there are too many candidates. Choose fewer pictures.
        </p>
      )}
    </>
  )
}

type AlarmProps = { readonly alarm: RunAlarm; readonly onOpenRun: CourtAlarmsProps['onOpenRun'] }

function Alarm({ alarm: { runId, round, guide, verifiers: fallen }, onOpenRun }: AlarmProps) {
  const labels = (ids: readonly VerifierId[]) =>
    new Intl.ListFormat('en').format(ids.map((id) => verifiers[id].label))
  return (
    <p className={styles.alarm}>
      <Icon name="warning" />
      <span>
        Run {runId} is gaming its guide: from round {round + 1} on {labels(guide)} rose while {labels(fallen)}{' '}
        fell.
      </span>
      <Button look="plain" onClick={() => onOpenRun(runId)}>
        See its curve
      </Button>
    </p>
  )
}
