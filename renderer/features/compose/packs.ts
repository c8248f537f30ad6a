/** What the installed packs mean for a draft. Pure. */

import type { Environment, PackSummary } from '../../../shared/domain.ts'
import { expectedMemory } from '../../../shared/memory.ts'
import { graderVerifier, idsOf, setVerifier, verifiers } from '../../../shared/vocabulary.ts'
import type { VerifierId } from '../../../shared/vocabulary.ts'
import { settingsOf } from './draft.ts'
import type { Draft, ImagePack } from './draft.ts'

/** What a draft without a known pack takes over: the first usable one that takes sentences, else any, with its settings. */
export function firstPack(draft: Draft, packs: readonly PackSummary[] | null): Partial<Draft> {
  const images = imagePacks(packs)
  const usable = images.filter((pack) => pack.problem === null)
  const first = usable.find((pack) => pack.kind === 'text_to_image') ?? usable[0]
  if (first === undefined || images.some((pack) => pack.id === draft.pack)) return {}
  return { ...settingsOf(first), ...(draft.pack === '' ? evidentVerifiers(first, packs) : {}) }
}

/**
 * Who judges in a new form, by what was measured (models/packs/scenes/EVIDENCE.md and Ma et al. 2025, table 2): the
 * ensemble of three is right more often than CLIP score alone, and one more that is held out shows when it is gamed.
 * Nothing where they are not installed: verifiers that come with Goldpan judge the packs that come with it.
 */
function evidentVerifiers(
  pack: ImagePack,
  packs: readonly PackSummary[] | null,
): Partial<Pick<Draft, 'guide' | 'heldOut'>> {
  if (pack.kind !== 'text_to_image') return {}
  const installed = new Set(
    (packs ?? []).flatMap((one) =>
      one.kind === 'verifier' && one.problem === null && one.imported === pack.imported ? one.verifiers : [],
    ),
  )
  if (!evidentGuide.every((id) => installed.has(id))) return {}
  return { guide: evidentGuide, heldOut: evidentWitnesses.filter((id) => installed.has(id)) }
}

const evidentGuide: readonly VerifierId[] = ['clip_score', 'aesthetic_score', 'image_reward']
const evidentWitnesses: readonly VerifierId[] = ['pick_score']

/** Bytes that the engine will take for a draft, an estimate on the high side; null while its pack is not known. */
export function memoryOf(packs: readonly PackSummary[] | null, draft: Draft): number | null {
  const pack = imagePacks(packs).find(({ id }) => id === draft.pack)
  if (pack === undefined) return null
  const asked = [...draft.guide, ...draft.heldOut]
  const judges = asked.flatMap(
    (id) => packs?.find((one) => one.kind === 'verifier' && one.verifiers.includes(id)) ?? [],
  )
  const [width, height] = [Number(draft.pictureWidth), Number(draft.pictureHeight)]
  const size = width > 0 && height > 0 ? { width, height } : null
  return expectedMemory([pack, ...new Set(judges)], { size })
}

/** The packs that make images, usable or not; none while the list is on its way. */
export function imagePacks(packs: readonly PackSummary[] | null): readonly ImagePack[] {
  return (packs ?? []).filter((pack) => pack.kind === 'text_to_image' || pack.kind === 'class_to_image')
}

/** Where the studio runs, as far as it says who can judge; null while that is on its way. */
type Place = Pick<Environment, 'grader'> | null

/** Why nothing can be run at the moment, null when it can. */
export function packProblem(
  packs: readonly PackSummary[] | null,
  draft: Draft,
  place: Place = null,
): string | null {
  if (packs === null) return null
  const images = imagePacks(packs)
  if (images.length === 0) return 'No pack that makes images is installed in models/packs.'
  // Where every pack is damaged none was adopted: the first one's reason stands for all.
  const chosen = images.find((pack) => pack.id === draft.pack) ?? images[0]
  if (chosen?.problem) return chosen.problem.message
  for (const verifier of [...draft.guide, ...draft.heldOut]) {
    if (verifier === graderVerifier) {
      if (place?.grader === null) return noGrader
      continue
    }
    const judges = packs.filter((pack) => pack.kind === 'verifier' && pack.verifiers.includes(verifier))
    if (judges.length === 0) return `No installed pack can judge by ${verifiers[verifier].label}.`
    const broken = judges.every((pack) => pack.problem !== null) ? judges[0]?.problem : null
    if (broken) return broken.message
  }
  return null
}

const noGrader =
  'No LLM grader is set up. Start a server for a vision language model on this machine, set GOLDPAN_GRADER_ENDPOINT and GOLDPAN_GRADER_MODEL, and start Goldpan again.'

/**
 * What the form offers, in the vocabulary's order: what intact packs can judge by, the grader where one is set up, and
 * what the draft names. What judges sets is offered with the one algorithm that it guides.
 */
export function offeredVerifiers(
  packs: readonly PackSummary[] | null,
  draft: Draft,
  place: Place = null,
): readonly VerifierId[] {
  const installed = (packs ?? []).flatMap((pack) =>
    pack.kind === 'verifier' && pack.problem === null ? pack.verifiers : [],
  )
  const able = installed.filter((id) => id !== setVerifier || draft.algorithm === 'random_search')
  const grader: readonly VerifierId[] = place?.grader ? [graderVerifier] : []
  const known = new Set<VerifierId>([...able, ...grader, ...draft.guide, ...draft.heldOut])
  return idsOf(verifiers).filter((id) => known.has(id))
}
