import { useId } from 'react'
import type { ReactNode } from 'react'

import styles from './settings.module.css'

type SectionProps = { readonly title: string; readonly about?: string; readonly children: ReactNode }

/** One subject: what it is at the left, what can be set or seen at the right. */
export function Section({ title, about, children }: SectionProps) {
  const id = useId()
  return (
    <section className={styles.section} aria-labelledby={id}>
      <header className={styles.head}>
        <h3 id={id} className={styles.title}>
          {title}
        </h3>
        {about !== undefined && <p className={styles.about}>{about}</p>}
      </header>
      <div className={styles.body}>{children}</div>
    </section>
  )
}

/** Something to type into a terminal, with a button that copies it. */
export function Command({ text, tool }: { readonly text: string; readonly tool: ReactNode }) {
  return (
    <div className={styles.command}>
      <code dir="ltr">{text}</code>
      {tool}
    </div>
  )
}
