/** What a person does with boards: each a deed that undo takes back, each fault said beside the undo. */

import { formatCountOf } from '../../shared/format.ts'
import type { Board, GalleryApi, PictureId } from '../../shared/gallery.ts'
import type { UndoStack } from './undo.ts'

/** All of them resolve when the studio has answered and never reject. */
export type BoardDeeds = {
  /** Puts pictures on a board; those that are there already stay. */
  add(board: Named, pictures: readonly PictureId[]): Promise<void>
  take(board: Named, pictures: readonly PictureId[]): Promise<void>
  /** A new board with these pictures on it; null where the studio refused. */
  create(name: string, pictures: readonly PictureId[]): Promise<Board | null>
  rename(board: Named, name: string): Promise<void>
  /** The pictures stay in the library. */
  remove(board: Named): Promise<void>
}

type Named = Pick<Board, 'id' | 'name'>

type BoardApi = Pick<
  GalleryApi,
  'createBoard' | 'renameBoard' | 'removeBoard' | 'restoreBoard' | 'addToBoard' | 'removeFromBoard'
>

export function createBoardDeeds(api: BoardApi, undo: UndoStack): BoardDeeds {
  const put = (board: number, pictures: readonly PictureId[]) => () => api.addToBoard({ board, pictures })
  const takeOff = (board: number, pictures: readonly PictureId[]) => () =>
    api.removeFromBoard({ board, pictures })

  return {
    async add(board, pictures) {
      await undo.act(async () => {
        const added = await put(board.id, pictures)()
        const label = `Put ${countText(added.length)} on “${board.name}”`
        if (added.length > 0) return { label, undo: takeOff(board.id, added), redo: put(board.id, added) }
        undo.say(`Already on “${board.name}”.`)
        return null
      })
    },
    async take(board, pictures) {
      await undo.act(async () => {
        const taken = await takeOff(board.id, pictures)()
        const label = `Took ${countText(taken.length)} off “${board.name}”`
        if (taken.length > 0) return { label, undo: put(board.id, taken), redo: takeOff(board.id, taken) }
        undo.say(`Not on “${board.name}”.`)
        return null
      })
    },
    async create(name, pictures) {
      const done = await undo.act(async () => {
        const board = await api.createBoard({ name })
        if (pictures.length > 0) await api.addToBoard({ board: board.id, pictures })
        const withWhat = pictures.length === 0 ? '' : ` with ${countText(pictures.length)}`
        return {
          board,
          label: `Made the board “${board.name}”${withWhat}`,
          undo: () => api.removeBoard({ board: board.id }),
          redo: () => api.restoreBoard({ board: board.id }),
        }
      })
      return done?.board ?? null
    },
    async rename(board, name) {
      const renameTo = (to: string) => () => api.renameBoard({ board: board.id, name: to })
      await undo.act(async () => {
        await renameTo(name)()
        const label = `Renamed “${board.name}” to “${name}”`
        return { label, undo: renameTo(board.name), redo: renameTo(name) }
      })
    },
    async remove(board) {
      const remove = () => api.removeBoard({ board: board.id })
      await undo.act(async () => {
        await remove()
        const label = `Removed the board “${board.name}”`
        return { label, undo: () => api.restoreBoard({ board: board.id }), redo: remove }
      })
    },
  }
}

function countText(count: number): string {
  return formatCountOf(count, 'picture')
}
