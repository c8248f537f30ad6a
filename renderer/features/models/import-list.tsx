import { formatBytes, formatSeconds } from '../../../shared/format.ts'
import type { ImportJob, ImportPhase } from '../../../shared/model-import.ts'
import { useStudio } from '../../api/hooks.ts'
import { Button } from '../../components/button.tsx'
import { FaultPanel } from '../../components/fault-panel.tsx'
import { Icon } from '../../components/icon.tsx'
import styles from './models.module.css'
import { ProgressBar } from './progress-bar.tsx'

/** The imports since the studio was opened, newest first: how far each is, or how it ended. */
export function ImportList({ imports }: { readonly imports: readonly ImportJob[] }) {
  if (imports.length === 0) return null
  return (
    <section aria-label="Imports" className={styles.imports}>
      <ul className={styles.jobs}>
        {imports.map((job) => (
          <li key={job.id}>
            <Job job={job} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function Job({ job: { id, name, phase } }: { readonly job: ImportJob }) {
  const { bridge } = useStudio()
  if (phase.kind === 'failed') return <FaultPanel title={`${name} was not imported`} error={phase.error} />
  const isOver = phase.kind === 'done' || phase.kind === 'cancelled'
  return (
    <div className={styles.job}>
      <span className={styles.jobName}>{name}</span>
      <span className={styles.jobPhase} role="status">
        {phase.kind === 'done' && <Icon name="done" />}
        {phaseText(phase)}
      </span>
      {!isOver && (
        <>
          <ProgressBar
            label={`Import of ${name}`}
            value={phase.kind === 'copying' ? phase.bytes : 0}
            of={phase.kind === 'copying' ? phase.total : phase.kind === 'waiting' ? 1 : null}
          />
          <Button aria-label={`Cancel the import of ${name}`} onClick={() => void bridge.cancelImport({ importId: id })}>
            Cancel
          </Button>
        </>
      )}
    </div>
  )
}

function phaseText(phase: ImportPhase): string {
  switch (phase.kind) {
    case 'waiting':
      return 'Waits for the import before it'
    case 'checking':
      return 'Checking the files'
    case 'copying':
      return `Copying, ${formatBytes(phase.bytes)} of ${formatBytes(phase.total)}`
    case 'waiting_for_run':
      return 'Copied; its trial run waits for the run at work'
    case 'trial':
      return 'Trial run, in a process of its own'
    case 'done':
      return `Imported, ready to be searched with; its trial took ${formatSeconds(phase.seconds)}${phase.peakBytes === null ? '' : ` and ${formatBytes(phase.peakBytes)} of memory`}`
    case 'cancelled':
      return 'Cancelled; nothing of it is kept'
    case 'failed':
      return phase.error.message
  }
}
