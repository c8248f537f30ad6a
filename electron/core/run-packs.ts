/** The packs of a specification: what makes the images of a run, and what scores them. */

import { StudioError } from '../../shared/errors.ts'
import type { RunSpec } from '../../shared/run-spec.ts'
import { graderVerifier, setVerifier, verifiers, type VerifierId } from '../../shared/vocabulary.ts'
import type { ImagePackManifest, InstalledPack } from '../packs/manifest.ts'
import { readReferenceFile, type PackFolders } from '../packs/read-packs.ts'
import { WrongScheduleError } from './diffusion/noise-levels.ts'
import type { Grader } from './runs/adapters.ts'
import { requireGradients } from './runs/noise-gradient.ts'
import { requireClasses, requireSize, type SeatedPack } from './runs/panel.ts'
import { pathRule } from './runs/path-rule.ts'

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
  const pack = atSize(await packs.openImagePack(spec.pack), spec.size)
  requireLevels(pack.manifest, spec)
  requireGuidance(pack.manifest, spec)
  const verifierPacks = await seatVerifiers(packs, [...spec.guide, ...spec.heldOut], pack.manifest.image)
  requireSize(pack, verifierPacks)
  requireClasses(verifierPacks, spec.prompt, spec.guide)
  requireSight(verifierPacks, spec.guide)
  if (spec.algorithm === 'first_order_search') requireGradients(pack, verifierPacks, spec.guide)
  return { pack, verifierPacks }
}

/**
 * The pack as it makes pictures of another size: latents grow and shrink with them.
 *
 * @param size null for the pack's own
 * @throws `bad_input` for a size that its graphs do not take
 */
function atSize(
  pack: InstalledPack<ImagePackManifest>,
  size: RunSpec['size'],
): InstalledPack<ImagePackManifest> {
  const { id, image, sizes, latents } = pack.manifest
  if (size === null || (size.width === image.width && size.height === image.height)) return pack
  const fits = (side: number): boolean =>
    sizes !== undefined && side % sizes.multipleOf === 0 && side >= sizes.least && side <= sizes.most
  if (!fits(size.width) || !fits(size.height)) {
    const others =
      sizes === undefined
        ? ''
        : `, or sides from ${sizes.least} to ${sizes.most} in multiples of ${sizes.multipleOf}`
    throw new StudioError(
      'bad_input',
      `size: expected ${image.width} x ${image.height} of pack ${id}${others}, found ${size.width} x ${size.height}; choose one of these or another pack`,
    )
  }
  const width = (size.width * latents.width) / image.width
  const height = (size.height * latents.height) / image.height
  return { ...pack, manifest: { ...pack.manifest, image: size, latents: { ...latents, width, height } } }
}

/** Makes sure that the pack's training has noise levels for every step count of a run; throws `bad_input`. */
function requireLevels(manifest: ImagePackManifest, spec: RunSpec): void {
  const { steps, finalSteps, baselines } = spec
  const counts = { steps: [steps], finalSteps: finalSteps === null ? [] : [finalSteps], baselines }
  for (const [field, all] of Object.entries(counts)) {
    for (const count of all) {
      try {
        pathRule(spec, manifest, count)
      } catch (error) {
        if (!(error instanceof StudioError) || error.cause instanceof WrongScheduleError) throw error
        throw new StudioError('bad_input', `${field}: ${count} for pack ${manifest.id}: ${error.message}`)
      }
    }
  }
}

/**
 * Makes sure that the pack's network sees what guidance and negative prompt ask for. A setting without effect is refused
 * and not passed over: it would stand in the recipe of every picture as if it had made it.
 *
 * @throws `bad_input`
 */
function requireGuidance(
  { id, guidanceBy }: Pick<ImagePackManifest, 'id' | 'guidanceBy'>,
  { guidance, negativePrompt }: Pick<RunSpec, 'guidance' | 'negativePrompt'>,
): void {
  if (guidanceBy === 'none' && guidance !== 1) {
    throw new StudioError(
      'bad_input',
      `guidance: expected 1 for pack ${id}, which was distilled without guidance, found ${guidance}`,
    )
  }
  if (negativePrompt === '' || (guidanceBy === 'second_pass' && guidance !== 1)) return
  const why =
    guidanceBy === 'second_pass'
      ? 'at guidance 1 there is nothing to lead away from; raise the guidance'
      : `pack ${id} has no second pass that it could go through`
  throw new StudioError(
    'bad_input',
    `negativePrompt: expected none, found ${JSON.stringify(negativePrompt)}: ${why}, or leave it out`,
  )
}

/**
 * Makes sure that the artist's own verifier knows something of the artist before it guides: a search follows whatever
 * its guide says. Held out it may always be.
 *
 * @throws `bad_input` with its accuracy on votes that it has not seen, where that may be chance
 */
function requireSight(verifierPacks: readonly SeatedPack[], guide: readonly VerifierId[]): void {
  if (!guide.includes('you')) return
  for (const { pack, verifiers: seated } of verifierPacks) {
    const { personal } = pack.manifest
    if (!seated.includes('you') || personal === undefined || personal.own.low > 0.5) continue
    const percent = (share: number): string => `${(100 * share).toFixed(0)} %`
    const { accuracy, low, votes } = personal.own
    throw new StudioError(
      'bad_input',
      `guide: expected of ${verifiers.you.label} that it beats chance on votes that it has not seen, the lower end of its 95 % interval above 50 %, found ${percent(accuracy)} of ${votes} votes with the lower end at ${percent(low)}. Vote in more duels and train again, hold it out, or choose another guide.`,
    )
  }
}

/**
 * The packs that hold these verifiers, each once; the grader has none.
 *
 * @param size of the pictures: packs made for it come before others
 * @throws `unknown_verifier`, or the fault of a damaged pack
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
