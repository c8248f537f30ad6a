import { useEffect, useRef, useState } from 'react'
import type { KeyboardEvent, ReactNode } from 'react'

import { Button } from './button.tsx'
import styles from './stage.module.css'

type StageProps = {
  readonly title: string
  /** In the stage's head, left of the close button. */
  readonly tools?: ReactNode
  readonly onClose: () => void
  /** The element that gets the focus when the stage closes; without it, the one that had it before. */
  readonly returnFocusTo?: string | undefined
  readonly onKey?: (event: KeyboardEvent) => void
  readonly children: ReactNode
}

/**
 * A large view over the gallery. It covers the gallery only: a run can be composed, watched and stopped beside it.
 * Focus moves in when it opens, to whatever carries `data-autofocus`, and back when it closes; Escape closes it.
 */
export function Stage({ title, tools, onClose, returnFocusTo, onKey, children }: StageProps) {
  const stage = useRef<HTMLElement>(null)
  const [before] = useState(() => document.activeElement)
  const target = useRef(returnFocusTo)
  useEffect(() => {
    target.current = returnFocusTo
  }, [returnFocusTo])

  useEffect(() => {
    const entry = stage.current?.querySelector<HTMLElement>('[data-autofocus]') ?? stage.current
    entry?.focus({ preventScroll: true })
    return () => {
      const wanted = target.current === undefined ? null : document.getElementById(target.current)
      const back = wanted ?? (before instanceof HTMLElement ? before : null)
      back?.focus()
    }
  }, [before])

  return (
    <section
      ref={stage}
      data-stage
      className={styles.stage}
      aria-label={title}
      tabIndex={-1}
      onKeyDown={(event) => {
        // Escape closes what floats over the stage first; the browser does that.
        if (event.key === 'Escape' && document.querySelector(':popover-open') !== null) return
        if (event.key === 'Escape') {
          event.stopPropagation()
          onClose()
        } else onKey?.(event)
      }}
    >
      <header className={styles.head}>
        <h2 className={styles.title}>{title}</h2>
        <div className={styles.tools}>{tools}</div>
        <Button look="plain" icon="close" aria-label="Close (Escape)" onClick={onClose} />
      </header>
      <div className={styles.body}>{children}</div>
    </section>
  )
}
