/** Which verifiers can judge pictures after they were made, with which packs, and what each has nothing to say of. */

import type { Judge, Silence } from '../../../shared/court.ts'
import { StudioError } from '../../../shared/errors.ts'
import type { Picture } from '../../../shared/gallery.ts'
import { graderVerifier, idsOf, setVerifier, verifiers, type VerifierId } from '../../../shared/vocabulary.ts'
import type { InstalledPack, VerifierPackManifest } from '../../packs/manifest.ts'
import type { PackFolders } from '../../packs/read-packs.ts'
import type { Grader } from '../runs/adapters.ts'
import { needsEarlyLook } from '../runs/panel.ts'
import { classOfPrompt } from '../verifiers/class-of-prompt.ts'
import { verifiers as definitions, type Verifier } from '../verifiers/index.ts'

/** Width and height in pixels. */
export type PictureSize = Pick<Picture, 'width' | 'height'>

/** What judges pictures of one size: a pack, or the grader. */
export type Seat = {
  readonly verifier: VerifierId
  /** Null for the grader, which has none. */
  readonly pack: InstalledPack<VerifierPackManifest> | null
  /** What its verdicts are remembered with: another one makes them missing again. */
  readonly judgedBy: string
}

/** Seats by size and verifier; a reason where there is none. */
export class Judges {
  /** Every verifier, and why it cannot judge any of the sizes; null where it can judge one of them. */
  readonly list: readonly Judge[]
  readonly #seats: ReadonlyMap<string, ReadonlyMap<VerifierId, Seat | string>>
  /** By verifier and prompt: a thousand pictures have few prompts, and looking for classes takes time. */
  readonly #silences = new Map<string, string | null>()

  private constructor(seats: ReadonlyMap<string, ReadonlyMap<VerifierId, Seat | string>>) {
    this.#seats = seats
    this.list = idsOf(verifiers).map((verifier) => {
      const found = [...seats.values()].map((ofSize) => ofSize.get(verifier))
      const reason = found.some((seat) => typeof seat === 'object')
        ? null
        : (found.find((seat) => typeof seat === 'string') ?? impossible(verifier))
      return { verifier, reason }
    })
  }

  /**
   * Finds what can judge pictures of these sizes. Throws what is not a StudioError, a defect.
   *
   * @param grader null where none is set up
   */
  static async open(
    packs: PackFolders,
    grader: Grader | null,
    sizes: readonly PictureSize[],
  ): Promise<Judges> {
    const distinct = new Map(sizes.map(({ width, height }) => [`${width} x ${height}`, { width, height }]))
    const seats = new Map<string, ReadonlyMap<VerifierId, Seat | string>>()
    for (const [name, size] of distinct) {
      const found = await Promise.all(
        idsOf(verifiers).map(async (id) => [id, await seatOf(packs, grader, id, size)] as const),
      )
      seats.set(name, new Map(found))
    }
    return new Judges(seats)
  }

  /** What judges a picture; why nothing does otherwise, for people. */
  seatFor({ width, height }: PictureSize, verifier: VerifierId): Seat | string {
    const seat = this.#seats.get(`${width} x ${height}`)?.get(verifier)
    if (seat === undefined)
      throw new RangeError(`Expected a size that was asked for, found ${width} x ${height}`)
    return seat
  }

  /** Why a judge has nothing to say of a picture; null where it must be asked. */
  silenceOf(seat: Seat, { prompt }: Pick<Picture, 'prompt'>): string | null {
    const key = `${seat.verifier} ${seat.judgedBy} ${prompt}`
    const known = this.#silences.get(key)
    if (known !== undefined) return known
    const silence = silenceOf(seat, prompt)
    this.#silences.set(key, silence)
    return silence
  }

  /** Verifiers that can be asked about pictures of some size and have nothing to say of this one. */
  silencesOf(picture: Picture): readonly Silence[] {
    return this.list.flatMap(({ verifier, reason }) => {
      if (reason !== null) return []
      const seat = this.seatFor(picture, verifier)
      const silence = typeof seat === 'string' ? seat : this.silenceOf(seat, picture)
      return silence === null ? [] : [{ verifier, reason: silence }]
    })
  }
}

function silenceOf({ verifier, pack }: Seat, prompt: string): string | null {
  const needs = pack === null ? [] : definitionOf(verifier).needs
  const needsClass = needs.includes('classIndex') || needs.includes('classWeight')
  const needsPrompt = pack === null || needsClass || needs.includes('text') || needs.includes('pair')
  if (needsPrompt && prompt.trim() === '') return 'It judges a picture by its prompt, and this one has none.'
  const { classes = [] } = pack?.manifest ?? {}
  if (needsClass && classOfPrompt(prompt, classes) === null) {
    return `It knows ${classes.length} classes, such as ${classes[0] ?? 'none'}, and the prompt names none of them.`
  }
  return null
}

/** How a verifier of a pack scores. Throws RangeError for those that judge otherwise. */
export function definitionOf(id: VerifierId): Verifier {
  if (id === setVerifier || id === graderVerifier) {
    throw new RangeError(`Expected a verifier that scores single images with a pack, found ${id}`)
  }
  return definitions[id]
}

/** Why a verifier can never judge a picture afterwards, whatever is installed; null for all others. */
function impossible(id: VerifierId): string | null {
  if (id === setVerifier) return 'It judges sets of pictures: no single one has a score by it.'
  if (id !== graderVerifier && needsEarlyLook([id])) {
    return 'It compares a picture with an early look at it, which only its run had.'
  }
  return null
}

async function seatOf(
  packs: PackFolders,
  grader: Grader | null,
  verifier: VerifierId,
  size: PictureSize,
): Promise<Seat | string> {
  const never = impossible(verifier)
  if (never !== null) return never
  if (verifier === graderVerifier) {
    if (grader !== null) return { verifier, pack: null, judgedBy: grader.model }
    return 'No vision language model is set up on this machine.'
  }
  try {
    const pack = await packs.openVerifierPack(verifier, size)
    const { id, image } = pack.manifest
    if (image.resize === undefined && (image.width !== size.width || image.height !== size.height)) {
      return `Its pack ${id} takes pictures of ${image.width} x ${image.height}, and this one has ${size.width} x ${size.height}.`
    }
    return { verifier, pack, judgedBy: pack.sha256 }
  } catch (error) {
    if (!(error instanceof StudioError)) throw error
    if (error.code !== 'unknown_verifier') return error.message
    return verifier === 'you'
      ? 'It is not trained yet: vote in blind duels first.'
      : 'No installed pack holds it; import one that does.'
  }
}
