import { openStudio, type Studio } from '../../core/studio.ts'
import { graderSettings } from '../../grader/settings.ts'
import { bundledPacks, defaultLibraryPath } from '../default-places.ts'
import type { ParsedArguments } from './command.ts'

/** Opens the studio for one command and closes it again, however the command ends. */
export async function withStudio<Result>(
  args: ParsedArguments,
  use: (studio: Studio) => Promise<Result>,
): Promise<Result> {
  const libraryPath = args.text('library') ?? defaultLibraryPath()
  const grader = graderSettings(process.env)
  const studio = await openStudio({ libraryPath, packFolders: [bundledPacks], host: 'cli', grader })
  try {
    return await use(studio)
  } finally {
    await studio.close()
  }
}
