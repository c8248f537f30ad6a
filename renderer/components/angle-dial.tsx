import { useRef } from 'react'
import type { KeyboardEvent, PointerEvent } from 'react'

import styles from './angle-dial.module.css'

type AngleDialProps = {
  readonly label: string
  /** 0 to 180; null while what was typed is no angle. */
  readonly degrees: number | null
  readonly onTurn: (degrees: number) => void
}

const radius = 52
const centre = { x: 60, y: 62 }

/** What the dial gives: never the noise itself, never its opposite. */
const least = 0.5
const most = 179.5

/**
 * An angle to be turned by hand: two noises as two arrows from one point. Drag, or arrows (1°), with Shift a tenth,
 * Page Up and Down (10°), Home and End.
 */
export function AngleDial({ label, degrees, onTurn }: AngleDialProps) {
  const dial = useRef<SVGSVGElement>(null)
  const shown = degrees ?? 0
  const turn = (to: number) => onTurn(Math.min(most, Math.max(least, Math.round(to * 10) / 10)))
  const turnTo = (event: PointerEvent) => {
    const box = dial.current?.getBoundingClientRect()
    if (box === undefined) return
    const x = ((event.clientX - box.left) / box.width) * 120 - centre.x
    const y = centre.y - ((event.clientY - box.top) / box.height) * 70
    turn(Math.round((Math.atan2(Math.max(0, y), x) * 180) / Math.PI))
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const fine = event.shiftKey ? 0.1 : 1
    const steps: Readonly<Record<string, number>> = {
      ...{ ArrowRight: fine, ArrowUp: fine, ArrowLeft: -fine, ArrowDown: -fine },
      ...{ PageUp: 10, PageDown: -10, Home: -180, End: 180 },
    }
    const step = steps[event.key]
    if (step === undefined) return
    event.preventDefault()
    event.stopPropagation()
    turn(shown + step)
  }
  const at = (angle: number, length: number) => {
    const radians = (angle * Math.PI) / 180
    return `${centre.x + length * Math.cos(radians)} ${centre.y - length * Math.sin(radians)}`
  }
  return (
    <svg
      ref={dial}
      viewBox="0 0 120 70"
      className={styles.dial}
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={180}
      aria-valuenow={shown}
      aria-valuetext={
        degrees === null ? 'no angle' : `${degrees} degrees, cosine ${cosineOf(degrees).toFixed(3)}`
      }
      onKeyDown={onKey}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        turnTo(event)
      }}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) turnTo(event)
      }}
    >
      <path d={`M${at(0, radius)}A${radius} ${radius} 0 0 0 ${at(180, radius)}`} className={styles.arc} />
      {[30, 60, 90, 120, 150].map((tick) => (
        <path key={tick} d={`M${at(tick, radius - 4)}L${at(tick, radius)}`} className={styles.tick} />
      ))}
      <path
        d={`M${centre.x} ${centre.y}L${at(0, radius)}A${radius} ${radius} 0 0 0 ${at(shown, radius)}Z`}
        className={styles.between}
      />
      <path d={`M${centre.x} ${centre.y}L${at(0, radius)}`} className={styles.from} />
      <path d={`M${centre.x} ${centre.y}L${at(shown, radius)}`} className={styles.to} />
      <circle
        cx={centre.x + radius * cosineOf(shown)}
        cy={centre.y - radius * Math.sin((shown * Math.PI) / 180)}
        r="5"
        className={styles.handle}
      />
    </svg>
  )
}

function cosineOf(degrees: number): number {
  return Math.cos((degrees * Math.PI) / 180)
}
