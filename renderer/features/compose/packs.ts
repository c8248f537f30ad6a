/** What the installed packs mean for a draft. Pure. */

import type { PackSummary } from '../../../shared/domain.ts'
import { imageVerifiers, verifiers } from '../../../shared/vocabulary.ts'
import type { VerifierId } from '../../../shared/vocabulary.ts'
import { settingsOf } from './draft.ts'
import type { Draft, ImagePack } from './draft.ts'

/** What a draft without a known pack takes over: the first usable one that takes sentences, else any, with its settings. */
export function firstPack(draft: Draft, packs: readonly PackSummary[] | null): Partial<Draft> {
  const images = imagePacks(packs)
  const usable = images.filter((pack) => pack.problem === null)
  const first = usable.find((pack) => pack.kind === 'text_to_image') ?? usable[0]
  return first === undefined || images.some((pack) => pack.id === draft.pack) ? {} : settingsOf(first)
}

/** The packs that make images, usable or not; none while the list is on its way. */
export function imagePacks(packs: readonly PackSummary[] | null): readonly ImagePack[] {
  return (packs ?? []).filter((pack) => pack.kind === 'text_to_image' || pack.kind === 'class_to_image')
}

/** Why nothing can be run at the moment, null when it can. */
export function packProblem(packs: readonly PackSummary[] | null, draft: Draft): string | null {
  if (packs === null) return null
  const images = imagePacks(packs)
  if (images.length === 0) return 'No pack that makes images is installed in models/packs.'
  // Where every pack is damaged none was adopted: the first one's reason stands for all.
  const chosen = images.find((pack) => pack.id === draft.pack) ?? images[0]
  if (chosen?.problem) return chosen.problem.message
  for (const verifier of [...draft.guide, ...draft.heldOut]) {
    const judges = packs.filter((pack) => pack.kind === 'verifier' && pack.verifiers.includes(verifier))
    if (judges.length === 0) return `No installed pack can judge by ${verifiers[verifier].label}.`
    const broken = judges.every((pack) => pack.problem !== null) ? judges[0]?.problem : null
    if (broken) return broken.message
  }
  return null
}

/** What the form offers: what intact packs can judge by, and what the draft names, in the vocabulary's order. */
export function offeredVerifiers(packs: readonly PackSummary[] | null, draft: Draft): readonly VerifierId[] {
  const installed = (packs ?? []).flatMap((pack) =>
    pack.kind === 'verifier' && pack.problem === null ? pack.verifiers : [],
  )
  const known = new Set([...installed, ...draft.guide, ...draft.heldOut])
  return imageVerifiers.filter((id) => known.has(id))
}
