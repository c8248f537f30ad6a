import { writeFile } from 'node:fs/promises'

import { StudioError } from '../../../shared/errors.ts'

/** Writes a file that must not be there yet, unless `force`; throws `bad_input`. */
export async function writeNewFile(
  file: string,
  content: string | Uint8Array,
  force: boolean,
): Promise<void> {
  try {
    await writeFile(file, content, { flag: force ? 'w' : 'wx' })
  } catch (error) {
    const found =
      error instanceof Error && 'code' in error && error.code === 'EEXIST'
        ? 'one that is there already; choose another name, or --force to write over it'
        : `that it cannot be written (${error instanceof Error ? error.message : String(error)})`
    throw new StudioError('bad_input', `Expected a new file at ${file}, found ${found}`)
  }
}
