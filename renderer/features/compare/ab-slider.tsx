import { useState } from 'react'
import type { KeyboardEvent, PointerEvent, ReactNode } from 'react'

import styles from './ab-slider.module.css'
import { dividerAfterKey, dividerAt } from './divider.ts'

type AbSliderProps = {
  readonly left: ReactNode
  readonly right: ReactNode
  readonly leftName: string
  readonly rightName: string
}

/** Two pictures over each other with a divider between them: drag anywhere, or use the arrow keys. */
export function AbSlider({ left, right, leftName, rightName }: AbSliderProps) {
  const [divider, setDivider] = useState(50)
  const follow = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect()
    setDivider(dividerAt(event.clientX, box.left, box.width))
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const next = dividerAfterKey(divider, event.key, event.shiftKey)
    if (next === null) return
    event.preventDefault()
    setDivider(next)
  }
  return (
    <div
      className={styles.slider}
      style={{ '--divider': `${divider}%` }}
      onPointerDown={(event) => {
        if (event.button !== 0) return
        event.currentTarget.setPointerCapture(event.pointerId)
        follow(event)
      }}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) follow(event)
      }}
    >
      {right}
      <div className={styles.left}>{left}</div>
      <div
        role="slider"
        tabIndex={0}
        data-autofocus
        className={styles.handle}
        aria-label={`Divider between A, ${leftName}, and B, ${rightName}`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={divider}
        aria-valuetext={`A ${divider} %, B ${100 - divider} %`}
        aria-orientation="horizontal"
        onKeyDown={onKeyDown}
      >
        <span className={styles.grip} aria-hidden="true" />
      </div>
      <span className={styles.tagA} aria-hidden="true">
        A
      </span>
      <span className={styles.tagB} aria-hidden="true">
        B
      </span>
    </div>
  )
}
