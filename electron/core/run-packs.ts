/** The packs of a specification: what makes the images of a run, and what scores them. */

import { StudioError } from '../../shared/errors.ts'
import type { RunSpec } from '../../shared/run-spec.ts'
import { graderVerifier, setVerifier, verifiers, type VerifierId } from '../../shared/vocabulary.ts'
import type { ImagePackManifest, InstalledPack } from '../packs/manifest.ts'
import { readReferenceFile, type PackFolders } from '../packs/read-packs.ts'
import type { Grader } from './runs/adapters.ts'
import { requireGradients } from './runs/noise-gradient.ts'
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
  const verifierPacks = await seatVerifiers(packs, [...spec.guide, ...spec.heldOut], pack.manifest.image)
  requireSize(pack, verifierPacks)
  requireClasses(verifierPacks, spec.prompt, spec.guide)
  if (spec.algorithm === 'first_order_search') requireGradients(pack, verifierPacks, spec.guide)
  return { pack, verifierPacks }
}

/**
 * The packs that hold these verifiers, those made for pictures of `size` first, each once; the grader has none. Throws `unknown_verifier`, or the fault of a
 * damaged pack.
 */
async function seatVerifiers(
  packs: PackFolders,
  asked: readonly VerifierId[],
  size: ImagePackManifest['image'],
): Promise<readonly SeatedPack[]> {
  const seats = new Map<string, { pack: SeatedPack['pack']; verifiers: VerifierId[] }>()
  for (const id of asked) {
    if (id === graderVerifier) continue
    const pack = await packs.openVerifierPack(id, size)
    const seat = seats.get(pack.manifest.id) ?? { pack, verifiers: [] }
    seat.verifiers.push(id)
    seats.set(pack.manifest.id, seat)
  }
  return Promise.all(
    [...seats.values()].map(async (seat) =>
      seat.verifiers.includes(setVerifier)
        ? { ...seat, reference: await readReferenceFile(seat.pack) }
        : seat,
    ),
  )
}

/** Makes sure that there is a grader where a specification asks for one; throws `unknown_verifier`. */
export function requireGrader({ guide, heldOut }: RunSpec, grader: Grader | null): void {
  if (grader !== null || ![...guide, ...heldOut].includes(graderVerifier)) return
  throw new StudioError(
    'unknown_verifier',
    `${verifiers[graderVerifier].label}: expected a vision language model on this machine, found that none is set up. Start a server for one, set GOLDPAN_GRADER_ENDPOINT (such as http://127.0.0.1:8080/v1) and GOLDPAN_GRADER_MODEL, and start Goldpan again; or choose another verifier.`,
  )
}
