import { StudioError } from '../../../shared/errors.ts'
import { formatCountOf } from '../../../shared/format.ts'
import type { PictureId } from '../../../shared/gallery.ts'
import type { Studio } from '../../core/studio.ts'
import { jsonOption, libraryOption, type Command } from './command.ts'
import { oneLine, table } from './output.ts'
import { picturesOf } from './picture-list.ts'
import { withStudio } from './with-studio.ts'

export const boardsCommand: Command = {
  name: 'boards',
  operands: [],
  about: 'Lists the boards of the library.',
  options: { ...libraryOption, ...jsonOption },
  run: (args) =>
    withStudio(args, async (studio) => {
      const boards = await studio.api.boards()
      if (args.flag('json')) process.stdout.write(`${JSON.stringify(boards)}\n`)
      else if (boards.length === 0) process.stdout.write('No boards yet. Try: board "Favourites" --add 4,7\n')
      else {
        const rows = boards.map(({ id, name, pictures }) => [String(id), String(pictures), oneLine(name)])
        process.stdout.write(table([['board', 'pictures', 'name'], ...rows]))
      }
      return 0
    }),
}

export const boardCommand: Command = {
  name: 'board',
  operands: ['NAME'],
  about: 'Makes a board where none has this name, puts pictures on it, takes them off, or removes it.',
  options: {
    add: { type: 'string', value: 'PICTURES', about: 'such as 4,7,12/3' },
    take: { type: 'string', value: 'PICTURES', about: 'taken off the board; they stay in the library' },
    remove: { type: 'boolean', about: 'remove the board; its pictures stay in the library' },
    ...libraryOption,
  },
  run: (args) =>
    withStudio(args, async (studio) => {
      const [name = ''] = args.operands
      const known = (await studio.api.boards()).find((board) => board.name === name.trim())
      if (known === undefined && (args.text('take') !== undefined || args.flag('remove'))) {
        throw new StudioError(
          'not_found',
          `Expected the name of a board, found ${JSON.stringify(name)}; \`boards\` lists them`,
        )
      }
      // Before the board is made: a picture that is not there leaves no empty one.
      const [add, take] = [await idsOf(args.text('add'), studio), await idsOf(args.text('take'), studio)]
      const { id } = known ?? (await studio.api.createBoard({ name }))
      if (add !== null) await studio.api.addToBoard({ board: id, pictures: add })
      if (take !== null) await studio.api.removeFromBoard({ board: id, pictures: take })
      if (args.flag('remove')) await studio.api.removeBoard({ board: id })
      const now = (await studio.api.boards()).find((board) => board.id === id)
      process.stdout.write(
        now === undefined
          ? `Removed board ${id}; its pictures stay in the library.\n`
          : `Board ${id} has ${formatCountOf(now.pictures, 'picture')}.\n`,
      )
      return 0
    }),
}

async function idsOf(list: string | undefined, studio: Studio): Promise<readonly PictureId[] | null> {
  return list === undefined ? null : (await picturesOf(list, studio)).map(({ id }) => id)
}
