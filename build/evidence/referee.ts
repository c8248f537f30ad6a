/** Who looks at the images: the verifiers of the installed packs and the judge. */

import { claimsOf } from '../../electron/core/judge/claims.ts'
import { pictureOf } from '../../electron/core/judge/detections.ts'
import { verdict } from '../../electron/core/judge/verdict.ts'
import type { Engine, RgbImage } from '../../electron/core/runs/adapters.ts'
import { clipScore } from '../../electron/core/verifiers/clip-score.ts'
import type { InstalledPack } from '../../electron/packs/manifest.ts'
import type { PackFolders } from '../../electron/packs/read-packs.ts'
import { substanceOf } from './pack-substance.ts'
import type { ImageScores, JudgedClaim } from './results.ts'

/** Which verifiers look at a set: all of them, with the early look; the members of the ensemble; none. */
export type Look = 'all' | 'ensemble' | 'none'

export type Referee = {
  /** What the engine has to load. */
  readonly packs: readonly InstalledPack[]
  /** What every score and verdict follows from: plain data, part of the rows' names. */
  readonly identity: unknown
  /**
   * Scores and judges the images of one prompt.
   *
   * @param earlies the x-predictions at the early level, one an image; null where nobody looks at them
   */
  look(
    engine: Engine,
    prompt: string,
    finals: readonly RgbImage[],
    earlies: readonly RgbImage[] | null,
    look: Look,
  ): Promise<{
    readonly scores: readonly ImageScores[]
    /** Null where the judge's network gave something not finite. */
    readonly claims: readonly (readonly JudgedClaim[] | null)[]
    readonly verifierCalls: number
    readonly seconds: number
  }>
}

export async function openReferee(packs: PackFolders): Promise<Referee> {
  const judge = await packs.openJudgePack()
  const clip = await packs.openVerifierPack('clip_score')
  const all: readonly InstalledPack[] = [clip, judge]
  return {
    packs: all,
    identity: all.map(({ manifest }) => substanceOf(manifest)),
    async look(engine, prompt, finals, _earlies, look) {
      const { detections, seconds: judging } = await engine.detect({
        packId: judge.manifest.id,
        images: finals,
      })
      const claims = claimsOf(prompt)
      const judged = detections.map((detection): readonly JudgedClaim[] | null =>
        detection === null
          ? null
          : verdict(claims, pictureOf(detection, judge.manifest)).map(({ claim, holds }) => [
              claim.kind,
              holds,
            ]),
      )
      if (look === 'none') return { scores: [], claims: judged, verifierCalls: 0, seconds: judging }
      const packId = clip.manifest.id
      const text = await engine.embedText({ packId, text: clip.manifest.promptPrefix + prompt })
      const { features, seconds } = await engine.embedImages({ packId, images: finals })
      const scores = features.map(({ embedding }) => ({
        clip_score: embedding === null ? null : clipScore(embedding, text.embedding),
      }))
      return { scores, claims: judged, verifierCalls: finals.length, seconds: judging + seconds }
    },
  }
}
