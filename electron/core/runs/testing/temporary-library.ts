import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'

import { openLibrary } from '../../../library/open.ts'
import type { Library } from '../adapters.ts'

/** A library of its own for the tests of a file, gone after the last of them. */
export async function temporaryLibrary(): Promise<Library> {
  const folder = mkdtempSync(join(tmpdir(), 'goldpan-runs-'))
  const library = await openLibrary(folder)
  after(() => {
    library.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return library
}
