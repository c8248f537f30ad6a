import { useId, useState } from 'react'
import type { KeyboardEvent } from 'react'

import type { Board } from '../../shared/gallery.ts'
import styles from './board-chooser.module.css'
import { Button } from './button.tsx'
import { classes } from './classes.ts'
import { TextInput } from './controls.tsx'

type BoardChooserProps = {
  readonly boards: readonly Board[]
  /** What will be put there, in words: `3 pictures`. */
  readonly what: string
  readonly onChoose: (board: Board) => void
  /** Asked for a name that no board has. */
  readonly onCreate: (name: string) => void
  readonly onClose: () => void
  /** A person went on elsewhere, and is to stay there. */
  readonly onLeft: () => void
}

/** Which board? Typed, chosen with the arrows, or made: a name that no board has becomes one. */
export function BoardChooser({ boards, what, onChoose, onCreate, onClose, onLeft }: BoardChooserProps) {
  const id = useId()
  const [typed, type] = useState('')
  const [index, setIndex] = useState(0)
  const name = typed.trim()
  const wanted = name.toLowerCase()
  const found = boards.filter((board) => board.name.toLowerCase().includes(wanted))
  const isNew = name !== '' && !boards.some((board) => board.name.toLowerCase() === wanted)
  const count = found.length + (isNew ? 1 : 0)
  const at = Math.min(index, count - 1)
  const take = (place: number) => {
    const board = found[place]
    if (board !== undefined) onChoose(board)
    else if (isNew) onCreate(name)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    switch (event.key) {
      case 'ArrowDown':
        setIndex(Math.min(at + 1, count - 1))
        break
      case 'ArrowUp':
        setIndex(Math.max(at - 1, 0))
        break
      case 'Enter':
        take(at)
        break
      case 'Escape':
        onClose()
        break
      default:
        return
    }
    event.preventDefault()
    event.stopPropagation()
  }
  const options = [
    ...found.map((board) => ({
      key: String(board.id),
      text: board.name,
      aside: board.pictures.toLocaleString('en'),
    })),
    ...(isNew ? [{ key: 'new', text: `New board “${name}”`, aside: '' }] : []),
  ]
  return (
    <div
      className={styles.chooser}
      role="group"
      aria-label={`Put ${what} on a board`}
      onKeyDown={onKeyDown}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) onLeft()
      }}
    >
      <div className={styles.head}>
        <label htmlFor={`${id}-name`}>Put {what} on</label>
        <Button look="plain" icon="close" aria-label="Close (Escape)" onClick={onClose} />
      </div>
      <TextInput
        id={`${id}-name`}
        ref={focusAtOnce}
        role="combobox"
        aria-expanded
        aria-controls={`${id}-boards`}
        aria-activedescendant={count === 0 ? undefined : `${id}-${at}`}
        placeholder={boards.length === 0 ? 'Name of a new board' : 'Board, or a new name'}
        maxLength={100}
        value={typed}
        onChange={(event) => {
          type(event.target.value)
          setIndex(0)
        }}
      />
      <ul
        id={`${id}-boards`}
        role="listbox"
        aria-label="Boards"
        className={styles.boards}
        // The focus stays in the field.
        onMouseDown={(event) => event.preventDefault()}
      >
        {options.map(({ key, text, aside }, place) => (
          <li
            key={key}
            id={`${id}-${place}`}
            role="option"
            aria-selected={place === at}
            className={classes(styles.board, place === at && styles.chosen)}
            onClick={() => take(place)}
          >
            <bdi className={styles.name}>{text}</bdi>
            <span className={styles.aside}>{aside}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}

function focusAtOnce(input: HTMLInputElement | null): void {
  input?.focus()
}
