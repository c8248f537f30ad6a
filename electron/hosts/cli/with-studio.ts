import { openStudio, type Studio } from '../../core/studio.ts'
import { graderSettings } from '../../grader/settings.ts'
import { bundledPacks, defaultLibraryPath, defaultModelsFolder } from '../default-places.ts'
import { PackFolders } from '../../packs/read-packs.ts'
import type { ParsedArguments } from './command.ts'

/** Opens the studio for one command and closes it again, however the command ends. */
export async function withStudio<Result>(
  args: ParsedArguments,
  use: (studio: Studio) => Promise<Result>,
): Promise<Result> {
  const libraryPath = args.text('library') ?? defaultLibraryPath()
  const grader = graderSettings(process.env)
  const modelsFolder = defaultModelsFolder(libraryPath)
  const studio = await openStudio({
    ...{ libraryPath, packFolders: [bundledPacks], modelsFolder, host: 'cli', grader },
  })
  try {
    return await use(studio)
  } finally {
    await studio.close()
  }
}

/** The packs that a command's studio would have, without opening its library. */
export function packsOf(args: ParsedArguments): PackFolders {
  return new PackFolders([bundledPacks], defaultModelsFolder(args.text('library') ?? defaultLibraryPath()))
}
