import { useRef, useState } from 'react'
import type { DragEvent } from 'react'

import { formatCount } from '../../../shared/format.ts'
import type { Board } from '../../../shared/gallery.ts'
import { useStudio } from '../../api/hooks.ts'
import type { BoardDeeds } from '../../api/board-deeds.ts'
import { Button } from '../../components/button.tsx'
import { classes } from '../../components/classes.ts'
import { TextInput } from '../../components/controls.tsx'
import { Icon } from '../../components/icon.tsx'
import { Picture } from '../../components/picture.tsx'
import styles from './board-list.module.css'
import { isOwnDrag } from './own-drag.ts'

type BoardListProps = {
  readonly boards: readonly Board[]
  /** The board that the wall is narrowed to. */
  readonly shown: number | undefined
  readonly deeds: BoardDeeds
  readonly onShow: (board: number | undefined) => void
  /** The selection was dropped on a board. */
  readonly onDrop: (board: Board) => void
}

/** A person's boards: each narrows the wall, takes what is dropped on it, and can be renamed and removed. */
export function BoardList({ boards, shown, deeds, onShow, onDrop }: BoardListProps) {
  const [isNaming, setNaming] = useState(false)
  const make = useRef<HTMLButtonElement>(null)
  return (
    <section className={styles.list} aria-label="Boards">
      <div className={styles.head}>
        <h2 className={styles.title}>Boards</h2>
        <Button
          ref={make}
          look="plain"
          icon="plus"
          aria-label="New board"
          onClick={() => setNaming(!isNaming)}
        />
      </div>
      {isNaming && (
        <NameField
          label="Name of the new board"
          name=""
          onLeft={() => setNaming(false)}
          onName={(name) => {
            setNaming(false)
            make.current?.focus()
            if (name !== null) void deeds.create(name, [])
          }}
        />
      )}
      {boards.length === 0 && !isNaming && (
        <p className={styles.none}>None yet. Select pictures and press B.</p>
      )}
      <ul className={styles.boards}>
        {boards.map((board) => (
          <BoardRow
            key={board.id}
            board={board}
            isShown={board.id === shown}
            deeds={deeds}
            onShow={onShow}
            onDrop={() => onDrop(board)}
            onGone={() => make.current?.focus()}
          />
        ))}
      </ul>
    </section>
  )
}

type BoardRowProps = {
  readonly board: Board
  readonly isShown: boolean
  readonly deeds: BoardDeeds
  readonly onShow: (board: number | undefined) => void
  readonly onDrop: () => void
  readonly onGone: () => void
}

function BoardRow({ board, isShown, deeds, onShow, onDrop, onGone }: BoardRowProps) {
  const { bridge } = useStudio()
  const [isNaming, setNaming] = useState(false)
  const [isOver, setOver] = useState(false)
  const row = useRef<HTMLButtonElement>(null)
  const over = (event: DragEvent) => {
    if (!isOwnDrag(event)) return
    event.preventDefault()
    event.dataTransfer.dropEffect = 'copy'
    setOver(true)
  }
  if (isNaming) {
    return (
      <li>
        <NameField
          label={`New name of ${board.name}`}
          name={board.name}
          onLeft={() => setNaming(false)}
          onName={(name) => {
            setNaming(false)
            // The row is there again with the next frame.
            requestAnimationFrame(() => row.current?.focus())
            if (name !== null && name !== board.name) void deeds.rename(board, name)
          }}
        />
      </li>
    )
  }
  return (
    <li
      className={classes(styles.row, isOver && styles.over)}
      onDragOver={over}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        setOver(false)
        if (!isOwnDrag(event)) return
        event.preventDefault()
        event.stopPropagation()
        onDrop()
      }}
    >
      <button
        ref={row}
        type="button"
        className={styles.board}
        aria-pressed={isShown}
        onClick={() => onShow(isShown ? undefined : board.id)}
        onKeyDown={(event) => {
          if (event.key === 'F2') setNaming(true)
        }}
      >
        <span className={styles.cover}>
          {board.cover === null ? (
            <Icon name="board" />
          ) : (
            <Picture url={bridge.imageUrl(board.cover)} alt="" />
          )}
        </span>
        <bdi className={styles.name}>{board.name}</bdi>
        <span className={styles.count}>{formatCount(board.pictures)}</span>
      </button>
      <span className={styles.tools}>
        <Button
          look="plain"
          icon="rename"
          aria-label={`Rename ${board.name} (F2)`}
          onClick={() => setNaming(true)}
        />
        <Button
          look="plain"
          icon="close"
          aria-label={`Remove the board ${board.name}; its pictures stay`}
          onClick={() => {
            onGone()
            if (isShown) onShow(undefined)
            void deeds.remove(board)
          }}
        />
      </span>
    </li>
  )
}

type NameFieldProps = {
  readonly label: string
  readonly name: string
  /** Null where it was given up. */
  readonly onName: (name: string | null) => void
  /** The focus has gone elsewhere, and is to stay there. */
  readonly onLeft: () => void
}

function NameField({ label, name, onName, onLeft }: NameFieldProps) {
  const [typed, type] = useState(name)
  return (
    <TextInput
      ref={selectAtOnce}
      aria-label={label}
      placeholder="Name"
      maxLength={100}
      value={typed}
      onChange={(event) => type(event.target.value)}
      onBlur={onLeft}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== 'Escape') return
        // The focus goes elsewhere now: the key must not press what it meets there.
        event.preventDefault()
        event.stopPropagation()
        onName(event.key === 'Enter' && typed.trim() !== '' ? typed.trim() : null)
      }}
    />
  )
}

function selectAtOnce(input: HTMLInputElement | null): void {
  input?.focus()
  input?.select()
}
