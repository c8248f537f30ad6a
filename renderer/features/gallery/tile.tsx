import { useRef } from 'react'
import type { ReactNode } from 'react'

import type { PictureId } from '../../../shared/gallery.ts'
import { usePictureMarks } from '../../api/hooks.ts'
import { classes } from '../../components/classes.ts'
import { Icon } from '../../components/icon.tsx'
import { PictureMarks } from '../../components/picture-marks.tsx'
import { marksInWords } from '../../logic/marks.ts'
import styles from './tile.module.css'

/** Alone, into or out of what is selected already (Ctrl, Cmd), or everything up to it (Shift). */
export type SelectHow = 'alone' | 'toggle' | 'range'

type TileProps = {
  readonly id?: string
  readonly label: string
  readonly selected: boolean
  /** One of several that are selected. */
  readonly among?: boolean
  /** Gets the one Tab stop of its group. */
  readonly tabStop: boolean
  readonly winner: boolean
  /** A word on the picture's corner. */
  readonly badge?: string | null
  /** The picture can win nothing: its badge is grey. */
  readonly unfinished?: boolean
  /** What a person did about it in the search. */
  readonly mark?: 'pin' | 'veto' | null
  /** Whose flag and stars are shown; left out for none. */
  readonly marksOf?: PictureId | null
  readonly picture: ReactNode
  readonly caption: ReactNode
  /** Absent while there is nothing to select. */
  readonly onSelect?: ((how: SelectHow) => void) | undefined
  readonly onOpen?: (() => void) | undefined
}

/** A picture with its caption: the one building block of the figure and of the strip. */
export function Tile({
  id,
  label,
  selected,
  among = false,
  tabStop,
  winner,
  badge = null,
  unfinished = false,
  mark = null,
  marksOf = null,
  picture,
  caption,
  onSelect,
  onOpen,
}: TileProps) {
  // A press of the mouse focuses first; only the click knows the keys that were held.
  const pressed = useRef(false)
  const said = usePictureMarks(marksOf)
  const words = said === null ? '' : marksInWords(said.flag, said.rating)
  return (
    <button
      type="button"
      id={id}
      data-rove
      tabIndex={tabStop ? 0 : -1}
      aria-label={words === '' ? label : `${label}, ${words}`}
      aria-current={selected ? 'true' : undefined}
      aria-pressed={among ? true : undefined}
      className={classes(
        styles.tile,
        (selected || among) && styles.selected,
        winner && styles.winner,
        unfinished && styles.unfinished,
        mark === 'veto' && styles.vetoed,
        said?.flag === 'reject' && styles.rejected,
      )}
      onPointerDown={() => {
        pressed.current = true
      }}
      onFocus={() => {
        if (!pressed.current) onSelect?.('alone')
      }}
      onClick={(event) => {
        pressed.current = false
        const isKey = event.detail === 0
        if (!isKey) onSelect?.(event.shiftKey ? 'range' : event.ctrlKey || event.metaKey ? 'toggle' : 'alone')
        // A press of Enter or Space counts no mouse clicks.
        if (isKey || event.detail === 2) onOpen?.()
      }}
    >
      <span className={styles.frame}>
        {picture}
        {badge !== null && <span className={styles.badge}>{badge}</span>}
        {mark !== null && (
          <span className={styles.mark}>
            <Icon name={mark} />
          </span>
        )}
        {said !== null && <PictureMarks {...said} />}
      </span>
      <span className={styles.caption}>{caption}</span>
    </button>
  )
}
