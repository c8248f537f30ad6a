/**
 * The verifiers of a run at work: each pack's networks are evaluated once for all of its verifiers, the prompt once a
 * run; the grader is asked about each image. What fails costs its own scores, never the images and never the scores of
 * others.
 */

import type { Scores } from '../../../shared/domain.ts'
import { StudioError } from '../../../shared/errors.ts'
import {
  graderVerifier,
  setVerifier,
  verifiers as vocabulary,
  type VerifierId,
} from '../../../shared/vocabulary.ts'
import type { ImagePackManifest, InstalledPack, VerifierPackManifest } from '../../packs/manifest.ts'
import { classOfPrompt } from '../verifiers/class-of-prompt.ts'
import { zeroShotWeight } from '../verifiers/clip-zero-shot.ts'
import { finite } from '../verifiers/cosine.ts'
import type { Evidence, ImageFeatures } from '../verifiers/evidence.ts'
import { verifiers, type Verifier } from '../verifiers/index.ts'
import type { Engine, Grader, RgbImage } from './adapters.ts'

/** A verifier pack with those of its verifiers that are asked for. */
export type SeatedPack = {
  readonly pack: InstalledPack<VerifierPackManifest>
  readonly verifiers: readonly VerifierId[]
  /** Bytes of the pack's reference; there where frechet is among the verifiers, for the PopulationJudge. */
  readonly reference?: Uint8Array
}

/** Who grades, and what ends the waiting for it. */
export type Grading = { readonly grader: Grader; readonly signal: AbortSignal }

/** What the prompt is to a pack. */
type PromptEvidence = Pick<Evidence, 'text' | 'classIndex' | 'classWeight'>

type Seat = { readonly seated: SeatedPack; readonly prompt: PromptEvidence }

/** Scores of some images, in order, and what came with them. */
export type Verdicts = {
  readonly scores: readonly Scores[]
  /** What the engine spent on each pack, by its id, and under `llm_grader` what the grader took. */
  readonly seconds: ReadonlyMap<string, number>
  /** What failed: a pack's verifiers have no score for these images, the grader none for some of them. */
  readonly errors: readonly { readonly verifiers: readonly VerifierId[]; readonly error: StudioError }[]
}

export class Panel {
  /** Whether any verifier compares the final image with the early look (`earlyLevel`). */
  readonly needsEarly: boolean
  readonly #engine: Engine
  readonly #seats: readonly Seat[]
  readonly #prompt: string
  readonly #grading: Grading | null

  private constructor(engine: Engine, prompt: string, seats: readonly Seat[], grading: Grading | null) {
    this.#engine = engine
    this.#prompt = prompt
    this.#seats = seats
    this.#grading = grading
    this.needsEarly = seats.some(({ seated }) => needsEarlyLook(seated.verifiers))
  }

  /**
   * Reads the prompt with every pack; the packs are loaded. Throws the engine's errors.
   *
   * @param grading where llm_grader is among the run's verifiers
   */
  static async open(
    engine: Engine,
    packs: readonly SeatedPack[],
    prompt: string,
    grading: Grading | null = null,
  ): Promise<Panel> {
    const seats: Seat[] = []
    for (const seated of packs) seats.push({ seated, prompt: await readPrompt(engine, seated, prompt) })
    return new Panel(engine, prompt, seats, grading)
  }

  /**
   * Scores images with every verifier.
   *
   * @param early the early look of each image, in order; null where `needsEarly` is false
   * @throws `cancelled` where that ends the grader's work, and what is not a StudioError, a defect
   */
  async score(images: readonly RgbImage[], early: readonly RgbImage[] | null): Promise<Verdicts> {
    const scores: Scores[] = images.map(() => ({}))
    const seconds = new Map<string, number>()
    const errors: Verdicts['errors'][number][] = []
    for (const { seated, prompt } of this.#seats) {
      try {
        const found = await this.#evaluate(seated, images, early)
        seconds.set(seated.pack.manifest.id, found.seconds)
        images.forEach((_, i) => {
          const evidence = evidenceOf(seated, prompt, {
            image: found.images[i] ?? null,
            early: found.early[i] ?? null,
            pair: found.pairs[i] ?? null,
          })
          scores[i] = { ...scores[i], ...scoresOf(seated.verifiers, evidence) }
        })
      } catch (error) {
        if (!(error instanceof StudioError)) throw error
        errors.push({ verifiers: seated.verifiers, error })
      }
    }
    if (this.#grading !== null) {
      const { grader, signal } = this.#grading
      const graded = await grader.grade({ images, prompt: this.#prompt, signal })
      graded.scores.forEach((score, i) => {
        if (score !== null) scores[i] = { ...scores[i], [graderVerifier]: score }
      })
      seconds.set(graderVerifier, graded.seconds)
      if (graded.fault !== null) errors.push({ verifiers: [graderVerifier], error: graded.fault })
    }
    return { scores, seconds, errors }
  }

  /**
   * The gradient of one verifier's score over the pixels that a decoder gave for each image.
   *
   * @returns gradient [images, 3, height, width] of pixels in [-1, 1]; null where one of the images has no score
   * @throws `bad_input` where the verifier or its pack has none, the engine's errors
   */
  async gradient(
    id: VerifierId,
    images: readonly RgbImage[],
  ): Promise<{ readonly gradient: Float32Array | null; readonly seconds: number }> {
    const seat = this.#seats.find(({ seated }) => seated.verifiers.includes(id))
    const definition = definitionOf(id)?.gradient
    if (seat === undefined || definition === undefined || !hasScoreGradient(seat.seated, id)) {
      const message = `Expected a verifier with a gradient, found ${vocabulary[id].label}. Choose another guide or algorithm.`
      throw new StudioError('bad_input', message)
    }
    const { seated, prompt } = seat
    const found = await this.#evaluate(seated, images, null)
    const slopes = images.map((_, i) => {
      const [image = null, pair = null] = [found.images[i], found.pairs[i]]
      return definition.over(evidenceOf(seated, prompt, { image, early: null, pair }))
    })
    const width = slopes[0]?.length ?? 0
    const cotangent = new Float32Array(images.length * width)
    for (const [i, slope] of slopes.entries()) {
      if (slope === null) return { gradient: null, seconds: found.seconds }
      cotangent.set(slope, i * width)
    }
    const packId = seated.pack.manifest.id
    const { gradient, seconds } = await (definition.of === 'pair'
      ? this.#engine.scorePairsGradient({ packId, images, text: textOf(seated, this.#prompt), cotangent })
      : this.#engine.embedImagesGradient({ packId, images, cotangent }))
    return { gradient, seconds: found.seconds + seconds }
  }

  /** One evaluation of each of the pack's towers that is needed; early looks go in with the final images. */
  async #evaluate(
    seated: SeatedPack,
    images: readonly RgbImage[],
    early: readonly RgbImage[] | null,
  ): Promise<{
    readonly images: readonly ImageFeatures[]
    readonly early: readonly ImageFeatures[]
    readonly pairs: readonly (number | null)[]
    readonly seconds: number
  }> {
    const packId = seated.pack.manifest.id
    const looks = needsEarlyLook(seated.verifiers) ? (early ?? []) : []
    const towers = needs(seated, 'image')
      ? await this.#engine.embedImages({ packId, images: [...images, ...looks] })
      : { features: [], seconds: 0 }
    const pairs = needs(seated, 'pair')
      ? await this.#engine.scorePairs({ packId, images, text: textOf(seated, this.#prompt) })
      : { scores: [], seconds: 0 }
    return {
      images: towers.features.slice(0, images.length),
      early: towers.features.slice(images.length),
      pairs: pairs.scores,
      seconds: towers.seconds + pairs.seconds,
    }
  }
}

/** All that a pack's verifiers may look at. Throws `pack_invalid`, see requireOneWidth. */
function evidenceOf(
  seated: SeatedPack,
  prompt: PromptEvidence,
  found: Pick<Evidence, 'image' | 'early' | 'pair'>,
): Evidence {
  requireOneWidth(seated, found.image, prompt)
  const { logitScale = null, logitBias = null, reward = null, personal = null } = seated.pack.manifest
  return { ...found, ...prompt, logitScale, logitBias, reward, personal }
}

/** The scores that there are; a verifier without one is absent, never zero. */
function scoresOf(ids: readonly VerifierId[], evidence: Evidence): Scores {
  return Object.fromEntries(
    ids.flatMap((id) => {
      const score = finite(definitionOf(id)?.score(evidence) ?? null)
      return score === null ? [] : [[id, score]]
    }),
  )
}

/** Throws `pack_invalid` where the features of a pack's two towers cannot be compared. */
function requireOneWidth({ pack }: SeatedPack, image: ImageFeatures | null, prompt: PromptEvidence): void {
  const embedding = image?.embedding ?? null
  const text = prompt.text ?? prompt.classWeight
  if (embedding === null || text === null || embedding.length === text.length) return
  const { id } = pack.manifest
  throw new StudioError(
    'pack_invalid',
    `Pack ${id}: expected features of one length from its image tower and its text tower, found ${embedding.length} and ${text.length}. The models do not fit each other; install the pack again.`,
  )
}

async function readPrompt(engine: Engine, seated: SeatedPack, prompt: string): Promise<PromptEvidence> {
  const { id, classes = [], classTemplates = [] } = seated.pack.manifest
  const featureOf = async (text: string): Promise<Float32Array> =>
    (await engine.embedText({ packId: id, text })).embedding
  const classIndex = classOfPrompt(prompt, classes)
  const name = classIndex === null ? undefined : classes[classIndex]
  const sentences: Float32Array[] = []
  if (needs(seated, 'classWeight') && name !== undefined) {
    for (const template of classTemplates)
      sentences.push(await featureOf(template.replaceAll('{class}', name)))
  }
  return {
    text: needs(seated, 'text') ? await featureOf(textOf(seated, prompt)) : null,
    classIndex,
    classWeight: zeroShotWeight(sentences),
  }
}

/**
 * Makes sure that the guide can score images of a prompt: without a single score a search has no direction. Held-out
 * verifiers then only have nothing to say.
 *
 * @throws `bad_input` when a verifier of the guide needs a class and the prompt names none
 */
export function requireClasses(
  packs: readonly SeatedPack[],
  prompt: string,
  guide: readonly VerifierId[],
): void {
  for (const { pack, verifiers: ids } of packs) {
    const { id: packId, classes = [] } = pack.manifest
    const blind = ids.find((id) => {
      const parts = definitionOf(id)?.needs ?? []
      return guide.includes(id) && (parts.includes('classIndex') || parts.includes('classWeight'))
    })
    if (blind === undefined || classOfPrompt(prompt, classes) !== null) continue
    throw new StudioError(
      'bad_input',
      `prompt: expected one of the ${classes.length} classes of pack ${packId}, such as ${classes[0] ?? 'none'}, for the guide ${vocabulary[blind].label}, found none; name one, or choose another guide`,
    )
  }
}

/** Whether a verifier's score is a smooth function of what its pack has a gradient graph for. */
export function hasScoreGradient({ pack }: SeatedPack, id: VerifierId): boolean {
  const of = definitionOf(id)?.gradient?.of
  const { imageTowerGradient, pairTowerGradient } = pack.manifest.components
  return of === 'pair' ? pairTowerGradient !== undefined : of !== undefined && imageTowerGradient?.of === of
}

/** Whether one of some verifiers compares the final image with an early look. */
export function needsEarlyLook(ids: readonly VerifierId[]): boolean {
  return ids.some((id) => definitionOf(id)?.needs.includes('early'))
}

/**
 * Makes sure that every verifier takes the pictures that a pack makes: the first of them would end the run.
 *
 * @throws `bad_input` with both sizes
 */
export function requireSize(
  { manifest: { id, image } }: InstalledPack<ImagePackManifest>,
  packs: readonly SeatedPack[],
): void {
  for (const { pack, verifiers: ids } of packs) {
    const { id: verifierPack, image: taken } = pack.manifest
    if (taken.resize !== undefined) continue
    if (taken.width === image.width && taken.height === image.height) continue
    const names = ids.map((one) => vocabulary[one].label).join(', ')
    throw new StudioError(
      'bad_input',
      `${names}: expected pictures of ${taken.width} x ${taken.height} (pack ${verifierPack}), found ${image.width} x ${image.height} of pack ${id}; import a verifier that takes pictures of any size, such as CLIP, or choose another`,
    )
  }
}

/** The seats without the verifier that judges sets (population.ts). */
export function ofSingleImages(packs: readonly SeatedPack[]): readonly SeatedPack[] {
  return packs
    .map((seated) => ({ ...seated, verifiers: seated.verifiers.filter((id) => id !== setVerifier) }))
    .filter(({ verifiers }) => verifiers.length > 0)
}

function textOf(seated: SeatedPack, prompt: string): string {
  return seated.pack.manifest.promptPrefix + prompt
}

function needs(seated: SeatedPack, part: Verifier['needs'][number]): boolean {
  return seated.verifiers.some((id) => definitionOf(id)?.needs.includes(part))
}

/** How an image's features become a score; null for what others score: sets (population.ts), the grader. */
function definitionOf(id: VerifierId): Verifier | null {
  return id === setVerifier || id === graderVerifier ? null : verifiers[id]
}
