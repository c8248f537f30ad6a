/**
 * Candidates made again from nothing but their recipes: from the root noise on, whatever saved state the search went on
 * from, one at a time, whatever batch it went in. What comes out is compared with what was recorded, to the last bit.
 */

import type { Candidate, ReplayReport, Scores } from '../../../shared/domain.ts'
import { StudioError, type ErrorCode } from '../../../shared/errors.ts'
import type { RunSpec } from '../../../shared/run-spec.ts'
import { graderVerifier, setVerifier, type VerifierId } from '../../../shared/vocabulary.ts'
import type { ImagePackManifest, InstalledPack } from '../../packs/manifest.ts'
import { noiseSha256 } from '../diffusion/noise.ts'
import { followPath, isLeg, legsOf, nfeOfLegs, pathStart } from '../diffusion/path.ts'
import { levelOf } from '../diffusion/noise-form.ts'
import type { Engine, RgbImage } from './adapters.ts'
import { askedOf } from './asked.ts'
import { stack } from './batch.ts'
import { nearerToEarly, type EarlyLook } from './early-look.ts'
import { madeOn } from './made-on.ts'
import { NoiseMaker } from './noise-maker.ts'
import { Panel, type SeatedPack } from './panel.ts'
import { pathRule } from './path-rule.ts'

/** Verdicts that are no function of the image alone: of a population of images, of a grader outside the studio. */
const unrepeatable: readonly VerifierId[] = [setVerifier, graderVerifier]

export type ReplayContext = {
  readonly spec: RunSpec
  readonly pack: InstalledPack<ImagePackManifest>
  readonly verifierPacks: readonly SeatedPack[]
  readonly engine: Engine
  /** Ends a replay after the step at work. */
  readonly signal: AbortSignal
}

/** As much of a candidate as making it again asks for. */
export type Replayable = Pick<Candidate, 'arm' | 'parent' | 'steps' | 'recipe' | 'verifierCalls' | 'scores'>

/** What came out. */
export type Remade = {
  readonly noiseSha256: string
  readonly image: RgbImage
  /** By the verifiers that give an equal image an equal score. */
  readonly scores: Scores
  /** These, and as recorded what nobody can give again. */
  readonly scoresInFile: Scores
}

/** Makes the candidates of one run again. */
export class Replayer {
  /** Device and runtime, as runs record them. */
  readonly device: string
  readonly #context: ReplayContext
  readonly #panel: Panel
  readonly #noises: NoiseMaker

  private constructor(context: ReplayContext, device: string, panel: Panel) {
    this.device = device
    this.#context = context
    this.#panel = panel
    // Nothing saved is looked at: a noise that took gradients to make takes them again.
    const library = { savedState: () => null }
    this.#noises = new NoiseMaker({ ...context, runId: 0, library }, panel)
  }

  /** Loads the packs and reads the prompt. Throws the engine's errors. */
  static async open(context: ReplayContext): Promise<Replayer> {
    const { engine, pack, verifierPacks, spec } = context
    const info = await engine.load([pack, ...verifierPacks.map((seated) => seated.pack)], spec.device)
    const panel = await Panel.open(engine, verifierPacks, spec.prompt)
    return new Replayer(context, madeOn(info, null), panel)
  }

  /**
   * Noise, image and scores of a candidate of the run, whatever its arm.
   *
   * @throws the engine's errors; `cancelled` when the signal says so
   */
  async make(candidate: Replayable): Promise<Remade> {
    const { spec, pack, engine, signal } = this.#context
    const asked = askedOf(spec, pack.manifest)
    const rule = pathRule(spec, pack.manifest, candidate.steps)
    const legs = legsOf(candidate.recipe, candidate.steps)
    const { noise } = await this.#noises.make({ ...candidate, parent: null })
    const path = followPath(legs, 0, pathStart(noise, rule), rule)
    let nfeBehind = nfeOfLegs(legs, 0, rule) - nfeOfLegs(legs, legsBehind(candidate), rule)
    let early: EarlyLook = null
    let next = path.next()
    while (next.done !== true) {
      if (signal.aborted) throw new StudioError('cancelled', 'The replay was cancelled; nothing was changed.')
      const { x, sigma } = next.value
      const { denoised } = await engine.denoise({
        ...asked,
        latents: x.slice(),
        sigmas: [sigma],
        timesteps: [rule.timestepAt(sigma)],
      })
      // The search looked at the candidate's own part of the way only.
      if (nfeBehind > 0) nfeBehind -= 1
      else early = nearerToEarly(early, levelOf(rule.form, sigma), denoised)
      next = path.next(denoised)
    }
    const { picture } = next.value
    const looks = this.#panel.needsEarly ? [picture, early?.x0 ?? picture] : [picture]
    const decoded = await engine.decode({ ...asked, latents: stack(looks), batch: looks.length })
    const [image, earlyImage] = decoded.images
    if (image === undefined) throw new Error('Expected a decoded image, found none')
    // Nobody looked at it: a path before its first round.
    const unscored = candidate.verifierCalls === 0
    const scores = unscored ? {} : await this.#score(image, earlyImage ?? null)
    const kept = Object.entries(candidate.scores).filter(([id]) => unrepeatable.includes(id as VerifierId))
    const scoresInFile: Scores = { ...scores, ...Object.fromEntries(kept) }
    return { noiseSha256: noiseSha256(noise), image, scores, scoresInFile }
  }

  async #score(image: RgbImage, early: RgbImage | null): Promise<Scores> {
    const { scores, errors } = await this.#panel.score([image], early === null ? null : [early])
    const fatal = errors.find(({ error }) => engineLost.includes(error.code))
    if (fatal !== undefined) throw fatal.error
    return repeatable(scores[0] ?? {})
  }
}

const engineLost: readonly ErrorCode[] = ['engine_died', 'engine_stalled']

/**
 * Legs of a candidate's path that belong to its parent. One that went on from its parent's end has the last leg of its
 * own, and the renoising before it; a branch and a final image begin at their noise and name no legs.
 */
export function legsBehind({ parent, recipe }: Pick<Candidate, 'parent' | 'recipe'>): number {
  const legs = recipe.operations.filter(isLeg)
  if (parent === null || legs.length === 0) return 0
  return legs.length - (legs.at(-2)?.kind === 'renoise' ? 2 : 1)
}

/** Scores without the verdicts that are no function of the image. */
export function repeatable(scores: Scores): Scores {
  return Object.fromEntries(
    Object.entries(scores).filter(([id]) => !unrepeatable.includes(id as VerifierId)),
  ) satisfies Scores
}

/**
 * What was recorded of a candidate beside what came out.
 *
 * @param imageSha256 of the PNG with what came out
 * @param notes why the two can differ although nothing is broken
 */
export function compared(
  candidate: Pick<Candidate, 'runId' | 'arm' | 'seq' | 'noiseSha256' | 'imageSha256' | 'scores'>,
  remade: Pick<Remade, 'noiseSha256' | 'scores'>,
  imageSha256: string,
  notes: readonly string[],
): ReplayReport {
  const { runId, arm, seq } = candidate
  const report = {
    ...{ runId, arm, seq },
    noiseSha256: { recorded: candidate.noiseSha256, found: remade.noiseSha256 },
    imageSha256: { recorded: candidate.imageSha256, found: imageSha256 },
    scores: { recorded: repeatable(candidate.scores), found: remade.scores },
  }
  const leftOut = unrepeatable.filter((id) => candidate.scores[id] !== undefined)
  const sameNoise = report.noiseSha256.recorded === report.noiseSha256.found
  const sameImage = report.imageSha256.recorded === report.imageSha256.found
  const isUnexplained = sameNoise && !sameImage && notes.length === 0
  const all = [
    ...notes,
    ...(isUnexplained ? ['a processor of another kind can round in another way'] : []),
    ...leftOut.map((id) => `${id} is no function of the image alone and was not compared`),
  ]
  return {
    ...report,
    same: sameNoise && sameImage && sameScores(report.scores.recorded, report.scores.found),
    note: all.length === 0 ? null : all.join('; '),
  }
}

function sameScores(a: Scores, b: Scores): boolean {
  const ids = Object.keys({ ...a, ...b }) as VerifierId[]
  return ids.every((id) => Object.is(a[id], b[id]))
}
