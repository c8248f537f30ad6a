/**
 * What part of a picture a pane shows. Pure. Places are in fractions of the picture, so that one view shows the same
 * part of pictures of any size: they are aligned by their middle and by the scale at which each fits its pane.
 */

/** `x` and `y` (0 to 1) of the picture are in the pane's middle; `magnification` 1 fits the whole picture in. */
export type ZoomView = { readonly magnification: number; readonly x: number; readonly y: number }

type Size = { readonly width: number; readonly height: number }

/** The pane and the picture in it, both sizes in CSS pixels: of the pane, and of the picture where it just fits in. */
export type Frame = { readonly pane: Size; readonly fitted: Size }

/** A place on the screen, in CSS pixels from the pane's middle. */
export type Offset = { readonly x: number; readonly y: number }

export const wholePicture: ZoomView = { magnification: 1, x: 0.5, y: 0.5 }

/** One press of a key, or one notch of a wheel. */
export const zoomStride = 1.25

/** Least magnification below which nothing is to be gained, and the largest: 32 screen pixels of one of the picture's. */
const mostScale = 32
const leastMost = 8

/** A picture as large as it fits into a pane, never cut off. */
export function fitInto(pane: Size, { width, height }: Size): Size {
  const scale = Math.min(pane.width / width, pane.height / height)
  return { width: width * scale, height: height * scale }
}

/**
 * The magnification at which one pixel of the picture takes one of the screen.
 *
 * @param devicePixelRatio pixels of the screen in one CSS pixel
 */
export function actualSize(fitted: Size, picture: Size, devicePixelRatio: number): number {
  return fitted.width <= 0 ? 1 : picture.width / devicePixelRatio / fitted.width
}

/** Another magnification, with what is under `at` staying there. `actual` is the magnification at 100 %. */
export function zoomed(
  view: ZoomView,
  magnification: number,
  { pane, fitted }: Frame,
  actual: number,
  at: Offset = { x: 0, y: 0 },
): ZoomView {
  const next = Math.min(Math.max(leastMost, mostScale * actual), Math.max(Math.min(1, actual), magnification))
  const shift = 1 / view.magnification - 1 / next
  return within(
    {
      magnification: next,
      x: view.x + (at.x / fitted.width) * shift,
      y: view.y + (at.y / fitted.height) * shift,
    },
    { pane, fitted },
  )
}

/** The picture moved by so many CSS pixels, as far as its edges allow. */
export function panned(view: ZoomView, by: Offset, frame: Frame): ZoomView {
  const { fitted } = frame
  return within(
    {
      ...view,
      x: view.x - by.x / (fitted.width * view.magnification),
      y: view.y - by.y / (fitted.height * view.magnification),
    },
    frame,
  )
}

/** No edge of a picture that is larger than its pane comes into the pane; a smaller one stays in the middle. */
function within(view: ZoomView, { pane, fitted }: Frame): ZoomView {
  const hold = (place: number, paneSide: number, side: number) => {
    const half = paneSide / (side * view.magnification) / 2
    return half >= 0.5 ? 0.5 : Math.min(1 - half, Math.max(half, place))
  }
  return {
    magnification: view.magnification,
    x: hold(view.x, pane.width, fitted.width),
    y: hold(view.y, pane.height, fitted.height),
  }
}

/** From the whole picture to 100 %, and from anywhere else back to the whole picture. */
export function toggled(view: ZoomView, frame: Frame, actual: number, at?: Offset): ZoomView {
  return view.magnification === 1 ? zoomed(view, actual, frame, actual, at) : wholePicture
}

/**
 * Whether the picture's pixels are drawn as squares: beyond the whole picture and above 200 %. The whole of a small
 * picture stays smooth, as it is everywhere else.
 */
export function isCrisp({ magnification }: ZoomView, actual: number): boolean {
  return magnification > 1 && magnification > 2 * actual
}
