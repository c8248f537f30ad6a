import { promptIn } from '../../core/gallery.ts'
import { rebuildLibrary } from '../../library/rebuild.ts'
import { defaultLibraryPath } from '../default-places.ts'
import { libraryOption, type Command } from './command.ts'

export const rebuildCommand: Command = {
  name: 'rebuild',
  operands: [],
  about: 'Makes the catalogue of a damaged library again from its backups and images; deletes nothing.',
  options: libraryOption,
  async run(args) {
    const folder = args.text('library') ?? defaultLibraryPath()
    const { runs, candidates, adopted, outside, backup, setAside, skipped, missing } = await rebuildLibrary(
      folder,
      'cli',
      promptIn,
    )
    const lines = [
      `Rebuilt ${folder}: ${runs} runs, ${candidates} images, ${adopted} of them by their own recipes.`,
      backup === null
        ? 'No backup could be read; images alone were used.'
        : `Started from the backup ${backup}.`,
      ...(outside === 0 ? [] : [`Images from outside that were found: ${outside}; their names are lost.`]),
      ...(setAside === null ? [] : [`The old catalogue is kept in ${setAside}.`]),
      ...missing.map((image) => `Missing image, its row is kept: ${image}`),
      ...skipped.map(({ file, reason }) => `Left alone: ${file} (${reason})`),
    ]
    process.stdout.write(`${lines.join('\n')}\n`)
    return 0
  },
}
