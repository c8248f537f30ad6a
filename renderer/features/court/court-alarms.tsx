import { useMemo } from 'react'

import { hackingAlarm } from '../../../shared/hacking-alarm.ts'
import { verifiers } from '../../../shared/vocabulary.ts'
import { useQuery, valueOf } from '../../api/hooks.ts'
import { Button } from '../../components/button.tsx'
import { Icon } from '../../components/icon.tsx'
import styles from './court-alarms.module.css'

/** Runs that are looked into; a selection over the whole library may come from hundreds. */
const mostRuns = 12

type CourtAlarmsProps = {
  readonly runs: readonly number[]
  readonly onOpenRun: (runId: number) => void
}

/** The runs of these pictures whose guide rose while the held-out verifiers fell. Nothing where there is none. */
export function CourtAlarms({ runs, onOpenRun }: CourtAlarmsProps) {
  return runs.slice(0, mostRuns).map((runId) => <RunAlarm key={runId} runId={runId} onOpenRun={onOpenRun} />)
}

function RunAlarm({
  runId,
  onOpenRun,
}: {
  readonly runId: number
  readonly onOpenRun: CourtAlarmsProps['onOpenRun']
}) {
  const run = valueOf(useQuery('run', { runId }))
  const alarm = useMemo(() => (run === null ? null : hackingAlarm(run)), [run])
  if (run === null || alarm === null) return null
  const labels = (ids: readonly (keyof typeof verifiers)[]) =>
    new Intl.ListFormat('en').format(ids.map((id) => verifiers[id].label))
  return (
    <p className={styles.alarm}>
      <Icon name="warning" />
      <span>
        Run {runId} is gaming its guide: from round {alarm.round + 1} on {labels(run.spec.guide)} rose while{' '}
        {labels(alarm.verifiers)} fell.
      </span>
      <Button look="plain" onClick={() => onOpenRun(runId)}>
        See its curve
      </Button>
    </p>
  )
}
