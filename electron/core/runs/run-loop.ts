/**
 * The only async loop: drives samplers with the engine's answers, scores and keeps what finishes, counts, reports,
 * pauses and cancels. Everything it decides is decided by the pure core; everything it keeps is kept by the library.
 */

import type { Candidate, CandidateFailure, RunProgress, Scores } from '../../../shared/domain.ts'
import { StudioError, toErrorData, type ErrorCode } from '../../../shared/errors.ts'
import { plannedCandidates } from '../../../shared/plan.ts'
import type { RunSpec } from '../../../shared/run-spec.ts'
import { graderVerifier, setVerifier } from '../../../shared/vocabulary.ts'
import type { ImagePackManifest, InstalledPack } from '../../packs/manifest.ts'
import { noiseSha256 } from '../diffusion/noise.ts'
import {
  followPath,
  legsOf,
  nfeOfLegs,
  pathStart,
  type Leg,
  type PathEnd,
  type PathRule,
} from '../diffusion/path.ts'
import type { DenoiseStep, SamplerState } from '../diffusion/samplers/sampler.ts'
import type { Engine, Grader, Library, NewCandidate, Provenance, RgbImage } from './adapters.ts'
import { Changes } from './changes.ts'
import { Commits } from './commits.ts'
import type { RunControl } from './control.ts'
import { nearerToEarly, type EarlyLook } from './early-look.ts'
import { JobQueue, type Job } from './jobs.ts'
import { madeOn, requireTheSame } from './made-on.ts'
import { isCostly, nfeOfNoise, NoiseMaker, type MadeNoise } from './noise-maker.ts'
import { needsEarlyLook, Panel, type Grading, type SeatedPack, type Verdicts } from './panel.ts'
import { pathRule } from './path-rule.ts'
import { PopulationJudge } from './population.ts'
import { PopulationGuide } from './population-guide.ts'
import { provenanceOf } from './provenance.ts'
import { ProgressReport, type WorkInProgress } from './progress.ts'
import { SilentVerifiers } from './silent-verifiers.ts'
import { Spending, type Expense } from './spending.ts'

/**
 * Samplers that run at once in one batch. Batching gains 20 to 25 % a sample on a CPU; beyond four the gain is small
 * and a cancel would wait longer for its step.
 */
export const batchSlots = 4

/**
 * Batches under way. While the engine works on one, the request of the other already waits for it, so it never waits
 * for the studio, and finished images are decoded and scored between the steps of the others.
 */
const lanes = 2

export type RunContext = {
  readonly runId: number
  readonly spec: RunSpec
  readonly pack: InstalledPack<ImagePackManifest>
  /** The packs that hold the guide's and the held-out verifiers, each with those of them that it scores. */
  readonly verifierPacks: readonly SeatedPack[]
  readonly engine: Engine
  /** There where llm_grader is among the run's verifiers. */
  readonly grader?: Grader | null
  readonly library: Library
  readonly control: RunControl
  /** What the library has of the run already, empty for a new one. */
  readonly stored: readonly Candidate[]
  /** Candidates of it that failed; they are not tried again. */
  readonly failures: readonly CandidateFailure[]
  /** What these were made on; null where there are none. */
  readonly madeOn: string | null
  readonly onProgress: (progress: RunProgress) => void
  /** A finished image is in the library, or a failure. */
  readonly onCandidate: () => void
  /** Milliseconds that only grow; the machine's own unless told otherwise. */
  readonly now?: () => number
}

/** A candidate on its way, with what it has cost so far. */
type Active = WorkInProgress & {
  readonly path: Generator<DenoiseStep, PathEnd, Float32Array>
  readonly noise: Float32Array
  /** Evaluations that the whole way takes. */
  readonly nfePlanned: number
  request: DenoiseStep
  latestX0: Float32Array | null
  /** Since its parent's end; null where no verifier asks for it. */
  early: EarlyLook
  /** What its noise took. Until more evaluations are counted, the way to its parent's end is gone again. */
  readonly noiseCost: Pick<MadeNoise, 'nfe' | 'forwardPasses' | 'gflop'>
  nfe: number
  forwardPasses: number
  seconds: number
  /** The budget ran out under it: it goes no further. */
  abandoned: boolean
}

type Decoded = Awaited<ReturnType<Engine['decode']>>

type Finished = { readonly active: Active; readonly end: PathEnd }

/**
 * Makes every image of the run that the library does not have and commits each as it finishes. Rejects with
 * `cancelled`, or with the error that ended the run, in both cases after everything finished is committed.
 *
 * @returns `paused` when the control asked for it before everything was made
 */
export async function executeRun(context: RunContext): Promise<'done' | 'paused'> {
  const { spec, pack, verifierPacks, engine, library, runId, control, stored } = context
  const queue = new JobQueue(spec, stored, control.interventions, context.failures)
  control.round = queue.round
  const spending = new Spending(spec, stored)
  const report = new ProgressReport({ ...context, shape: pack.manifest.latents, spending })
  report.emit('loading', [])
  const info = await engine.load([pack, ...verifierPacks.map((seated) => seated.pack)])
  throwIfCancelled(control.signal)
  const grading = gradingOf(context)
  const now = madeOn(info, grading?.grader ?? null)
  requireTheSame(stored.length === 0 ? null : context.madeOn, now)
  library.setDevice(runId, now)
  const panel = await Panel.open(engine, ofSingleImages(verifierPacks), spec.prompt, grading)
  const population = await openPopulation(context)
  const noises = new NoiseMaker(context, panel)
  return new Run(context, { queue, spending, report, panel, population, noises }).execute()
}

/** The population of a run that is guided by one, with the winners of the rounds that are finished. */
async function openPopulation(context: RunContext): Promise<PopulationGuide | null> {
  const { spec, verifierPacks, engine, library, stored, failures, control } = context
  const seated = verifierPacks.find(({ verifiers }) => verifiers.includes(setVerifier))
  if (seated === undefined) return null
  const population = new PopulationGuide(new PopulationJudge(engine, seated), plannedCandidates(spec))
  const known = [...stored, ...failures].filter(isOfPopulation(spec)).toSorted((a, b) => a.seq - b.seq)
  for (const one of known) {
    if ('error' in one) await population.tell({ seq: one.seq, scores: {} }, noImage, control.interventions)
    else await population.tell(one, () => library.readImage(one.imageSha256), control.interventions)
  }
  return population
}

/** What a run works with, ready. */
type Parts = {
  readonly queue: JobQueue
  readonly spending: Spending
  readonly report: ProgressReport
  readonly panel: Panel
  readonly population: PopulationGuide | null
  readonly noises: NoiseMaker
}

class Run {
  readonly #context: RunContext
  readonly #queue: JobQueue
  readonly #report: ProgressReport
  readonly #spending: Spending
  readonly #panel: Panel
  readonly #population: PopulationGuide | null
  readonly #noises: NoiseMaker
  readonly #commits = new Commits()
  readonly #silent = new SilentVerifiers()
  readonly #changes = new Changes()
  readonly #provenance: Provenance
  readonly #sampleSize: number
  /** Candidates under way in all lanes, from the moment they are taken. */
  readonly #underWay = new Map<Job, Active | Expense>()
  readonly #failures: CandidateFailure[]
  #steered = false
  #timeIsUp = false
  #failure: { readonly error: unknown } | null = null

  constructor(context: RunContext, parts: Parts) {
    const { spec, pack, verifierPacks } = context
    const { channels, height, width } = pack.manifest.latents
    this.#context = context
    this.#queue = parts.queue
    this.#report = parts.report
    this.#spending = parts.spending
    this.#panel = parts.panel
    this.#population = parts.population
    this.#noises = parts.noises
    this.#failures = [...context.failures]
    this.#sampleSize = channels * height * width
    this.#provenance = provenanceOf(spec, pack, verifierPacks)
  }

  async execute(): Promise<'done' | 'paused'> {
    const { control } = this.#context
    control.onSteer((interventions) => {
      this.#steered = true
      this.#queue.steer(interventions)
      this.#changes.tell()
    })
    // What a person did while the models were loading.
    this.#queue.steer(control.interventions)
    do {
      await Promise.all(Array.from({ length: lanes }, () => this.#lane()))
      // Whatever ended the lanes, what finished is kept.
      await this.#commits.settled()
      if (this.#failure !== null) throw this.#failure.error
      this.#commits.throwIfFailed()
      if (control.isPausing && !this.#queue.isDone) return 'paused'
      // More may have been asked for while the last images were kept.
    } while (this.#wasSteered())
    // One failed call costs some scores; a verifier that never gave one is told, not passed over.
    this.#silent.throwIfAny()
    if (!this.#queue.isDone)
      throw new Error('The search neither proposes nor ends: a defect of its algorithm')
    this.#throwIfNothingCameOut()
    return 'done'
  }

  /** One failed candidate costs no more than itself; a search of which no image can be made has failed. */
  #throwIfNothingCameOut(): void {
    const failures = this.#failures.filter(({ arm }) => arm === 'search')
    const [first] = failures.toSorted((a, b) => a.seq - b.seq)
    if (first === undefined || !this.#queue.isWithoutImage) return
    const { code, message, detail } = first.error
    throw new StudioError(
      code,
      `Expected an image of the search, found that none can be made: ${failures.length} candidates failed and are not tried again. Candidate ${first.seq}: ${message}`,
      detail === undefined ? {} : { detail },
    )
  }

  /** Whether a person asked for something since this was last called. */
  #wasSteered(): boolean {
    const was = this.#steered
    this.#steered = false
    return was
  }

  /** Works batches off until nothing is left. Never rejects: a failure ends the other lanes too. */
  async #lane(): Promise<void> {
    let active: Active[] = []
    try {
      for (;;) {
        active.push(...(await this.#begin(batchSlots - active.length)))
        throwIfCancelled(this.#context.control.signal)
        if (active.length > 0) active = await this.#step(active)
        else if (this.#queue.out > 0 && this.#failure === null) await this.#changes.next()
        else break
        if (this.#failure !== null) break
      }
    } catch (error) {
      this.#failure ??= { error }
    }
    for (const { job } of active) this.#underWay.delete(job)
    this.#changes.tell()
  }

  /** Starts at most `most` candidates. */
  async #begin(most: number): Promise<readonly Active[]> {
    const { control, spec, pack } = this.#context
    const begun: Active[] = []
    while (begun.length < most) {
      throwIfCancelled(control.signal)
      if (control.isPausing) break
      if (!this.#spending.hasRoom(this.#underWay.values())) this.#queue.close()
      const [job] = this.#queue.take(1)
      if (job === undefined) break
      const rule = pathRule(spec, pack.manifest, job.steps)
      const legs = legsOf(job.recipe, job.steps)
      // At once, because the other lane asks for room while the noise is made.
      const nfePlanned = nfeOfNoise(job) + nfeOfLegs(legs, job.behind, rule)
      this.#underWay.set(job, { job, nfe: 0, nfePlanned, seconds: 0 })
      const started = await this.#inParts(
        [job],
        () => this.#start(job, legs, rule),
        () => ({ job, at: 'the gradient that its noise follows' }),
      )
      for (const { answer: active } of started) {
        this.#underWay.set(job, active)
        begun.push(active)
      }
    }
    return begun
  }

  async #start(job: Job, legs: readonly Leg[], rule: PathRule): Promise<Active> {
    const { spec } = this.#context
    const { noise, ...cost } = await this.#noises.make(job)
    this.#report.measured(cost.nfe, cost.seconds)
    const state = job.behind === 0 ? null : await this.#stateOf(job)
    const path = followPath(legs, state === null ? 0 : job.behind, state ?? pathStart(noise, rule), rule)
    const first = path.next()
    if (first.done === true)
      throw new Error('Expected a path with an evaluation; no algorithm proposes another')
    // The way to a state that was lost is gone again, and is counted where it was gone the first time.
    const again = state === null ? nfeOfLegs(legs, 0, rule) - nfeOfLegs(legs, job.behind, rule) : 0
    return {
      job,
      path,
      noise,
      nfePlanned: nfeOfNoise(job) + nfeOfLegs(legs, job.behind, rule),
      request: first.value,
      latestX0: null,
      early: null,
      abandoned: false,
      noiseCost: cost,
      seconds: cost.seconds,
      nfe: cost.nfe - again,
      forwardPasses: cost.forwardPasses - again * passesOf(spec),
    }
  }

  /** Where the parent of a job ended; null when the library has lost it. */
  async #stateOf({ parent }: Job): Promise<SamplerState | null> {
    // The parent has finished, but its row may still be on its way.
    await this.#commits.settled()
    this.#commits.throwIfFailed()
    return parent === null ? null : this.#context.library.savedState(this.#context.runId, parent)
  }

  /** One evaluation of each candidate of a batch; those that are still under way afterwards. */
  async #step(asked: readonly Active[]): Promise<Active[]> {
    const { spec, pack, engine, control } = this.#context
    const batch = this.#withoutAbandoned(asked)
    if (batch.length === 0) return []
    this.#report.emit('working', this.#active())
    const parts = await this.#inParts(
      batch,
      (part) =>
        engine.denoise({
          packId: pack.manifest.id,
          prompt: spec.prompt,
          guidance: spec.guidance,
          latents: stack(
            part.map(({ request }) => request.x),
            this.#sampleSize,
          ),
          sigmas: part.map(({ request }) => request.sigma),
        }),
      ({ job, request }) => ({ job, at: `step ${request.step}, noise level ${request.sigma}` }),
    )
    throwIfCancelled(control.signal)
    const finished: Finished[] = []
    const left: Active[] = []
    for (const { part, answer } of parts) {
      this.#report.measured(part.length, answer.seconds)
      part.forEach((one, i) => {
        if (one.abandoned) return
        one.nfe += 1
        one.forwardPasses += answer.forwardPasses
        one.seconds += answer.seconds / part.length
        const x0 = answer.denoised.subarray(i * this.#sampleSize, (i + 1) * this.#sampleSize)
        one.latestX0 = x0
        if (this.#panel.needsEarly && one.nfe > one.noiseCost.nfe) {
          one.early = nearerToEarly(one.early, one.request.sigma, x0)
        }
        const next = one.path.next(x0)
        if (next.done === true) finished.push({ active: one, end: next.value })
        else {
          one.request = next.value
          left.push(one)
        }
      })
    }
    this.#withoutAbandoned(batch)
    if (!this.#timeIsUp && this.#spending.isOverTime(this.#underWay.values())) this.#endOfTime()
    if (finished.length > 0) await this.#finish(finished)
    this.#commits.throwIfFailed()
    return left
  }

  /**
   * Asks the engine about a batch. Where what comes back is not finite, about each of it alone: one that fails alone
   * is out, the others go on.
   *
   * @param place the job behind one of the batch, and what was asked, for the message
   */
  async #inParts<One, Answer>(
    batch: readonly One[],
    ask: (part: readonly One[]) => Promise<Answer>,
    place: (one: One) => { readonly job: Job; readonly at: string },
  ): Promise<readonly { readonly part: readonly One[]; readonly answer: Answer }[]> {
    try {
      return [{ part: batch, answer: await ask(batch) }]
    } catch (error) {
      if (!(error instanceof StudioError) || error.code !== 'model_output_invalid') throw error
      throwIfCancelled(this.#context.control.signal)
      const parts: { part: readonly One[]; answer: Answer }[] = []
      for (const one of batch) {
        if (batch.length > 1) parts.push(...(await this.#inParts([one], ask, place)))
        else await this.#fail({ ...place(one), error })
      }
      return parts
    }
  }

  /** Keeps that nothing can be made of a candidate. The search goes on without it, and it costs nothing. */
  async #fail({ job, at, error }: { job: Job; at: string; error: StudioError }): Promise<void> {
    const { runId, spec, library, control, onCandidate } = this.#context
    const { arm, seq } = job
    const { message, ...rest } = toErrorData(error)
    const failure = { runId, arm, seq, error: { ...rest, message: `At ${at}: ${message}` } }
    if (isOfPopulation(spec)(job)) {
      await this.#population?.tell({ seq, scores: {} }, noImage, control.interventions)
    }
    this.#commits.add(() => {
      library.addFailure(failure, failure.error)
      this.#report.failed++
      onCandidate()
      return Promise.resolve()
    })
    this.#failures.push(failure)
    this.#underWay.delete(job)
    this.#queue.fail(job)
    if (!this.#timeIsUp) this.#queue.reopen()
    control.round = this.#queue.round
    this.#changes.tell()
  }

  #active(): readonly Active[] {
    return [...this.#underWay.values()].filter((one) => 'path' in one)
  }

  /** The seconds are spent: of the search's candidates only the one that is furthest is still made. */
  #endOfTime(): void {
    this.#timeIsUp = true
    this.#queue.close()
    const searching = this.#active().filter(({ job }) => job.arm === 'search')
    const furthest = searching.toSorted((a, b) => a.nfePlanned - a.nfe - (b.nfePlanned - b.nfe))[0]
    for (const one of searching) one.abandoned = one !== furthest
  }

  /** Those that go on; nobody waits for the others any more. */
  #withoutAbandoned(batch: readonly Active[]): readonly Active[] {
    for (const { job } of batch.filter(({ abandoned }) => abandoned)) {
      this.#underWay.delete(job)
      this.#queue.drop(job)
      this.#changes.tell()
    }
    return batch.filter(({ abandoned }) => !abandoned)
  }

  /** Decodes, scores and commits what has arrived. The commit itself overlaps the next steps. */
  async #finish(arrived: readonly Finished[]): Promise<void> {
    const { pack, engine } = this.#context
    // A disk slower than the models holds the run up here, instead of filling the memory with pictures.
    await this.#commits.settled()
    this.#commits.throwIfFailed()
    const parts = await this.#inParts(
      arrived,
      (part) => {
        const latents = [...part.map(({ end }) => end.picture), ...this.#earlyLooksOf(part)]
        const batch = latents.length
        return engine.decode({ packId: pack.manifest.id, latents: stack(latents, this.#sampleSize), batch })
      },
      ({ active: { job }, end }) => ({ job, at: `its picture, noise level ${end.level}` }),
    )
    for (const { part, answer } of parts) await this.#judge(part, answer)
  }

  /** Early looks are decoded in the same call as the pictures, behind them: of those that are scored, if asked for. */
  #earlyLooksOf(finished: readonly Finished[]): readonly Float32Array[] {
    if (!this.#panel.needsEarly) return []
    return finished
      .filter(({ active }) => active.job.scored)
      .map(({ active, end }) => active.early?.x0 ?? end.picture)
  }

  async #judge(finished: readonly Finished[], decoded: Decoded): Promise<void> {
    const { spec } = this.#context
    const panel = this.#panel
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
    const scoring = guidePacks(this.#context).reduce((sum, id) => sum + (verdicts.seconds.get(id) ?? 0), 0)
    // Early looks that only held-out verifiers ask for are no cost of the search.
    const decodedForSearch = needsEarlyLook(spec.guide) ? decoded.images.length : finished.length
    const decoding = (decoded.seconds * decodedForSearch) / decoded.images.length
    this.#report.finishing(finished.length, decoded.seconds + sumOf(verdicts.seconds))
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
    this.#changes.tell()
  }

  /** Scores of those that a population guides; what the engine spends on it counts as the candidates' own. */
  async #scoreByPopulation(
    finished: readonly Finished[],
    images: readonly RgbImage[],
  ): Promise<ReadonlyMap<Finished, Scores>> {
    const population = this.#population
    const { spec, control } = this.#context
    const members = finished.flatMap((one, i) => {
      const image = images[i]
      return image !== undefined && isOfPopulation(spec)(one.active.job) ? [{ one, image }] : []
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

  /** Commits a finished candidate and tells the search. */
  #keep({ active, end }: Finished, image: RgbImage, scores: Scores, seconds: number): void {
    const { runId, spec, pack, library, control, onCandidate } = this.#context
    const { job, noise, noiseCost, nfe, forwardPasses } = active
    // A product and no sum over the steps: the same bits whatever was gone again.
    const { gflopPerForward } = pack.manifest.components.denoiser
    const gflop = noiseCost.gflop + (forwardPasses - noiseCost.forwardPasses) * gflopPerForward
    const { arm, seq, round, parent, steps, recipe } = job
    const candidate: NewCandidate = {
      ...{ runId, arm, seq, round, parent, steps, recipe, nfe, forwardPasses, gflop, scores },
      level: end.level,
      noiseSha256: noiseSha256(noise),
      verifierCalls: job.scored ? spec.guide.length : 0,
      seconds: active.seconds + seconds,
    }
    const state = job.kept ? end.state : isCostly(recipe.operations) ? pathStart(noise, unscaled) : null
    this.#commits.add(async () => {
      await library.addCandidate(candidate, image, this.#provenance, state)
      this.#report.finished++
      onCandidate()
    })
    this.#underWay.delete(job)
    this.#spending.add(candidate)
    this.#queue.tell(job, candidate)
    control.round = this.#queue.round
  }
}

/** The engine ended under a verifier. */
const engineIsGone: readonly ErrorCode[] = ['engine_died', 'engine_stalled', 'cancelled']

/** Errors of a verifier that no later image can escape: the images at hand are kept, then the run ends. */
const noImageEscapes: readonly ErrorCode[] = ['pack_invalid', 'bad_input']

const unjudged: Verdicts = { scores: [], seconds: new Map(), errors: [] }

/** A noise as it is. */
const unscaled = { sigmas: [1] }

/** The picture of a candidate that failed, which nobody asks for. */
const noImage = (): Promise<RgbImage> => Promise.reject(new Error('A failed candidate has no image'))

/** Forward passes of one evaluation. */
function passesOf({ guidance }: RunSpec): number {
  return guidance === 1 ? 1 : 2
}

/** The seats without the verifier that judges sets. */
function ofSingleImages(verifierPacks: readonly SeatedPack[]): readonly SeatedPack[] {
  return verifierPacks
    .map((seated) => ({ ...seated, verifiers: seated.verifiers.filter((id) => id !== setVerifier) }))
    .filter(({ verifiers }) => verifiers.length > 0)
}

/** Candidates that the search itself proposed: baselines and branches are no part of its rounds. */
function isOfPopulation(spec: RunSpec): (one: Pick<Job, 'arm' | 'seq'>) => boolean {
  const planned = plannedCandidates(spec)
  return ({ arm, seq }) => arm === 'search' && seq < planned
}

/** Packs with a verifier that guides, and the grader if it does: their work is a cost of the search. */
function guidePacks({ spec, verifierPacks }: RunContext): readonly string[] {
  const packs = ofSingleImages(verifierPacks)
    .filter(({ verifiers }) => verifiers.some((id) => spec.guide.includes(id)))
    .map((seated) => seated.pack.manifest.id)
  return spec.guide.includes(graderVerifier) ? [...packs, graderVerifier] : packs
}

/** The grader, if the run asks for it. */
function gradingOf({ spec, grader = null, control: { signal } }: RunContext): Grading | null {
  const isAsked = [...spec.guide, ...spec.heldOut].includes(graderVerifier)
  return isAsked && grader !== null ? { grader, signal } : null
}

function stack(samples: readonly Float32Array[], sampleSize: number): Float32Array {
  const batch = new Float32Array(samples.length * sampleSize)
  samples.forEach((sample, i) => {
    batch.set(sample, i * sampleSize)
  })
  return batch
}

function sumOf(seconds: ReadonlyMap<string, number>): number {
  return [...seconds.values()].reduce((sum, one) => sum + one, 0)
}

function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted)
    throw new StudioError('cancelled', 'The run was cancelled; everything finished is kept.')
}
