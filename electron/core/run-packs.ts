/** The packs of a specification: what makes the images of a run, and what scores them. */

import type { RunSpec } from '../../shared/run-spec.ts'
import type { VerifierId } from '../../shared/vocabulary.ts'
import type { ImagePackManifest, InstalledPack } from '../packs/manifest.ts'
import type { PackFolders } from '../packs/read-packs.ts'
import { requireClasses, requireSize, type SeatedPack } from './runs/panel.ts'

export type RunPacks = {
  readonly pack: InstalledPack<ImagePackManifest>
  /** The packs that hold the guide's and the held-out verifiers, each with those of them that it scores. */
  readonly verifierPacks: readonly SeatedPack[]
}

/**
 * Opens the packs of a specification, checked against it and each other.
 *
 * @throws `unknown_pack`, `unknown_verifier`, `pack_invalid`, `pack_damaged`; `bad_input` where they do not fit
 */
export async function openRunPacks(packs: PackFolders, spec: RunSpec): Promise<RunPacks> {
  const pack = await packs.openImagePack(spec.pack)
  const verifierPacks = await seatVerifiers(packs, [...spec.guide, ...spec.heldOut])
  requireSize(pack, verifierPacks)
  requireClasses(verifierPacks, spec.prompt, spec.guide)
  return { pack, verifierPacks }
}

/** The packs that hold these verifiers, each once; throws `unknown_verifier`, or the fault of a damaged pack. */
async function seatVerifiers(
  packs: PackFolders,
  verifiers: readonly VerifierId[],
): Promise<readonly SeatedPack[]> {
  const seats = new Map<string, { pack: SeatedPack['pack']; verifiers: VerifierId[] }>()
  for (const id of verifiers) {
    const pack = await packs.openVerifierPack(id)
    const seat = seats.get(pack.manifest.id) ?? { pack, verifiers: [] }
    seat.verifiers.push(id)
    seats.set(pack.manifest.id, seat)
  }
  return [...seats.values()]
}
