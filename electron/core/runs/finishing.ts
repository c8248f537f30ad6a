/** From the end of a path to a candidate in the library: decoded, scored, kept, and told to the search. */

import type { Scores } from '../../../shared/domain.ts'
import type { ErrorCode } from '../../../shared/errors.ts'
import { graderVerifier, setVerifier } from '../../../shared/vocabulary.ts'
import { noiseSha256 } from '../diffusion/noise.ts'
import { pathStart } from '../diffusion/path.ts'
import type { Engine, NewCandidate, Provenance, RgbImage } from './adapters.ts'
import { askedOf } from './asked.ts'
import { stack } from './batch.ts'
import type { Failures } from './failures.ts'
import { isCostly } from './noise-maker.ts'
import { needsEarlyLook, ofSingleImages, type Verdicts } from './panel.ts'
import { gflopPerForward } from './passes.ts'
import { provenanceOf } from './provenance.ts'
import type { RunParts } from './run-parts.ts'
import { SilentVerifiers } from './silent-verifiers.ts'
import type { Finished } from './under-way.ts'

type Decoded = Awaited<ReturnType<Engine['decode']>>

export class Finishing {
  readonly #parts: RunParts
  readonly #failures: Failures
  readonly #provenance: Provenance
  readonly #silent = new SilentVerifiers()

  constructor(parts: RunParts, failures: Failures) {
    this.#parts = parts
    this.#failures = failures
    this.#provenance = provenanceOf(parts.spec, parts.pack, parts.verifierPacks)
  }

  /**
   * Decodes, scores and commits what has arrived. The commit itself overlaps the next steps.
   *
   * @throws `cancelled`, the engine's errors, the failure of an earlier commit, and a verifier's error that no later
   * image can escape, after the images at hand are kept
   */
  async finish(arrived: readonly Finished[]): Promise<void> {
    const { spec, pack, engine, commits } = this.#parts
    // A disk slower than the models holds the run up here, instead of filling the memory with pictures.
    await commits.settled()
    commits.throwIfFailed()
    const answers = await this.#failures.isolate(
      arrived,
      (part) => {
        const latents = [...part.map(({ end }) => end.picture), ...this.#earlyLooksOf(part)]
        return engine.decode({
          ...askedOf(spec, pack.manifest),
          latents: stack(latents),
          batch: latents.length,
        })
      },
      ({ active: { job }, end }) => ({ job, at: `its picture, noise level ${end.level}` }),
    )
    for (const { part, answer } of answers) await this.#judge(part, answer)
  }

  /** One failed call costs some scores; a verifier that never gave one is told, not passed over. */
  throwIfSilent(): void {
    this.#silent.throwIfAny()
  }

  /** Early looks are decoded in the same call as the pictures, behind them: of those that are scored, if asked for. */
  #earlyLooksOf(finished: readonly Finished[]): readonly Float32Array[] {
    if (!this.#parts.panel.needsEarly) return []
    return finished
      .filter(({ active }) => active.job.scored)
      .map(({ active, end }) => active.early?.x0 ?? end.picture)
  }

  async #judge(finished: readonly Finished[], decoded: Decoded): Promise<void> {
    const { spec, panel, report, changes } = this.#parts
    const scored = finished.filter(({ active }) => active.job.scored)
    const images = decoded.images.slice(0, finished.length)
    const looked = images.filter((_, i) => finished[i]?.active.job.scored === true)
    const verdicts =
      looked.length === 0
        ? unjudged
        : await panel.score(looked, panel.needsEarly ? decoded.images.slice(images.length) : null)
    // Another engine would score these pictures: they are made again, not kept without.
    const lost = verdicts.errors.find(({ error }) => engineIsGone.includes(error.code))
    if (lost !== undefined) throw lost.error
    this.#silent.heard(verdicts)
    const scoring = guidePacks(this.#parts).reduce((sum, id) => sum + (verdicts.seconds.get(id) ?? 0), 0)
    // Early looks that only held-out verifiers ask for are no cost of the search.
    const decodedForSearch = needsEarlyLook(spec.guide) ? decoded.images.length : finished.length
    const decoding = (decoded.seconds * decodedForSearch) / decoded.images.length
    report.finishing(finished.length, decoded.seconds + sumOf(verdicts.seconds))
    const scoresOf = new Map(scored.map((one, i) => [one, verdicts.scores[i] ?? {}]))
    const inPopulation = await this.#scoreByPopulation(finished, images)
    for (const [one, score] of inPopulation) scoresOf.set(one, { ...scoresOf.get(one), ...score })
    finished.forEach((one, i) => {
      const image = images[i]
      if (image === undefined) throw new Error(`Expected ${finished.length} decoded images, found ${i}`)
      const seconds = decoding / finished.length + (one.active.job.scored ? scoring / scored.length : 0)
      this.#keep(one, image, scoresOf.get(one) ?? {}, seconds)
    })
    const fatal = verdicts.errors.find(({ error }) => noImageEscapes.includes(error.code))
    if (fatal !== undefined) throw fatal.error
    changes.tell()
  }

  /** Scores of those that a population guides; what the engine spends on it counts as the candidates' own. */
  async #scoreByPopulation(
    finished: readonly Finished[],
    images: readonly RgbImage[],
  ): Promise<ReadonlyMap<Finished, Scores>> {
    const { population, control } = this.#parts
    const members = finished.flatMap((one, i) => {
      const image = images[i]
      return image !== undefined && population?.has(one.active.job) === true ? [{ one, image }] : []
    })
    if (population === null || members.length === 0) return new Map()
    const { scores, seconds } = await population.score(members.map(({ image }) => image))
    const found = new Map<Finished, Scores>()
    for (const [i, { one, image }] of members.entries()) {
      const score = scores[i] ?? null
      const known: Scores = score === null ? {} : { [setVerifier]: score }
      found.set(one, known)
      one.active.seconds += seconds / members.length
      const { seq } = one.active.job
      await population.tell({ seq, scores: known }, () => Promise.resolve(image), control.interventions)
    }
    return found
  }

  /**
   * Commits a finished candidate and tells the search.
   *
   * @param seconds of decoding and of the guide's scoring, on top of its way
   */
  #keep({ active, end }: Finished, image: RgbImage, scores: Scores, seconds: number): void {
    const { runId, spec, pack, library, control, queue, spending, commits, ...parts } = this.#parts
    const { job, noise, noiseCost, nfe, forwardPasses } = active
    // A product and no sum over the steps: the same bits whatever was gone again.
    const gflop = noiseCost.gflop + (forwardPasses - noiseCost.forwardPasses) * gflopPerForward(pack.manifest)
    const { arm, seq, round, parent, steps, recipe } = job
    const candidate: NewCandidate = {
      ...{ runId, arm, seq, round, parent, steps, recipe, nfe, forwardPasses, gflop, scores },
      level: end.level,
      noiseSha256: noiseSha256(noise),
      verifierCalls: job.scored ? spec.guide.length : 0,
      seconds: active.seconds + seconds,
    }
    const state = job.kept ? end.state : isCostly(recipe.operations) ? pathStart(noise, unscaled) : null
    commits.add(async () => {
      await library.addCandidate(candidate, image, this.#provenance, state)
      parts.report.finished++
      parts.onCandidate()
    })
    parts.underWay.leave(job)
    spending.add(candidate)
    queue.tell(job, candidate)
    control.round = queue.round
  }
}

/** The engine ended under a verifier. */
const engineIsGone: readonly ErrorCode[] = ['engine_died', 'engine_stalled', 'cancelled']

/** Errors of a verifier that no later image can escape: the images at hand are kept, then the run ends. */
const noImageEscapes: readonly ErrorCode[] = ['pack_invalid', 'bad_input']

const unjudged: Verdicts = { scores: [], seconds: new Map(), errors: [] }

/** A noise as it is. */
const unscaled = { sigmas: [1], noiseScale: 1 }

/** Packs with a verifier that guides, and the grader if it does: their work is a cost of the search. */
function guidePacks({ spec, verifierPacks }: Pick<RunParts, 'spec' | 'verifierPacks'>): readonly string[] {
  const packs = ofSingleImages(verifierPacks)
    .filter(({ verifiers }) => verifiers.some((id) => spec.guide.includes(id)))
    .map((seated) => seated.pack.manifest.id)
  return spec.guide.includes(graderVerifier) ? [...packs, graderVerifier] : packs
}

function sumOf(seconds: ReadonlyMap<string, number>): number {
  return [...seconds.values()].reduce((sum, one) => sum + one, 0)
}
