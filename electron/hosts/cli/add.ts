import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'

import { StudioError } from '../../../shared/errors.ts'
import { libraryOption, type Command } from './command.ts'
import { withStudio } from './with-studio.ts'

export const addCommand: Command = {
  name: 'add',
  operands: ['FILE'],
  about:
    'Takes a PNG from outside into the library, to be rated, put on boards and judged like any other picture.',
  options: {
    prompt: {
      type: 'string',
      value: 'TEXT',
      about: 'what it was meant to show (default: what its metadata says)',
    },
    ...libraryOption,
  },
  async run(args) {
    const [file = ''] = args.operands
    const bytes = await readFile(file).catch((error: unknown) => {
      throw new StudioError('bad_input', `Expected a PNG at ${file}, found none that can be read`, {
        detail: String(error),
      })
    })
    return withStudio(args, async (studio) => {
      const prompt = args.text('prompt')
      const { picture } = await studio.api.addPicture({
        ...{ name: basename(file), png: bytes.toString('base64') },
        ...(prompt === undefined ? {} : { prompt }),
      })
      process.stdout.write(`Picture ${picture}.\n`)
      return 0
    })
  },
}
