import type { ReactNode } from 'react'

import { classes } from './classes.ts'
import styles from './field.module.css'

/** The id of the note under a field, for `aria-describedby`. */
export function noteId(fieldId: string): string {
  return `${fieldId}-note`
}

type FieldProps = {
  /** The id of the control inside. */
  readonly id: string
  readonly label: string
  /** At the right end of the label's line. */
  readonly aside?: ReactNode
  /** The label beside its control, in a column of labels. */
  readonly inline?: boolean
  readonly children: ReactNode
}

/** A label above its control, or beside it. */
export function Field({ id, label, aside, inline = false, children }: FieldProps) {
  return (
    <div className={classes(styles.field, inline && styles.inline)}>
      <div className={styles.head}>
        <label htmlFor={id} className={styles.label}>
          {label}
        </label>
        {aside !== undefined && <span className={styles.aside}>{aside}</span>}
      </div>
      {children}
    </div>
  )
}

type NoteProps = {
  /** The field this note belongs to. */
  readonly id: string
  readonly fault: string | null
  /** Shown while there is no fault. */
  readonly children?: ReactNode
  /** Lines of room kept free, so that a message moves nothing. */
  readonly lines?: 1 | 2
}

/** The room under a field: a hint, or what is wrong with the value. It keeps its height when it is empty. */
export function Note({ id, fault, children, lines = 1 }: NoteProps) {
  return (
    <p
      id={noteId(id)}
      className={classes(styles.note, lines === 2 && styles.twoLines, fault !== null && styles.fault)}
      aria-live="polite"
    >
      {fault ?? children}
    </p>
  )
}
