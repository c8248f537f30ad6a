import { memo, useLayoutEffect, useRef, useState } from 'react'

import type { Preview } from '../../shared/domain.ts'
import { classes } from './classes.ts'
import { Icon } from './icon.tsx'
import styles from './picture.module.css'
import { loadAsShown } from './tile-image.ts'

type PictureProps = {
  /** Where the finished image is, null while there is none. */
  readonly url: string | null
  readonly alt: string
  /** A coarse look at the image in the making. */
  readonly preview?: Preview | null
  /** Width over height of the reserved place. */
  readonly aspect?: number
  /** Draws the noise of an image that is still to come; a number picks the grain, null leaves the place empty. */
  readonly grain?: number | null
  /** Loads at once instead of when it scrolls near. */
  readonly eager?: boolean
  /** How many times larger than its layout it is drawn; Infinity shows the picture itself, never a thumbnail. */
  readonly magnified?: number
}

/**
 * The place of an image, in every state it goes through: noise, preview, the image, or the reason why it is missing.
 * The place never changes its size. A finished image fades in over its last preview.
 */
export const Picture = memo(function Picture({
  url,
  alt,
  preview = null,
  aspect = 1,
  grain = null,
  eager = false,
  magnified = 1,
}: PictureProps) {
  // The image may arrive a moment after its preview is gone: the last one stays beneath it until then.
  const [lastPreview, keepPreview] = useState(preview)
  if (preview !== null && preview !== lastPreview) keepPreview(preview)
  return (
    <span className={styles.place} style={{ aspectRatio: aspect }}>
      {grain !== null && <Grain seed={grain} />}
      {lastPreview !== null && (url !== null || grain !== null) && <PreviewCanvas preview={lastPreview} />}
      {url !== null && <Finished key={url} url={url} alt={alt} eager={eager} magnified={magnified} />}
    </span>
  )
})

function Finished({
  url,
  alt,
  eager,
  magnified,
}: Pick<PictureProps, 'alt'> & {
  readonly url: string
  readonly eager: boolean
  readonly magnified: number
}) {
  const [state, setState] = useState<'loading' | 'shown' | 'missing'>('loading')
  const image = useRef<HTMLImageElement>(null)
  useLayoutEffect(
    () => (image.current === null ? undefined : loadAsShown(image.current, url, magnified)),
    [url, magnified],
  )
  if (state === 'missing') {
    return (
      <span
        className={styles.missing}
        role="img"
        title="The image file is not in the library folder."
        aria-label={`${alt}. The image file is missing.`}
      >
        <Icon name="missing" />
        <span className={styles.reason}>File missing</span>
      </span>
    )
  }
  return (
    <img
      ref={image}
      alt={alt}
      draggable={false}
      decoding="async"
      loading={eager ? 'eager' : 'lazy'}
      className={classes(styles.image, state === 'shown' && styles.shown)}
      onLoad={() => setState('shown')}
      onError={() => setState('missing')}
    />
  )
}

function PreviewCanvas({ preview }: { readonly preview: Preview }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const { width, height, rgb } = preview
  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d')
    if (!context) return
    const bytes = atob(rgb)
    const pixels = context.createImageData(width, height)
    for (let pixel = 0; pixel < width * height; pixel++) {
      for (let channel = 0; channel < 3; channel++) {
        pixels.data[pixel * 4 + channel] = bytes.charCodeAt(pixel * 3 + channel)
      }
      pixels.data[pixel * 4 + 3] = 255
    }
    context.putImageData(pixels, 0, 0)
  }, [width, height, rgb])
  return <canvas ref={canvas} width={width} height={height} className={styles.preview} aria-hidden="true" />
}

const grainSize = 24

/** A still patch of noise: what every image starts from. */
function Grain({ seed }: { readonly seed: number }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d')
    if (!context) return
    const pixels = context.createImageData(grainSize, grainSize)
    let state = (Math.imul(seed + 1, 0x9e3779b1) ^ 0x5bd1e995) >>> 0
    for (let index = 0; index < grainSize * grainSize; index++) {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      // Light on the well, whichever grey that is.
      const alpha = 6 + ((state >>> 0) % 30)
      pixels.data.set([255, 255, 255, alpha], index * 4)
    }
    context.putImageData(pixels, 0, 0)
  }, [seed])
  return (
    <canvas ref={canvas} width={grainSize} height={grainSize} className={styles.grain} aria-hidden="true" />
  )
}
