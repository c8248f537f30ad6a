import { StudioError } from '../../../shared/errors.ts'
import { formatCountOf } from '../../../shared/format.ts'
import type { Flag, Rating } from '../../../shared/gallery.ts'
import { libraryOption, numberOrText, type Command } from './command.ts'
import { aboutPictures, picturesOf, picturesOperand } from './picture-list.ts'
import { withStudio } from './with-studio.ts'

export const markCommand: Command = {
  name: 'mark',
  operands: [picturesOperand],
  about: `Picks, rejects and rates pictures. ${aboutPictures}`,
  options: {
    flag: {
      type: 'string',
      value: 'pick|reject|none',
      about: 'keep, throw out, or neither; nothing is deleted',
    },
    rating: { type: 'string', value: '0-5', about: 'stars; 0 takes them off' },
    ...libraryOption,
  },
  run: (args) => {
    const [flag, rating] = [args.text('flag'), args.text('rating')]
    if (flag === undefined && rating === undefined) {
      throw new StudioError('bad_input', 'mark: expected --flag or --rating, found neither')
    }
    return withStudio(args, async (studio) => {
      const pictures = (await picturesOf(args.operands[0] ?? '', studio)).map(({ id }) => id)
      await studio.api.mark({
        pictures,
        ...(flag === undefined ? {} : { flag: flag === 'none' ? null : (flag as Flag) }),
        ...(rating === undefined ? {} : { rating: numberOrText(rating) as Rating }),
      })
      process.stdout.write(`Marked ${formatCountOf(pictures.length, 'picture')}.\n`)
      return 0
    })
  },
}
