/** Where things lie when nobody says otherwise: the same for every host, so that all open the same library. */

import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** `GOLDPAN_LIBRARY`, or the folder Goldpan in the person's home. */
export function defaultLibraryPath(): string {
  return process.env.GOLDPAN_LIBRARY ?? join(homedir(), 'Goldpan')
}

/** Folder of imported packs: `GOLDPAN_MODELS`, for models that several libraries share, or `models` in the library. */
export function defaultModelsFolder(libraryPath: string): string {
  return process.env.GOLDPAN_MODELS ?? join(libraryPath, 'models')
}

/** The checkout, seen from electron/hosts/. */
const root = fileURLToPath(new URL('../..', import.meta.url))

/** Packs that come with Goldpan. */
export const bundledPacks = join(root, 'models', 'packs')

/** The built renderer. */
export const rendererFolder = join(root, 'dist', 'renderer')
