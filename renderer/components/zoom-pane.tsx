import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { PointerEvent, ReactNode } from 'react'

import { actualSize, fitInto, isCrisp, panned, toggled, zoomed } from './zoom.ts'
import { classes } from './classes.ts'
import { Icon } from './icon.tsx'
import type { Zoom } from './use-zoom.ts'
import styles from './zoom-pane.module.css'

type Size = { readonly width: number; readonly height: number }

type ZoomPaneProps = {
  readonly zoom: Zoom
  /** Its name among the panes of the same zoom; panes of one name always show the same part. */
  readonly pane: string
  /** Of the picture in pixels, as far as it is known before it is loaded: its place has its shape from the start. */
  readonly size: Size
  /** Null while it is not known which picture. */
  readonly url: string | null
  readonly alt: string
  /** Shown in the picture's place instead of the image, with the size above. */
  readonly children?: ReactNode
  /** A double click shows 100 %, unless clicks mean something else here. */
  readonly plainClicks?: boolean
  /** Called when the image cannot be loaded. */
  readonly onMissing?: () => void
  readonly className?: string | undefined
}

/** A picture as a pane shows it: the wheel zooms at the pointer, dragging moves, a double click shows 100 %. */
export function ZoomPane({
  zoom,
  pane,
  size,
  url,
  alt,
  children,
  plainClicks = false,
  onMissing,
  className,
}: ZoomPaneProps) {
  const element = useRef<HTMLDivElement>(null)
  const [room, setRoom] = useState<Size | null>(null)
  const [loaded, setLoaded] = useState<{ readonly url: string | null; readonly size: Size | null }>()
  const own = loaded?.url === url && url !== null ? loaded : null
  const natural = children === undefined ? (own?.size ?? size) : size
  const { change, measure } = zoom

  useLayoutEffect(() => {
    const node = element.current
    if (node === null) return
    const observer = new ResizeObserver(() => setRoom({ width: node.clientWidth, height: node.clientHeight }))
    observer.observe(node)
    return () => observer.disconnect()
  }, [])

  const fitted = room === null ? null : fitInto(room, natural)
  const actual = fitted === null ? 1 : actualSize(fitted, natural, window.devicePixelRatio)
  const { width, height } = natural
  useEffect(() => {
    if (room === null || room.width === 0) return
    const inside = fitInto(room, { width, height })
    measure(pane, {
      frame: { pane: room, fitted: inside },
      actual: actualSize(inside, { width, height }, window.devicePixelRatio),
    })
    return () => measure(pane, null)
  }, [measure, pane, room, width, height])

  // React listens to wheels passively: the page would scroll along.
  useEffect(() => {
    const node = element.current
    if (node === null) return
    const onWheel = (event: WheelEvent) => {
      event.preventDefault()
      const factor = Math.exp(-pixelsOf(event) * (event.ctrlKey ? 0.01 : 0.0016))
      const at = offsetIn(node, event)
      change(pane, (view, measured) =>
        zoomed(view, view.magnification * factor, measured.frame, measured.actual, at),
      )
    }
    node.addEventListener('wheel', onWheel, { passive: false })
    return () => node.removeEventListener('wheel', onWheel)
  }, [change, pane])

  const drag = useRef<{ readonly x: number; readonly y: number } | null>(null)
  const onPointerMove = (event: PointerEvent) => {
    const from = drag.current
    if (from === null) return
    const to = { x: event.clientX, y: event.clientY }
    drag.current = to
    change(pane, (view, { frame }) => panned(view, { x: to.x - from.x, y: to.y - from.y }, frame))
  }
  const letGo = () => {
    drag.current = null
  }

  const view = zoom.viewOf(pane)
  return (
    <div
      ref={element}
      data-pane={pane}
      className={classes(styles.pane, view.magnification > 1 && styles.movable, className)}
      onPointerDown={(event) => {
        if (event.button !== 0) return
        drag.current = { x: event.clientX, y: event.clientY }
        event.currentTarget.setPointerCapture(event.pointerId)
      }}
      onPointerMove={onPointerMove}
      onPointerUp={letGo}
      onPointerCancel={letGo}
      onDoubleClick={(event) => {
        if (plainClicks) return
        const at = offsetIn(event.currentTarget, event)
        change(pane, (now, measured) => toggled(now, measured.frame, measured.actual, at))
      }}
    >
      <div
        className={classes(styles.picture, isCrisp(view, actual) && styles.crisp)}
        style={{
          '--aspect': width / height,
          '--magnification': view.magnification,
          '--x': view.x,
          '--y': view.y,
        }}
      >
        {children}
        {children === undefined && url !== null && own?.size !== null && (
          <img
            key={url}
            src={url}
            alt={alt}
            draggable={false}
            decoding="sync"
            className={styles.image}
            onLoad={({ currentTarget }) =>
              setLoaded({
                url,
                size: { width: currentTarget.naturalWidth, height: currentTarget.naturalHeight },
              })
            }
            onError={() => {
              setLoaded({ url, size: null })
              onMissing?.()
            }}
          />
        )}
        {own?.size === null && (
          <span className={styles.missing} role="img" aria-label={`${alt}. The image file is missing.`}>
            <Icon name="missing" />
            File missing
          </span>
        )}
      </div>
      {view.magnification !== 1 && (
        <span className={styles.scale}>{Math.round((view.magnification / actual) * 100)} %</span>
      )}
    </div>
  )
}

/** From the middle of an element, in CSS pixels. */
function offsetIn(
  element: Element,
  { clientX, clientY }: { readonly clientX: number; readonly clientY: number },
) {
  const box = element.getBoundingClientRect()
  return { x: clientX - (box.left + box.width / 2), y: clientY - (box.top + box.height / 2) }
}

/** How far a wheel was turned, in CSS pixels; some tell lines. */
function pixelsOf({ deltaY, deltaMode }: WheelEvent): number {
  return deltaMode === WheelEvent.DOM_DELTA_LINE ? deltaY * 33 : deltaY
}
