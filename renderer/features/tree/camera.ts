/** What part of the tree's plane a window shows. Pure. */

/** A place of the plane is on the screen at `place * zoom + offset`, in CSS pixels from the window's left upper corner. */
export type Camera = { readonly x: number; readonly y: number; readonly zoom: number }

export type Size = { readonly width: number; readonly height: number }

type Point = { readonly x: number; readonly y: number }

/** One press of a key, or one notch of a wheel. */
export const zoomStride = 1.25

const leastZoom = 0.02
const mostZoom = 3

/** Around the whole tree, and around what is brought into view. */
const margin = 36

/** The whole plane, in the middle and never enlarged. Below `least` its beginning instead, at that zoom. */
export function fitted(plane: Size, window: Size, least: number): Camera {
  const room = { width: window.width - 2 * margin, height: window.height - 2 * margin }
  const whole = Math.min(1, room.width / plane.width, room.height / plane.height)
  const zoom = Math.max(whole, Math.min(least, room.height / plane.height, 1), leastZoom)
  const centred = (side: number, of: number) => (side - of * zoom) / 2
  return {
    x: plane.width * zoom > room.width ? margin : centred(window.width, plane.width),
    y: centred(window.height, plane.height),
    zoom,
  }
}

/** Another zoom, with what is under `at` staying there. */
export function zoomedAt(camera: Camera, factor: number, at: Point): Camera {
  const zoom = Math.min(mostZoom, Math.max(leastZoom, camera.zoom * factor))
  const ratio = zoom / camera.zoom
  return { x: at.x - (at.x - camera.x) * ratio, y: at.y - (at.y - camera.y) * ratio, zoom }
}

/** The least move that brings a box of the plane into the window; its middle where the window is too small. */
export function revealed(camera: Camera, box: Point & Size, window: Size): Camera {
  const along = (offset: number, from: number, length: number, side: number) => {
    const [start, end] = [from * camera.zoom + offset, (from + length) * camera.zoom + offset]
    if (end - start > side - 2 * margin) return offset + (side - start - end) / 2
    return offset + Math.max(0, margin - start) - Math.max(0, end - (side - margin))
  }
  return {
    x: along(camera.x, box.x, box.width, window.width),
    y: along(camera.y, box.y, box.height, window.height),
    zoom: camera.zoom,
  }
}

/** What of the plane the window shows, and a little around it. */
export function shownPart({ x, y, zoom }: Camera, window: Size, around: number): Point & Size {
  return {
    x: -x / zoom - around,
    y: -y / zoom - around,
    width: window.width / zoom + 2 * around,
    height: window.height / zoom + 2 * around,
  }
}
