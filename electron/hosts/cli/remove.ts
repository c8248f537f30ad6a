import { formatCountOf } from '../../../shared/format.ts'
import { libraryOption, type Command } from './command.ts'
import { aboutPictures, picturesOf, picturesOperand } from './picture-list.ts'
import { withStudio } from './with-studio.ts'

export const removeCommand: Command = {
  name: 'remove',
  operands: [picturesOperand],
  about: `Removes images from outside, with their marks, places on boards, votes and scores; their files too. What runs have made stays. ${aboutPictures}`,
  options: libraryOption,
  run: (args) =>
    withStudio(args, async (studio) => {
      const pictures = (await picturesOf(args.operands[0] ?? '', studio)).map(({ id }) => id)
      await studio.api.removePictures({ pictures })
      process.stdout.write(`Removed ${formatCountOf(pictures.length, 'picture')}.\n`)
      return 0
    }),
}
