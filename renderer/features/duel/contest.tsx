import { useEffect, useRef, useState } from 'react'
import type { RefObject } from 'react'

import type { DuelPair } from '../../../shared/duel.ts'
import type { Picture, PictureId } from '../../../shared/gallery.ts'
import { useStudio } from '../../api/hooks.ts'
import { Button } from '../../components/button.tsx'
import { Key } from '../../components/key-hints.tsx'
import { PromptText } from '../../components/prompt-text.tsx'
import { useZoom } from '../../components/use-zoom.ts'
import { ZoomPane } from '../../components/zoom-pane.tsx'
import { zoomed } from '../../components/zoom.ts'
import styles from './duel-view.module.css'
import { useViewKeys } from './use-view-keys.ts'

type ContestProps = {
  readonly pair: DuelPair
  /** The pair after this one, to be loaded meanwhile. */
  readonly upcoming: DuelPair | null
  readonly byId: ReadonlyMap<PictureId, Picture>
  /** Where the keys are heard, and where the focus stays. */
  readonly view: RefObject<HTMLElement | null>
  readonly onVote: (winner: 'left' | 'right') => void
  readonly onSkip: () => void
}

const sides = [
  { side: 'left', letter: 'A', key: '←', shortcuts: 'ArrowLeft a' },
  { side: 'right', letter: 'B', key: '→', shortcuts: 'ArrowRight b' },
] as const

/** How large a held Space shows the pictures at least. */
const heldMagnification = 2.5

/** How far a pointer may stray, in CSS pixels, for a click to be none of a drag. */
const stillPixels = 5

/** Two pictures and nothing about them but their prompt. */
export function Contest({ pair, upcoming, byId, view, onVote, onSkip }: ContestProps) {
  const { bridge } = useStudio()
  const zoom = useZoom()
  /** Where the pointer is, from the middle of a pane: what a held Space magnifies. */
  const pointed = useRef<{ readonly pane: string; readonly at: { readonly x: number; readonly y: number } }>({
    pane: 'left',
    at: { x: 0, y: 0 },
  })
  const pressed = useRef({ x: 0, y: 0 })
  /** Pictures that cannot be shown, and therefore not be judged. */
  const [missing, setMissing] = useState<ReadonlySet<PictureId>>(new Set())
  const isMissing = missing.has(pair.left) || missing.has(pair.right)
  useLoaded(upcoming, byId)
  const prompt = byId.get(pair.left)?.prompt ?? ''

  const answer = (act: () => void) => {
    act()
    zoom.reset()
    // Back from the button, so that a held Space magnifies.
    view.current?.focus({ preventScroll: true })
  }
  const vote = (side: 'left' | 'right') => {
    if (!isMissing) answer(() => onVote(side))
  }
  const skip = () => answer(onSkip)
  const acts: Readonly<Record<string, () => void>> = {
    arrowleft: () => vote('left'),
    a: () => vote('left'),
    arrowright: () => vote('right'),
    b: () => vote('right'),
    arrowdown: skip,
    s: skip,
  }
  useViewKeys(view, (event, target) => {
    const act = event.shiftKey ? undefined : acts[event.key.toLowerCase()]
    if (act !== undefined) {
      event.preventDefault()
      // A key that is held down would answer for pairs that nobody has seen.
      if (!event.repeat) act()
    } else if (event.key !== ' ') zoom.onKey(event, 'left')
    else if (target.closest('button, a, summary') === null) {
      event.preventDefault()
      const { pane, at } = pointed.current
      if (event.repeat) return
      zoom.change(pane, (now, { frame, actual }) =>
        now.magnification === 1 ? zoomed(now, Math.max(heldMagnification, actual), frame, actual, at) : now,
      )
    }
  })
  const { reset } = zoom
  useEffect(() => {
    const onUp = ({ key }: KeyboardEvent) => {
      if (key === ' ') reset()
    }
    window.addEventListener('keyup', onUp)
    return () => window.removeEventListener('keyup', onUp)
  }, [reset])

  return (
    <>
      <p className={styles.question}>
        Which is better?
        <span className={styles.prompt}>
          <PromptText text={prompt === '' ? 'No prompt' : prompt} lines={2} />
        </span>
      </p>
      <div className={styles.table}>
        {sides.map(({ side, letter, key, shortcuts }) => {
          const picture = byId.get(pair[side])
          return (
            <div key={side} className={styles.side}>
              <div
                className={styles.frame}
                onPointerDown={({ clientX, clientY }) => {
                  pressed.current = { x: clientX, y: clientY }
                }}
                onPointerMove={({ currentTarget, clientX, clientY }) => {
                  const box = currentTarget.getBoundingClientRect()
                  const [x, y] = [clientX - box.left - box.width / 2, clientY - box.top - box.height / 2]
                  pointed.current = { pane: side, at: { x, y } }
                }}
                onClick={({ clientX, clientY, detail }) => {
                  const { x, y } = pressed.current
                  const isStill = Math.hypot(clientX - x, clientY - y) < stillPixels
                  // The second click of a double one would answer for a pair that nobody has seen.
                  if (detail === 1 && isStill) vote(side)
                }}
              >
                <ZoomPane
                  zoom={zoom}
                  pane={side}
                  size={picture ?? { width: 1, height: 1 }}
                  url={picture === undefined ? null : bridge.imageUrl(picture.imageSha256)}
                  alt={`Picture ${letter}`}
                  plainClicks
                  onMissing={() => setMissing((now) => new Set(now).add(pair[side]))}
                  className={styles.pane}
                />
              </div>
              <Button aria-keyshortcuts={shortcuts} disabled={isMissing} onClick={() => vote(side)}>
                {letter} is better <Key name={key} />
              </Button>
            </div>
          )
        })}
      </div>
      <div className={styles.foot}>
        <Button look="plain" aria-keyshortcuts="ArrowDown s" onClick={skip}>
          Cannot say, skip <Key name="↓" />
        </Button>
        <p className={styles.hint} role="status">
          {isMissing ? (
            'A picture that cannot be shown cannot be judged: skip this pair.'
          ) : (
            <>
              Hold <Key name="Space" /> to look closer; the wheel zooms both.
            </>
          )}
        </p>
      </div>
    </>
  )
}

/** Has the pictures of a pair loaded and decoded, so that they are there with the key. */
function useLoaded(pair: DuelPair | null, byId: ContestProps['byId']): void {
  const { bridge } = useStudio()
  const loaded = useRef<readonly HTMLImageElement[]>([])
  useEffect(() => {
    const pictures = pair === null ? [] : [byId.get(pair.left), byId.get(pair.right)]
    loaded.current = pictures.flatMap((picture) => {
      if (picture === undefined) return []
      const image = new Image()
      image.src = bridge.imageUrl(picture.imageSha256)
      // What is missing says so in its place.
      image.decode().catch(() => undefined)
      return [image]
    })
  }, [pair, byId, bridge])
}
