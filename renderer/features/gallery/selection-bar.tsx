import { Button } from '../../components/button.tsx'
import styles from './selection-bar.module.css'

type SelectionBarProps = {
  readonly count: number
  readonly onCompare: () => void
  readonly onDuel: () => void
  readonly onCourt: () => void
  readonly onExport: () => void
  readonly onClear: () => void
}

/** What can be done with several pictures at once. */
export function SelectionBar({ count, onCompare, onDuel, onCourt, onExport, onClear }: SelectionBarProps) {
  return (
    <div role="group" aria-label="Selected pictures" className={styles.bar}>
      <span role="status" className={styles.count}>
        {count} selected
      </span>
      <Button
        aria-keyshortcuts="C"
        disabled={count > 4}
        title={count > 4 ? '2 to 4 pictures are compared at once' : undefined}
        onClick={onCompare}
      >
        Compare
      </Button>
      <Button aria-keyshortcuts="D" onClick={onDuel}>
        Duel
      </Button>
      <Button aria-keyshortcuts="V" onClick={onCourt}>
        Court
      </Button>
      <Button aria-keyshortcuts="E" onClick={onExport}>
        Export
      </Button>
      <Button look="plain" icon="close" aria-label="Select one alone (Escape)" onClick={onClear} />
    </div>
  )
}
