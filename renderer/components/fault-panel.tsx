import type { ReactNode } from 'react'

import type { ErrorData } from '../../shared/errors.ts'
import styles from './fault-panel.module.css'
import { Icon } from './icon.tsx'

type FaultPanelProps = {
  readonly title: string
  readonly error: ErrorData
  /** What a person can do about it here. */
  readonly children?: ReactNode
}

/** Something went wrong: what, why, what to do, and the details folded away. */
export function FaultPanel({ title, error, children }: FaultPanelProps) {
  return (
    <div className={styles.panel} role="alert">
      <Icon name="warning" />
      <div className={styles.body}>
        <h3 className={styles.title}>{title}</h3>
        <p className={styles.message} dir="auto">
          {error.message}
        </p>
        {error.detail !== undefined && (
          <details className={styles.details}>
            <summary>Details ({error.code})</summary>
            <pre className={styles.detail}>{error.detail}</pre>
          </details>
        )}
        {children !== undefined && <div className={styles.actions}>{children}</div>}
      </div>
    </div>
  )
}
