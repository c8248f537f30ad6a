/**
 * Which copy of a picture a tile loads: the smallest that fills it on this screen. A wall of small tiles that each
 * decoded a picture of a thousand pixels would take 4 MiB a tile.
 */

import { thumbnailFor, thumbnailUrl } from '../../shared/thumbnails.ts'

type Tile = { readonly url: string; readonly magnified: number }

const tiles = new WeakMap<Element, Tile>()

/** One for all tiles: it tells their sizes when they are laid out, in one go, and again when they change. */
const observer = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) load(target, contentRect)
})

/** Hears of a window that moves to a screen of other pixels too, where the browser can tell. */
const box =
  'devicePixelContentBoxSize' in ResizeObserverEntry.prototype ? 'device-pixel-content-box' : 'content-box'

/**
 * Has an image element load its picture in the size at which it is shown, from when it is laid out until it is given up.
 * While another size is on its way the browser keeps showing the one that is there.
 *
 * @param url of the picture itself
 * @param magnified how many times larger than its layout it is drawn
 * @returns gives it up: what is still under way is asked for no longer
 */
export function loadAsShown(image: HTMLImageElement, url: string, magnified: number): () => void {
  tiles.set(image, { url, magnified })
  observer.observe(image, { box })
  return () => {
    observer.unobserve(image)
    if (!image.complete) image.removeAttribute('src')
  }
}

function load(image: Element, { width, height }: DOMRectReadOnly): void {
  const tile = tiles.get(image)
  const side = Math.max(width, height)
  // Not laid out: in a view that is not shown.
  if (tile === undefined || side === 0) return
  const src = thumbnailUrl(tile.url, thumbnailFor(side * tile.magnified * window.devicePixelRatio))
  if (image.getAttribute('src') !== src) image.setAttribute('src', src)
}
