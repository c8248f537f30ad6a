/** What a person does with boards: each a deed that undo takes back, each fault said beside the undo. */

import { toErrorData } from '../../shared/errors.ts'
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
  const orSay = async <Result>(work: () => Promise<Result>): Promise<Result | null> => {
    try {
      return await work()
    } catch (thrown) {
      undo.say(toErrorData(thrown).message, true)
      return null
    }
  }
  const put = (board: number, pictures: readonly PictureId[]) => () => api.addToBoard({ board, pictures })
  const takeOff = (board: number, pictures: readonly PictureId[]) => () =>
    api.removeFromBoard({ board, pictures })

  return {
    add: async (board, pictures) => {
      await orSay(async () => {
        const added = await api.addToBoard({ board: board.id, pictures })
        if (added.length === 0) return undo.say(`Already on “${board.name}”.`)
        const label = `Put ${countText(added.length)} on “${board.name}”`
        undo.done({ label, undo: takeOff(board.id, added), redo: put(board.id, added) })
      })
    },
    take: async (board, pictures) => {
      await orSay(async () => {
        const taken = await api.removeFromBoard({ board: board.id, pictures })
        if (taken.length === 0) return undo.say(`Not on “${board.name}”.`)
        const label = `Took ${countText(taken.length)} off “${board.name}”`
        undo.done({ label, undo: put(board.id, taken), redo: takeOff(board.id, taken) })
      })
    },
    create: (name, pictures) =>
      orSay(async () => {
        const board = await api.createBoard({ name })
        if (pictures.length > 0) await api.addToBoard({ board: board.id, pictures })
        const withWhat = pictures.length === 0 ? '' : ` with ${countText(pictures.length)}`
        undo.done({
          label: `Made the board “${board.name}”${withWhat}`,
          undo: () => api.removeBoard({ board: board.id }),
          redo: () => api.restoreBoard({ board: board.id }),
        })
        return board
      }),
    rename: async (board, name) => {
      await orSay(async () => {
        await api.renameBoard({ board: board.id, name })
        undo.done({
          label: `Renamed “${board.name}” to “${name}”`,
          undo: () => api.renameBoard({ board: board.id, name: board.name }),
          redo: () => api.renameBoard({ board: board.id, name }),
        })
      })
    },
    remove: async (board) => {
      await orSay(async () => {
        await api.removeBoard({ board: board.id })
        undo.done({
          label: `Removed the board “${board.name}”`,
          undo: () => api.restoreBoard({ board: board.id }),
          redo: () => api.removeBoard({ board: board.id }),
        })
      })
    },
  }
}

function countText(count: number): string {
  return count === 1 ? '1 picture' : `${count.toLocaleString('en')} pictures`
}
