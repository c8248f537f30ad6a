import type { ReactNode } from 'react'

import styles from './form-group.module.css'
import type { FormGroups, GroupId } from './use-form-groups.ts'

type FormGroupProps = {
  readonly groups: FormGroups
  readonly id: GroupId
  readonly title: string
  /** What its fields hold, for the folded group. */
  readonly summary: string
  /** Something in it is wrong: it stays open until that is mended. */
  readonly faulty?: boolean
  readonly children: ReactNode
}

/** Fields under a title that fold away; folded, the title says what they hold. */
export function FormGroup({ groups, id, title, summary, faulty = false, children }: FormGroupProps) {
  const isOpen = faulty || groups.isOpen(id)
  return (
    <details className={styles.group} open={isOpen}>
      <summary
        className={styles.head}
        onClick={(event) => {
          // The form's own state opens it, so that what is remembered and what is seen are one.
          event.preventDefault()
          if (!faulty) groups.set(id, !isOpen)
        }}
      >
        <span className={styles.title}>{title}</span>
        {!isOpen && (
          <span className={styles.now} dir="auto">
            {summary}
          </span>
        )}
      </summary>
      {isOpen && <div className={styles.body}>{children}</div>}
    </details>
  )
}
