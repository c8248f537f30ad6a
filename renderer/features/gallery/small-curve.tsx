import { formatScore } from '../../../shared/format.ts'
import { classes } from '../../components/classes.ts'
import { staircase } from './curve.ts'
import type { CurvePoint } from './curve.ts'
import styles from './small-curve.module.css'

const width = 96
const height = 34

type SmallCurveProps = {
  readonly name: string
  readonly part: 'guide' | 'held out'
  readonly points: readonly CurvePoint[]
  /** Where the hacking alarm begins, in units of the axis; null for none. */
  readonly from: number | null
  /** How far the axis reaches. */
  readonly to: number
  /** It falls while the guide rises. */
  readonly fallen: boolean
  readonly chosen: boolean
  readonly onChoose: () => void
}

/** One verifier's view of the search, on its own scale: enough to see who rises and who falls. */
export function SmallCurve({ name, part, points, from, to, fallen, chosen, onChoose }: SmallCurveProps) {
  const scores = points.map(({ y }) => y)
  const [low, high] = [Math.min(...scores), Math.max(...scores)]
  const placed = points.map(({ x, y }) => ({
    x: (x / to) * width,
    y: high === low ? height / 2 : height - 3 - ((y - low) / (high - low)) * (height - 6),
  }))
  const last = points.at(-1)
  const alarm = from === null ? null : (from / to) * width
  return (
    <button
      type="button"
      aria-pressed={chosen}
      className={classes(styles.small, chosen && styles.chosen)}
      onClick={onChoose}
    >
      <span className={styles.name}>
        {name}
        <span className={styles.part}>{part}</span>
      </span>
      <svg viewBox={`0 0 ${width} ${height}`} className={styles.plot} aria-hidden="true">
        {alarm !== null && (
          <path d={`M${alarm} 0H${placed.at(-1)?.x ?? width}V${height}H${alarm}z`} className={styles.alarm} />
        )}
        <path d={staircase(placed)} className={part === 'guide' ? styles.guide : styles.heldOut} />
      </svg>
      <span className={styles.score}>
        {last === undefined ? '' : formatScore(last.y)}
        {fallen && <span className={styles.fallen}>falling</span>}
      </span>
    </button>
  )
}
