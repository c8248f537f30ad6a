import type { RunDetail } from '../../../shared/domain.ts'
import { guideName } from '../../../shared/figure.ts'
import type { HackingAlarm } from '../../../shared/hacking-alarm.ts'
import { Button } from '../../components/button.tsx'
import { Icon } from '../../components/icon.tsx'
import styles from './alarm-note.module.css'
import { alarmText } from './alarm.ts'

type AlarmNoteProps = {
  readonly run: RunDetail
  readonly alarm: HackingAlarm
  /** Selects the last pick before the fall. */
  readonly onShow: () => void
}

/** Says that the search raises its guide at the expense of the held-out verifiers, and what to do. */
export function AlarmNote({ run, alarm, onShow }: AlarmNoteProps) {
  return (
    <section className={styles.note} aria-label="Hacking alarm">
      <Icon name="warning" />
      <div>
        <p className={styles.what}>{alarmText(run, alarm)}</p>
        <p className={styles.todo}>
          {guideName(run.spec)} may be rewarding what nobody asked for. Look at the pick before it, add{' '}
          {alarm.verifiers.length === 1 ? 'that verifier' : 'those verifiers'} to the guide, or stop earlier.
        </p>
      </div>
      <Button onClick={onShow}>Show pick #{alarm.since}</Button>
    </section>
  )
}
