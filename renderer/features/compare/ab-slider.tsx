import { useRef, useState } from 'react'
import type { KeyboardEvent, PointerEvent, ReactNode } from 'react'

import type { Zoom } from '../../components/use-zoom.ts'
import styles from './ab-slider.module.css'
import tags from './comparison.module.css'
import { dividerAfterKey, dividerAt } from './divider.ts'

type AbSliderProps = {
  readonly zoom: Zoom
  readonly left: ReactNode
  readonly right: ReactNode
  readonly leftName: string
  readonly rightName: string
}

/**
 * Two pictures over each other with a divider between them: drag anywhere, or use the arrow keys. While the pictures
 * are magnified the divider is dragged by itself, and dragging elsewhere moves them.
 */
export function AbSlider({ zoom, left, right, leftName, rightName }: AbSliderProps) {
  const [divider, setDivider] = useState(50)
  const follows = useRef(false)
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
  const letGo = () => {
    follows.current = false
  }
  return (
    <div
      className={styles.slider}
      data-whole={zoom.isWhole || undefined}
      style={{ '--divider': `${divider}%` }}
      onPointerDown={(event) => {
        const onHandle = event.target instanceof Element && event.target.closest('[role=slider]') !== null
        if (event.button !== 0 || !(zoom.isWhole || onHandle)) return
        follows.current = true
        // The pane beneath captures the pointer for itself; the handle does not.
        if (onHandle) event.currentTarget.setPointerCapture(event.pointerId)
        follow(event)
      }}
      onPointerMove={(event) => {
        if (follows.current) follow(event)
      }}
      onPointerUp={letGo}
      onPointerCancel={letGo}
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
      <span className={tags.tagA} aria-hidden="true">
        A
      </span>
      <span className={tags.tagB} aria-hidden="true">
        B
      </span>
    </div>
  )
}
