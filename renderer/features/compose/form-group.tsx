import { useState } from 'react'
import type { ReactNode } from 'react'

import styles from './form-group.module.css'
import type { FormGroups, GroupId } from './use-form-groups.ts'

type FormGroupProps = {
  readonly groups: FormGroups
  readonly id: GroupId
  readonly title: string
  /** What its fields hold, for the folded group. */
  readonly summary: string
  /** Something in it is wrong: it opens, and cannot be folded until that is mended. */
  readonly faulty?: boolean
  readonly children: ReactNode
}

/** Fields under a title that fold away; folded, the title says what they hold. */
export function FormGroup({ groups, id, title, summary, faulty = false, children }: FormGroupProps) {
  /** What a fault has opened stays: it would fold away under the hand that mends it. */
  const [held, hold] = useState(faulty)
  if (faulty && !held) hold(true)
  const isOpen = held || groups.isOpen(id)
  return (
    <details className={styles.group} open={isOpen}>
      <summary
        className={styles.head}
        onClick={(event) => {
          // The form's own state opens it, so that what is remembered and what is seen are one.
          event.preventDefault()
          if (faulty) return
          hold(false)
          groups.set(id, !isOpen)
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
