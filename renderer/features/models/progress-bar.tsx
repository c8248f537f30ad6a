import styles from './models.module.css'

type ProgressBarProps = {
  readonly label: string
  readonly value: number
  /** Null while nobody knows how long it takes. */
  readonly of: number | null
}

/** How far something is. */
export function ProgressBar({ label, value, of }: ProgressBarProps) {
  return (
    <progress
      className={styles.progress}
      aria-label={label}
      {...(of === null ? {} : { value: Math.min(value, of), max: Math.max(of, 1) })}
    />
  )
}
