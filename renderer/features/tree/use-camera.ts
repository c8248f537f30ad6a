import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { PointerEvent, RefObject } from 'react'

import { fitted, revealed, zoomedAt, zoomStride } from './camera.ts'
import type { Camera, Size } from './camera.ts'

type Point = { readonly x: number; readonly y: number }

type Box = Size & Point

export type CameraHandle = {
  readonly camera: Camera
  /** Of the window, in CSS pixels. */
  readonly size: Size
  /** Everything, as far as it can be seen. */
  fit(): void
  /** Zooms about the window's middle. */
  zoom(factor: number): void
  /** Shows a box of the plane at full size, in the middle. */
  focus(box: Box): void
  /** Brings a box of the plane into the window. */
  reveal(box: Box): void
  pan(dx: number, dy: number): void
  /** A place of the screen on the plane. */
  toPlane(event: { readonly clientX: number; readonly clientY: number }): Point
  /** Dragging pans; a press that did not move is a click. */
  readonly drag: {
    onPointerDown(event: PointerEvent): void
    onPointerMove(event: PointerEvent): void
    onPointerUp(event: PointerEvent): void
    onPointerCancel(): void
  }
}

/** Pixels that a press may move and still be a click. */
const clickSlack = 4

/**
 * Pan and zoom of a window over a plane. As long as nobody has moved it, everything stays in view when the window
 * changes its size.
 *
 * @param onClick told the place of the plane that was pressed
 * @param least the zoom below which pictures cannot be told apart: where everything would be smaller, it begins at it
 */
export function useCamera(
  element: RefObject<HTMLElement | null>,
  plane: Size,
  least: number,
  onClick: (place: Point) => void,
): CameraHandle {
  const [size, setSize] = useState<Size>({ width: 0, height: 0 })
  const [moved, setMoved] = useState<Camera | null>(null)
  const press = useRef<{ x: number; y: number; camera: Camera; moving: boolean } | null>(null)
  const camera = moved ?? fitted(plane, size, least)

  useLayoutEffect(() => {
    const window = element.current
    if (window === null) return undefined
    const measure = () => setSize({ width: window.clientWidth, height: window.clientHeight })
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(window)
    return () => observer.disconnect()
  }, [element])

  const current = useRef(camera)
  useLayoutEffect(() => {
    current.current = camera
  })
  const change = useCallback((to: (camera: Camera) => Camera) => {
    // Several wheel events may come before the next frame is drawn.
    const [before, next] = [current.current, to(current.current)]
    if (next.x === before.x && next.y === before.y && next.zoom === before.zoom) return
    current.current = next
    setMoved(next)
  }, [])

  // React's wheel listener is passive: it cannot keep the page from scrolling or zooming.
  useEffect(() => {
    const window = element.current
    if (window === null) return undefined
    const onWheel = (event: WheelEvent) => {
      event.preventDefault()
      const box = window.getBoundingClientRect()
      const at = { x: event.clientX - box.left, y: event.clientY - box.top }
      const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 33 : event.deltaY
      if (event.shiftKey) change((now) => ({ ...now, x: now.x - pixels - event.deltaX }))
      else change((now) => zoomedAt(now, zoomStride ** (-pixels / 100), at))
    }
    window.addEventListener('wheel', onWheel, { passive: false })
    return () => window.removeEventListener('wheel', onWheel)
  }, [element, change])

  const toPlane: CameraHandle['toPlane'] = ({ clientX, clientY }) => {
    const box = element.current?.getBoundingClientRect()
    const { x, y, zoom } = current.current
    return { x: (clientX - (box?.left ?? 0) - x) / zoom, y: (clientY - (box?.top ?? 0) - y) / zoom }
  }

  return {
    camera,
    size,
    fit: () => setMoved(null),
    zoom: (factor) => change((now) => zoomedAt(now, factor, { x: size.width / 2, y: size.height / 2 })),
    focus: (box) =>
      change(() => ({
        x: size.width / 2 - box.x - box.width / 2,
        y: size.height / 2 - box.y - box.height / 2,
        zoom: 1,
      })),
    reveal: (box) => change((now) => revealed(now, box, size)),
    pan: (dx, dy) => change((now) => ({ ...now, x: now.x + dx, y: now.y + dy })),
    toPlane,
    drag: {
      onPointerDown(event) {
        if (event.button !== 0) return
        event.currentTarget.setPointerCapture(event.pointerId)
        press.current = { x: event.clientX, y: event.clientY, camera: current.current, moving: false }
      },
      onPointerMove(event) {
        const from = press.current
        if (from === null) return
        const [dx, dy] = [event.clientX - from.x, event.clientY - from.y]
        from.moving ||= Math.hypot(dx, dy) > clickSlack
        if (from.moving) change(() => ({ ...from.camera, x: from.camera.x + dx, y: from.camera.y + dy }))
      },
      onPointerUp(event) {
        const from = press.current
        press.current = null
        if (from !== null && !from.moving) onClick(toPlane(event))
      },
      onPointerCancel() {
        press.current = null
      },
    },
  }
}
