import type { RunSummary } from '../../shared/domain.ts'
import { useQuery, valueOf } from '../api/hooks.ts'
import { QueueButton } from '../features/monitor/queue-button.tsx'
import { SaidLine } from './said-line.tsx'
import { shortcutsPanelId } from './shortcuts-panel.tsx'
import styles from './app.module.css'

type StatusBarProps = {
  readonly runs: readonly RunSummary[]
  readonly onShow: (runId: number) => void
}

/** Where this studio runs and what it is doing. */
export function StatusBar({ runs, onShow }: StatusBarProps) {
  const environment = valueOf(useQuery('environment'))
  return (
    <footer className={styles.status}>
      <span className={styles.place}>
        <span>{environment?.device}</span>
        <span className={styles.path} title={environment?.libraryPath}>
          {environment?.libraryPath}
        </span>
        <span>{environment === null ? '' : `Goldpan ${environment.version}`}</span>
      </span>
      <SaidLine />
      <QueueButton runs={runs} onShow={onShow} />
      <button type="button" className={styles.help} popoverTarget={shortcutsPanelId}>
        Keys <kbd>?</kbd>
      </button>
    </footer>
  )
}
