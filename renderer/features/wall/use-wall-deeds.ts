import { useMemo } from 'react'
import type { KeyboardEvent } from 'react'

import { toErrorData } from '../../../shared/errors.ts'
import { formatCount } from '../../../shared/format.ts'
import { maxPictures } from '../../../shared/gallery.ts'
import type { Picture, PictureId } from '../../../shared/gallery.ts'
import { createBoardDeeds } from '../../api/board-deeds.ts'
import { useMarks, useSelection, useStudio, useUndo } from '../../api/hooks.ts'
import type { MarkChange } from '../../api/marks.ts'
import { createOutsideDeeds } from '../../api/outside-deeds.ts'
import type { Pool } from '../../api/selection.ts'
import { markOfKey } from '../../components/mark-keys.ts'
import { isTyping } from '../../components/typing.ts'
import { leastTile, mostTile } from './settings.ts'
import type { WallSettings } from './settings.ts'

/** Where pictures of the wall can be taken. */
export type WallExits = {
  readonly onOpenRun: (runId: number) => void
  readonly onCompare: (pictures: readonly PictureId[]) => void
  readonly onDuel: (pool: Pool) => void
  readonly onCourt: (pool: Pool) => void
  readonly onExport: (pool: Pool) => void
}

type WallAtHand = WallExits & {
  /** What the wall shows, in its order. */
  readonly ids: readonly PictureId[]
  /** The picture in front as far as it is shown, and its details once they have come. */
  readonly inFront: PictureId | null
  readonly front: Picture | null
  /** What marks, boards and removal act on. */
  readonly chosen: readonly PictureId[]
  readonly settings: WallSettings
  readonly change: (some: Partial<WallSettings>) => void
  /** Asks for the board on which the chosen ones go. */
  readonly onChooseBoard: () => void
}

/** What the wall's keys and buttons do; what cannot be done is said instead. */
export function useWallDeeds({
  ids,
  inFront,
  front,
  chosen,
  settings,
  change,
  onChooseBoard,
  ...to
}: WallAtHand) {
  const { bridge } = useStudio()
  const marks = useMarks()
  const [, undo] = useUndo()
  const [{ selected, active }, selection] = useSelection()
  const boards = useMemo(() => createBoardDeeds(bridge, undo), [bridge, undo])
  const outside = useMemo(() => createOutsideDeeds(bridge, undo), [bridge, undo])

  const inOrder = () => ids.filter((id) => selected.has(id))
  /** Opens something with the selection, or, where that is too little, with the whole wall. */
  const withPool = (use: (pool: Pool) => void, least: number) => () => {
    const pool: Pool =
      selected.size >= least
        ? { name: 'Selection', pictures: inOrder() }
        : { name: 'The wall', pictures: ids }
    if (pool.pictures.length > maxPictures) {
      undo.say(
        `Expected at most ${formatCount(maxPictures)} pictures, found ${formatCount(pool.pictures.length)}. Select fewer, or narrow the wall.`,
      )
    } else use(pool)
  }
  const deeds = {
    boards,
    outside,
    mark(what: MarkChange, capsLock: boolean): void {
      void marks.set(chosen, what)
      if ((!settings.advance && !capsLock) || chosen.length !== 1 || inFront === null) return
      const next = ids[ids.indexOf(inFront) + 1]
      if (next !== undefined) selection.choose(next)
    },
    /** Of the picture in front, whose details may still be on their way. */
    async openRun(): Promise<void> {
      if (active === null) return
      try {
        const picture = front ?? (await bridge.pictures({ pictures: [active] }))[0]
        if (picture === undefined || selection.snapshot().active !== active) return
        if (picture.origin.kind === 'candidate') to.onOpenRun(picture.origin.runId)
        else undo.say(`${picture.origin.name} comes from outside: no run has made it.`)
      } catch (thrown) {
        undo.say(toErrorData(thrown).message, true)
      }
    },
    compare(): void {
      if (selected.size >= 2 && selected.size <= 4) to.onCompare(inOrder())
      else undo.say(`Select 2 to 4 pictures to compare them. ${formatCount(selected.size)} are selected.`)
    },
    duel: withPool(to.onDuel, 2),
    court: withPool(to.onCourt, 2),
    exportThem: withPool(to.onExport, 1),
    chooseBoard(): void {
      if (chosen.length > 0) onChooseBoard()
      else undo.say('Select the pictures that are to go on a board first.')
    },
    remove(): void {
      if (chosen.length > 0) void outside.remove(chosen)
      else undo.say('Select the images that are to leave the library first.')
    },
  }

  const zoomTiles = (factor: number) => () =>
    change({ tile: Math.round(Math.min(mostTile, Math.max(leastTile, settings.tile * factor))) })
  const actionOf = ({ key, shiftKey, ctrlKey, metaKey, altKey }: KeyboardEvent): (() => void) | null => {
    if (ctrlKey || metaKey || altKey) return null
    if (key === '+' || key === '=') return zoomTiles(1.2)
    if (key === '-') return zoomTiles(1 / 1.2)
    if (shiftKey) return null
    const { chooseBoard, compare, duel, court, exportThem, remove } = deeds
    const actions: Readonly<Record<string, () => void>> = {
      ...{ b: chooseBoard, c: compare, d: duel, v: court, e: exportThem, delete: remove, backspace: remove },
    }
    return actions[key.toLowerCase()] ?? null
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || isTyping(event.target)) return
    const what = markOfKey(event)
    const act = what === null ? actionOf(event) : () => deeds.mark(what, event.getModifierState('CapsLock'))
    if (act === null) return
    event.preventDefault()
    act()
  }
  return { ...deeds, onKeyDown }
}

export type WallDeeds = ReturnType<typeof useWallDeeds>
