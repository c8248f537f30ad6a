import type { ReactNode } from 'react'

import styles from './facts.module.css'

export type Fact = {
  readonly name: string
  readonly value: ReactNode
  /** A button beside the value. */
  readonly tool?: ReactNode
}

/** Names and values, one a line. */
export function Facts({ facts }: { readonly facts: readonly Fact[] }) {
  return (
    <dl className={styles.facts}>
      {facts.map(({ name, value, tool }) => (
        <div key={name} className={styles.fact}>
          <dt>{name}</dt>
          <dd>{value}</dd>
          {tool !== undefined && <dd className={styles.tool}>{tool}</dd>}
        </div>
      ))}
    </dl>
  )
}
