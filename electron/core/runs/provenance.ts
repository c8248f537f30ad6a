import type { RunSpec } from '../../../shared/run-spec.ts'
import type { ImagePackManifest, InstalledPack } from '../../packs/manifest.ts'
import type { Provenance } from './adapters.ts'
import type { SeatedPack } from './panel.ts'

/** What the pictures of a run tell besides their candidates. */
export function provenanceOf(
  spec: RunSpec,
  pack: InstalledPack<ImagePackManifest>,
  verifierPacks: readonly SeatedPack[],
): Provenance {
  const packs = [pack, ...verifierPacks.map((seated) => seated.pack)]
  return { spec, packs: packs.map(({ manifest: { id, version }, sha256 }) => ({ id, version, sha256 })) }
}
