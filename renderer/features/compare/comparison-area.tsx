import { useEffect, useRef, useState } from 'react'

import { useStudio } from '../../api/hooks.ts'
import { classes } from '../../components/classes.ts'
import { ZoomPane } from '../../components/zoom-pane.tsx'
import { AbSlider } from './ab-slider.tsx'
import styles from './comparison.module.css'
import { DifferencePane } from './difference-pane.tsx'
import { laidOver } from './use-comparison.ts'
import type { Comparison } from './use-comparison.ts'

/** A picture as it is compared. */
export type Compared = {
  /** What it is, in a few words. */
  readonly name: string
  readonly alt: string
  readonly imageSha256: string
  /** In pixels, or any that have its shape. */
  readonly size: { readonly width: number; readonly height: number }
}

type ComparisonAreaProps = {
  readonly comparison: Comparison
  /** On the left, and on top where they lie over each other. */
  readonly a: Compared
  readonly b: Compared
}

/** Two pictures, looked at in one of four ways. It fills the room that it is given. */
export function ComparisonArea(props: ComparisonAreaProps) {
  const area = useRef<HTMLDivElement>(null)
  const { way } = props.comparison
  // With the way that was left, what had the focus in it is gone.
  useEffect(() => {
    if (document.activeElement !== document.body) return
    const entry = area.current?.querySelector<HTMLElement>('[data-autofocus]') ?? area.current
    entry?.focus({ preventScroll: true })
  }, [way])
  return (
    <div ref={area} tabIndex={-1} className={styles.area}>
      <Way {...props} />
    </div>
  )
}

function Way({ comparison, a, b }: ComparisonAreaProps) {
  const { way, zoom, flipped, setPane } = comparison
  switch (way) {
    case 'slider':
      return (
        <AbSlider
          zoom={zoom}
          left={<Pane comparison={comparison} pane={laidOver} picture={a} />}
          right={<Pane comparison={comparison} pane={laidOver} picture={b} />}
          leftName={a.name}
          rightName={b.name}
        />
      )
    case 'beside':
      return (
        <div className={styles.beside}>
          {([a, b] as const).map((picture, index) => {
            const pane = index === 0 ? 'a' : 'b'
            return (
              <div
                key={pane}
                role="group"
                tabIndex={0}
                data-autofocus={index === 0 || undefined}
                aria-label={`${pane.toUpperCase()}, ${picture.name}`}
                className={styles.half}
                onFocus={() => setPane(pane)}
                onPointerDown={() => setPane(pane)}
              >
                <Pane comparison={comparison} pane={pane} picture={picture} />
                <span className={index === 0 ? styles.tagA : styles.tagB} aria-hidden="true">
                  {pane.toUpperCase()}
                </span>
              </div>
            )
          })}
        </div>
      )
    case 'difference':
      return <DifferencePane key={`${a.imageSha256} ${b.imageSha256}`} zoom={zoom} a={a} b={b} />
    case 'hover':
      return <Hover comparison={comparison} a={a} b={b} flipped={flipped} />
  }
}

type PaneProps = { readonly comparison: Comparison; readonly pane: string; readonly picture: Compared }

function Pane({ comparison, pane, picture }: PaneProps) {
  const { bridge } = useStudio()
  return (
    <ZoomPane
      zoom={comparison.zoom}
      pane={pane}
      size={picture.size}
      url={bridge.imageUrl(picture.imageSha256)}
      alt={picture.alt}
      className={styles.pane}
    />
  )
}

/** A, and while the pointer is on it B; a key turns the two round. */
function Hover({ comparison, a, b, flipped }: ComparisonAreaProps & { readonly flipped: boolean }) {
  const [inside, setInside] = useState(false)
  const showsB = inside !== flipped
  return (
    <div
      className={styles.over}
      onPointerEnter={() => setInside(true)}
      onPointerLeave={() => setInside(false)}
    >
      <Pane comparison={comparison} pane={laidOver} picture={a} />
      {/* Both are drawn, so that neither has to be loaded when it is turned to. */}
      <div className={classes(styles.top, !showsB && styles.hidden)} aria-hidden={!showsB}>
        <Pane comparison={comparison} pane={laidOver} picture={b} />
      </div>
      <p role="status" className={styles.shows}>
        {showsB ? `B, ${b.name}` : `A, ${a.name}`}
      </p>
    </div>
  )
}
