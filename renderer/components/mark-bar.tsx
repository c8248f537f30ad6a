import { formatCountOf } from '../../shared/format.ts'
import type { Flag, Rating } from '../../shared/gallery.ts'
import { classes } from './classes.ts'
import { Icon } from './icon.tsx'
import styles from './mark-bar.module.css'

type MarkBarProps = {
  readonly flag: Flag
  readonly rating: Rating
  /** The picture's name, for what the buttons are called. */
  readonly name: string
  readonly onMark: (change: { readonly flag?: Flag; readonly rating?: Rating }) => void
}

const stars = [1, 2, 3, 4, 5] as const

/** Flag and stars of one picture on a surface, to be seen and to be changed by the mouse; the keys are the view's. */
export function MarkBar({ flag, rating, name, onMark }: MarkBarProps) {
  return (
    <div role="group" aria-label={`Marks of ${name}`} className={styles.bar}>
      <button
        type="button"
        className={classes(styles.flag, flag === 'pick' && styles.on)}
        aria-pressed={flag === 'pick'}
        aria-label={`Pick ${name} (P)`}
        title="Pick (P)"
        onClick={() => onMark({ flag: flag === 'pick' ? null : 'pick' })}
      >
        <Icon name="flag" />
      </button>
      <button
        type="button"
        className={classes(styles.flag, flag === 'reject' && styles.on)}
        aria-pressed={flag === 'reject'}
        aria-label={`Reject ${name} (X)`}
        title="Reject (X)"
        onClick={() => onMark({ flag: flag === 'reject' ? null : 'reject' })}
      >
        <Icon name="close" />
      </button>
      <span className={styles.stars}>
        {stars.map((count) => (
          <button
            key={count}
            type="button"
            className={classes(styles.star, count <= rating && styles.lit)}
            aria-pressed={count === rating}
            aria-label={`Rate ${name} ${formatCountOf(count, 'star')} (${count})`}
            title={`${formatCountOf(count, 'star')} (${count})`}
            onClick={() => onMark({ rating: count === rating ? 0 : count })}
          >
            <Icon name="star" />
          </button>
        ))}
      </span>
    </div>
  )
}
