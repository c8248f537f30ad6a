import { useCallback, useMemo, useRef, useState } from 'react'
import type { KeyboardEvent } from 'react'

import { panned, toggled, wholePicture, zoomed, zoomStride } from './zoom.ts'
import type { Frame, ZoomView } from './zoom.ts'

/** What a pane knows of itself: its size, and the magnification at which a pixel of its picture is one of the screen. */
export type Measured = { readonly frame: Frame; readonly actual: number }

/** What several panes show of their pictures: the same part of all, unless they are unlinked. */
export type Zoom = {
  readonly linked: boolean
  /** Whether everything is seen whole. */
  readonly isWhole: boolean
  viewOf(pane: string): ZoomView
  /** Changes what a pane shows, and with it all others while they are linked. */
  change(pane: string, to: (view: ZoomView, measured: Measured) => ZoomView): void
  /** Links all panes to the view of this one, or lets each go on from where it is. */
  setLinked(linked: boolean, pane: string): void
  /** Every pane whole again. */
  reset(): void
  /** Panes say their size; null when they go. */
  measure(pane: string, measured: Measured | null): void
  /** Plus, minus, Z, and arrows with Shift: takes the keys that it knows. */
  onKey(event: KeyboardEvent | globalThis.KeyboardEvent, pane: string): void
}

type Views = {
  readonly linked: boolean
  /** Of all linked panes, and of those that were not touched since they were unlinked. */
  readonly shared: ZoomView
  readonly own: ReadonlyMap<string, ZoomView>
}

const initial: Views = { linked: true, shared: wholePicture, own: new Map() }

/** CSS pixels that one press of an arrow moves the picture. */
const panStride = 60

export function useZoom(): Zoom {
  const [views, setViews] = useState(initial)
  const sizes = useRef(new Map<string, Measured>())

  const measure = useCallback((pane: string, measured: Measured | null) => {
    if (measured === null) sizes.current.delete(pane)
    else sizes.current.set(pane, measured)
  }, [])
  const change = useCallback((pane: string, to: (view: ZoomView, measured: Measured) => ZoomView) => {
    const measured = sizes.current.get(pane)
    if (measured === undefined) return
    setViews((now) => {
      const next = to(now.own.get(pane) ?? now.shared, measured)
      return now.linked ? { ...now, shared: next } : { ...now, own: new Map(now.own).set(pane, next) }
    })
  }, [])

  return useMemo(
    () => ({
      linked: views.linked,
      isWhole: [views.shared, ...views.own.values()].every(({ magnification }) => magnification === 1),
      viewOf: (pane) => views.own.get(pane) ?? views.shared,
      change,
      setLinked: (linked, pane) =>
        setViews((now) => ({
          linked,
          shared: linked ? (now.own.get(pane) ?? now.shared) : now.shared,
          own: new Map(),
        })),
      reset: () => setViews((now) => ({ ...initial, linked: now.linked })),
      measure,
      onKey(event, pane) {
        if (event.ctrlKey || event.metaKey || event.altKey) return
        const step = stepOf(event.key, event.shiftKey)
        if (step === null) return
        event.preventDefault()
        change(pane, step)
      },
    }),
    [views, change, measure],
  )
}

type Step = (view: ZoomView, measured: Measured) => ZoomView

function stepOf(key: string, shift: boolean): Step | null {
  switch (key) {
    case '+':
    case '=':
      return (view, { frame, actual }) => zoomed(view, view.magnification * zoomStride, frame, actual)
    case '-':
    case '_':
      return (view, { frame, actual }) => zoomed(view, view.magnification / zoomStride, frame, actual)
    case 'z':
    case 'Z':
      return (view, { frame, actual }) => toggled(view, frame, actual)
  }
  const by = shift ? arrows[key] : undefined
  return by === undefined ? null : (view, { frame }) => panned(view, by, frame)
}

/** An arrow looks in its direction: the picture goes the other way. */
const arrows: Readonly<Record<string, { readonly x: number; readonly y: number }>> = {
  ArrowLeft: { x: panStride, y: 0 },
  ArrowRight: { x: -panStride, y: 0 },
  ArrowUp: { x: 0, y: panStride },
  ArrowDown: { x: 0, y: -panStride },
}
