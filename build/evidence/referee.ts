/** Who looks at the images: the verifiers of the installed packs, as a run asks them, and the judge. */

import { claimsOf } from '../../electron/core/judge/claims.ts'
import { pictureOf } from '../../electron/core/judge/detections.ts'
import { verdict } from '../../electron/core/judge/verdict.ts'
import type { Engine, RgbImage } from '../../electron/core/runs/adapters.ts'
import { Panel, type SeatedPack } from '../../electron/core/runs/panel.ts'
import type { InstalledPack } from '../../electron/packs/manifest.ts'
import type { PackFolders } from '../../electron/packs/read-packs.ts'
import type { Scores } from '../../shared/domain.ts'
import type { VerifierId } from '../../shared/vocabulary.ts'
import { ensemble, measured } from './guides.ts'
import { substanceOf } from './pack-substance.ts'
import type { JudgedClaim } from './results.ts'

/** Which verifiers look at a set: all that are measured, the members of the ensemble, none. */
export type Look = 'all' | 'ensemble' | 'none'

/** What was found of the images of one prompt, in their order. */
type Found = {
  readonly scores: readonly Scores[]
  /** Null where the judge's network gave something not finite. */
  readonly claims: readonly (readonly JudgedClaim[] | null)[]
  /** Images times verifiers. */
  readonly verifierCalls: number
  /** In the engine. */
  readonly seconds: number
}

export type Referee = {
  /** What the engine has to load. */
  readonly packs: readonly InstalledPack[]
  /** What every score and verdict follows from: plain data, part of the rows' names. */
  readonly identity: unknown
  /**
   * Scores and judges the images of one prompt.
   *
   * @throws the engine's errors, a verifier's among them: the evidence has no holes that it does not know of
   */
  look(engine: Engine, prompt: string, images: readonly RgbImage[], look: Look): Promise<Found>
}

/** The judge and every verifier that is measured and installed. Throws `unknown_pack` where there is no judge. */
export async function openReferee(packs: PackFolders): Promise<Referee> {
  const judge = await packs.openJudgePack()
  const seats = await seatsOf(packs)
  const all: readonly InstalledPack[] = [...seats.map(({ pack }) => pack), judge]
  return {
    packs: all,
    identity: all.map(({ manifest }) => substanceOf(manifest)),
    async look(engine, prompt, images, look) {
      const { detections, seconds } = await engine.detect({ packId: judge.manifest.id, images })
      const stated = claimsOf(prompt)
      const claims = detections.map((detection): readonly JudgedClaim[] | null => {
        if (detection === null) return null
        const verdicts = verdict(stated, pictureOf(detection, judge.manifest))
        return verdicts.map(({ claim, holds }) => [claim.kind, holds])
      })
      const asked = seats.flatMap(({ pack, verifiers }): readonly SeatedPack[] => {
        const own = verifiers.filter((id) => isAsked(id, look))
        return own.length === 0 ? [] : [{ pack, verifiers: own }]
      })
      const panel = await Panel.open(engine, asked, prompt)
      const verdicts = await panel.score(images, null)
      for (const { error } of verdicts.errors) throw error
      return {
        scores: verdicts.scores,
        claims,
        verifierCalls: images.length * asked.reduce((sum, { verifiers }) => sum + verifiers.length, 0),
        seconds: seconds + [...verdicts.seconds.values()].reduce((sum, each) => sum + each, 0),
      }
    },
  }
}

function isAsked(id: VerifierId, look: Look): boolean {
  return look === 'all' || (look === 'ensemble' && ensemble.verifiers.includes(id))
}

/**
 * The measured verifiers that are installed, by pack. Where several packs hold one, the product's choice holds:
 * the first that is intact.
 */
async function seatsOf(packs: PackFolders): Promise<readonly SeatedPack[]> {
  const summaries = await packs.summaries()
  const installed = new Set(summaries.flatMap((pack) => (pack.kind === 'verifier' ? pack.verifiers : [])))
  const seats = new Map<string, { pack: SeatedPack['pack']; verifiers: VerifierId[] }>()
  for (const id of measured) {
    if (!installed.has(id)) continue
    const pack = await packs.openVerifierPack(id)
    const seat = seats.get(pack.manifest.id) ?? { pack, verifiers: [] }
    seat.verifiers.push(id)
    seats.set(pack.manifest.id, seat)
  }
  return [...seats.values()]
}
