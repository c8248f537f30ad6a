import type { PackManifest } from '../../electron/packs/manifest.ts'

/** Fields of a manifest that people read and no network does. */
const words = ['name', 'version', 'licence', 'description', 'vocabularyNote', 'examplePrompts']

/**
 * What a pack's results follow from: its files and how they are used, not its name, version or description, which may be
 * mended without making anything anew.
 */
export function substanceOf(manifest: PackManifest): unknown {
  return Object.fromEntries(Object.entries(manifest).filter(([field]) => !words.includes(field)))
}
