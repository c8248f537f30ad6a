import { rebuildLibrary } from '../../library/rebuild.ts'
import { defaultLibraryPath } from '../default-places.ts'
import { libraryOption, type Command } from './command.ts'

export const rebuildCommand: Command = {
  name: 'rebuild',
  operands: [],
  about:
    'Makes the catalogue of a damaged library again from the recipes inside its images; deletes nothing.',
  options: libraryOption,
  async run(args) {
    const folder = args.text('library') ?? defaultLibraryPath()
    const { runs, candidates } = await rebuildLibrary(folder)
    process.stdout.write(`Rebuilt ${folder}: ${runs} runs, ${candidates} images.\n`)
    return 0
  },
}
