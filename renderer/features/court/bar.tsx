import { classes } from '../../components/classes.ts'
import styles from './bar.module.css'

type BarProps = {
  readonly label: string
  readonly value: number
  readonly of: number
  /** Gold for what is chosen or done, grey for what it is compared with. */
  readonly look?: 'gold' | 'grey'
}

/** A share of a whole as a small bar; the number stands beside it in words. */
export function Bar({ label, value, of, look = 'gold' }: BarProps) {
  return (
    <progress
      className={classes(styles.bar, styles[look])}
      aria-label={label}
      value={Math.min(value, of)}
      max={of > 0 ? of : 1}
    />
  )
}
