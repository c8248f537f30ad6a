import type { ReactNode } from 'react'

import { classes } from '../../components/classes.ts'
import { Icon } from '../../components/icon.tsx'
import styles from './tile.module.css'

type TileProps = {
  readonly id?: string
  readonly label: string
  readonly selected: boolean
  /** Gets the one Tab stop of its group. */
  readonly tabStop: boolean
  readonly winner: boolean
  /** A word on the picture's corner. */
  readonly badge?: string | null
  /** The picture can win nothing: its badge is grey. */
  readonly unfinished?: boolean
  /** What a person did about it. */
  readonly mark?: 'pin' | 'veto' | null
  readonly picture: ReactNode
  readonly caption: ReactNode
  /** Absent while there is nothing to select. */
  readonly onSelect?: (() => void) | undefined
  readonly onOpen?: (() => void) | undefined
}

/** A picture with its caption: the one building block of the figure and of the strip. */
export function Tile({
  id,
  label,
  selected,
  tabStop,
  winner,
  badge = null,
  unfinished = false,
  mark = null,
  picture,
  caption,
  onSelect,
  onOpen,
}: TileProps) {
  return (
    <button
      type="button"
      id={id}
      data-rove
      tabIndex={tabStop ? 0 : -1}
      aria-label={label}
      aria-current={selected ? 'true' : undefined}
      className={classes(
        styles.tile,
        selected && styles.selected,
        winner && styles.winner,
        unfinished && styles.unfinished,
        mark === 'veto' && styles.vetoed,
      )}
      onFocus={onSelect}
      onClick={(event) => {
        onSelect?.()
        // A press of Enter or Space counts no mouse clicks.
        if (event.detail === 0 || event.detail === 2) onOpen?.()
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
      </span>
      <span className={styles.caption}>{caption}</span>
    </button>
  )
}
