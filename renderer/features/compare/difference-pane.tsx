import { useEffect, useLayoutEffect, useRef, useState } from 'react'

import type { StudioBridge } from '../../../shared/contract.ts'
import { toErrorData } from '../../../shared/errors.ts'
import { useStudio } from '../../api/hooks.ts'
import { fitInto } from '../../components/zoom.ts'
import { Segments } from '../../components/segments.tsx'
import type { Zoom } from '../../components/use-zoom.ts'
import { ZoomPane } from '../../components/zoom-pane.tsx'
import type { Compared } from './comparison-area.tsx'
import styles from './comparison.module.css'
import { describeDifference, differenceOf } from './difference.ts'
import { laidOver } from './use-comparison.ts'

type DifferencePaneProps = { readonly zoom: Zoom; readonly a: Compared; readonly b: Compared }

type State =
  | { readonly kind: 'reading' }
  | { readonly kind: 'read'; readonly a: ImageData; readonly b: ImageData }
  | { readonly kind: 'failed'; readonly message: string }

const gains = [
  { id: '1', label: '1×' },
  { id: '4', label: '4×' },
  { id: '16', label: '16×' },
] as const

/** Pixels a side above which the difference is taken of smaller copies: enough for any screen. */
const mostPixels = 2048

/** Where two pictures differ, and by how much. */
export function DifferencePane({ zoom, a, b }: DifferencePaneProps) {
  const { bridge } = useStudio()
  const [state, setState] = useState<State>({ kind: 'reading' })
  const [gain, setGain] = useState<(typeof gains)[number]['id']>('4')
  const [first, second] = [a.imageSha256, b.imageSha256]
  useEffect(() => {
    let current = true
    readBoth(bridge, first, second).then(
      (read) => current && setState({ kind: 'read', ...read }),
      (thrown: unknown) => current && setState({ kind: 'failed', message: toErrorData(thrown).message }),
    )
    return () => {
      current = false
    }
  }, [bridge, first, second])

  const difference = state.kind === 'read' ? differenceOf(state.a.data, state.b.data, Number(gain)) : null
  const size = state.kind === 'read' ? { width: state.a.width, height: state.a.height } : a.size
  return (
    <div className={styles.difference}>
      <ZoomPane zoom={zoom} pane={laidOver} size={size} url={null} alt="" className={styles.pane}>
        {difference !== null && (
          <Pixels pixels={difference.pixels} {...size} label={difference} a={a} b={b} />
        )}
      </ZoomPane>
      <div className={styles.gain}>
        <p role="status">
          {state.kind === 'reading' && 'Reading both pictures…'}
          {state.kind === 'failed' && `The difference cannot be shown. ${state.message}`}
          {difference !== null && `Black: the same in both. ${describeDifference(difference)}`}
        </p>
        <Segments label="Amplified" value={gain} options={gains} onPick={setGain} />
      </div>
    </div>
  )
}

type PixelsProps = {
  readonly pixels: Uint8ClampedArray<ArrayBuffer>
  readonly width: number
  readonly height: number
  readonly label: Parameters<typeof describeDifference>[0]
  readonly a: Compared
  readonly b: Compared
}

function Pixels({ pixels, width, height, label, a, b }: PixelsProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useLayoutEffect(() => {
    canvas.current?.getContext('2d')?.putImageData(new ImageData(pixels, width, height), 0, 0)
  }, [pixels, width, height])
  return (
    <canvas
      ref={canvas}
      width={width}
      height={height}
      role="img"
      aria-label={`Difference of A, ${a.name}, and B, ${b.name}. ${describeDifference(label)}`}
    />
  )
}

/** The pixels of two pictures on one area of the larger one's size, each in its middle and as large as it fits in. */
async function readBoth(
  bridge: Pick<StudioBridge, 'exportImage'>,
  first: string,
  second: string,
): Promise<{ readonly a: ImageData; readonly b: ImageData }> {
  const [a, b] = await Promise.all([bitmapOf(bridge, first), bitmapOf(bridge, second)])
  const [width, height] = [Math.max(a.width, b.width), Math.max(a.height, b.height)]
  const scale = Math.min(1, mostPixels / Math.max(width, height))
  const area = { width: Math.round(width * scale), height: Math.round(height * scale) }
  return { a: drawn(a, area), b: drawn(b, area) }
}

/** From the file: an image of the page may not be read where it has another origin, as in the desktop. */
async function bitmapOf(
  bridge: Pick<StudioBridge, 'exportImage'>,
  imageSha256: string,
): Promise<ImageBitmap> {
  const { png } = await bridge.exportImage({ imageSha256, metadata: 'none' })
  const bytes = Uint8Array.from(atob(png), (character) => character.charCodeAt(0))
  return createImageBitmap(new Blob([bytes], { type: 'image/png' }))
}

function drawn(bitmap: ImageBitmap, area: { readonly width: number; readonly height: number }): ImageData {
  const context = new OffscreenCanvas(area.width, area.height).getContext('2d', { willReadFrequently: true })
  if (context === null) throw new Error('Expected a canvas to draw on, found none.')
  const { width, height } = fitInto(area, bitmap)
  context.drawImage(bitmap, (area.width - width) / 2, (area.height - height) / 2, width, height)
  bitmap.close()
  return context.getImageData(0, 0, area.width, area.height)
}
