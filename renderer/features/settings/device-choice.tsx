import type { DeviceReport } from '../../../shared/domain.ts'
import { devices } from '../../../shared/vocabulary.ts'
import type { DeviceId } from '../../../shared/vocabulary.ts'
import { useQuery, useStudio } from '../../api/hooks.ts'
import { Button } from '../../components/button.tsx'
import { classes } from '../../components/classes.ts'
import { FaultPanel } from '../../components/fault-panel.tsx'
import styles from './settings.module.css'

type DeviceChoiceProps = {
  readonly chosen: DeviceId | null
  readonly onChoose: (device: DeviceId) => void
}

/** Every device that models can run on: whether it is there, why not, and which one new runs are made on. */
export function DeviceChoice({ chosen, onChoose }: DeviceChoiceProps) {
  const { refresh } = useStudio()
  const query = useQuery('devices')
  if (query.kind === 'loading') {
    return (
      <p className={styles.note} role="status">
        Trying each device with a small network; this takes a few seconds…
      </p>
    )
  }
  if (query.kind === 'failed') {
    return (
      <FaultPanel title="The devices cannot be tried" error={query.error}>
        <Button onClick={refresh}>Try again</Button>
      </FaultPanel>
    )
  }
  return (
    <div role="radiogroup" aria-label="Device of new runs" className={styles.devices}>
      {query.value.map((report) => (
        <Device
          key={report.id}
          report={report}
          isChosen={report.id === chosen}
          onChoose={() => onChoose(report.id)}
        />
      ))}
    </div>
  )
}

type DeviceProps = {
  readonly report: DeviceReport
  readonly isChosen: boolean
  readonly onChoose: () => void
}

function Device({ report: { id, available, reason, detail }, isChosen, onChoose }: DeviceProps) {
  const noteId = `device-${id}-note`
  const { label, about } = devices[id]
  return (
    <div className={classes(styles.device, isChosen && styles.chosen)}>
      <label className={styles.deviceName}>
        <input
          type="radio"
          name="device"
          className={styles.radio}
          checked={isChosen}
          disabled={!available}
          aria-describedby={noteId}
          onChange={onChoose}
        />
        <span>{label}</span>
        <span className={styles.availability}>{available ? 'Available' : 'Not available'}</span>
      </label>
      <p id={noteId} className={classes(styles.note, isChosen && !available && styles.fault)}>
        {reason ?? about}
        {isChosen && !available && ' It is chosen all the same: choose another one.'}
      </p>
      {detail !== '' && (
        <details className={styles.details}>
          <summary>What the runtime said of {label}</summary>
          <pre className={styles.detail} dir="ltr">
            {detail}
          </pre>
        </details>
      )}
    </div>
  )
}
