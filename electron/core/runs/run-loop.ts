/**
 * The only async loop: drives samplers with the engine's answers, scores and keeps what finishes, counts, reports,
 * cancels. Everything it decides is decided by the pure core; everything it keeps is kept by the library.
 */

import type { RunProgress, Scores } from '../../../shared/domain.ts'
import { StudioError, type ErrorCode } from '../../../shared/errors.ts'
import type { RunSpec } from '../../../shared/run-spec.ts'
import { scoreBy } from '../../../shared/ranking.ts'
import type { ImagePackManifest, InstalledPack } from '../../packs/manifest.ts'
import { makeNoise, noiseSha256 } from '../diffusion/noise.ts'
import { samplerById } from '../diffusion/samplers/index.ts'
import { startingState, type DenoiseStep, type Sampler } from '../diffusion/samplers/sampler.ts'
import { scheduleById } from '../diffusion/schedules.ts'
import { earlyLevel } from '../verifiers/evidence.ts'
import type { Engine, Library, NewCandidate, Provenance } from './adapters.ts'
import { JobQueue, type Job } from './jobs.ts'
import { needsEarlyLook, Panel, type SeatedPack, type Verdicts } from './panel.ts'
import { ProgressReport, type WorkInProgress } from './progress.ts'

/**
 * Samplers that run at once, in one batch. Batching gains 20 to 25 % a sample on a CPU; beyond four the gain is small
 * and a cancel would wait longer for its step.
 */
export const batchSlots = 4

export type RunContext = {
  readonly runId: number
  readonly spec: RunSpec
  readonly pack: InstalledPack<ImagePackManifest>
  /** The packs that hold the guide's and the held-out verifiers, each with those of them that it scores. */
  readonly verifierPacks: readonly SeatedPack[]
  readonly engine: Engine
  readonly library: Library
  readonly signal: AbortSignal
  readonly onProgress: (progress: RunProgress) => void
  /** A finished image is in the library. */
  readonly onCandidate: () => void
}

/** A sampler at work, with what it has cost so far. */
type Active = WorkInProgress & {
  readonly sampler: Sampler
  readonly noiseSha256: string
  request: DenoiseStep
  latestX0: Float32Array | null
  /** The x-prediction at the noise level nearest `earlyLevel` so far; null where no verifier asks for it. */
  early: { readonly sigma: number; readonly x0: Float32Array } | null
  nfe: number
  forwardPasses: number
  seconds: number
}

type Finished = { readonly active: Active; readonly latents: Float32Array }

/**
 * Makes every image of the run and commits each as it finishes. Resolves when all are in the library; rejects with
 * `cancelled`, or with the error that ended the run, in both cases after everything finished is committed.
 */
export async function executeRun(context: RunContext): Promise<void> {
  const { spec, pack, verifierPacks, engine, library, runId } = context
  const shape = pack.manifest.latents
  const sampleSize = shape.channels * shape.height * shape.width
  const provenance: Provenance = {
    spec,
    packs: [pack, ...verifierPacks.map((seated) => seated.pack)].map(
      ({ manifest: { id, version }, sha256 }) => ({ id, version, sha256 }),
    ),
  }
  const queue = new JobQueue(spec)
  const report = new ProgressReport({ ...context, shape, queue, slots: batchSlots })
  const commits = new Commits()
  const silent = new SilentVerifiers()

  report.emit('loading', [])
  const info = await engine.load([pack, ...verifierPacks.map((seated) => seated.pack)])
  throwIfCancelled(context.signal)
  library.setDevice(runId, `${info.device}, ${info.runtime}`)
  const panel = await Panel.open(engine, verifierPacks, spec.prompt)
  const guidePacks = verifierPacks
    .filter(({ verifiers }) => verifiers.some((id) => spec.guide.includes(id)))
    .map((seated) => seated.pack.manifest.id)
  const guideNeedsEarly = needsEarlyLook(spec.guide)

  /** Decodes, scores and commits samples that reached sigma 0. The commit itself overlaps the next steps. */
  const finish = async (finished: readonly Finished[]): Promise<void> => {
    // A disk slower than the models holds the run up here, instead of filling the memory with pictures.
    await commits.settled()
    commits.throwIfFailed()
    // Early looks are decoded in the same call, behind the final images.
    const early = panel.needsEarly ? finished.map(({ active, latents }) => active.early?.x0 ?? latents) : []
    const decoded = await engine.decode({
      packId: pack.manifest.id,
      latents: stack([...finished.map(({ latents }) => latents), ...early], sampleSize),
      batch: finished.length + early.length,
    })
    const images = decoded.images.slice(0, finished.length)
    const verdicts = await panel.score(images, panel.needsEarly ? decoded.images.slice(images.length) : null)
    silent.heard(verdicts)
    const scoring = guidePacks.reduce((sum, id) => sum + (verdicts.seconds.get(id) ?? 0), 0)
    // Early looks that only held-out verifiers ask for are no cost of the search.
    const decodedForSearch = guideNeedsEarly ? finished.length + early.length : finished.length
    const decoding = (decoded.seconds * decodedForSearch) / (finished.length + early.length)
    const share = (decoding + scoring) / finished.length
    finished.forEach(({ active }, i) => {
      const image = images[i]
      if (image === undefined) throw new Error(`Expected ${finished.length} decoded images, found ${i}`)
      const scores = verdicts.scores[i] ?? {}
      const candidate: NewCandidate = {
        runId,
        arm: active.job.arm,
        seq: active.job.seq,
        steps: active.job.steps,
        recipe: active.job.recipe,
        noiseSha256: active.noiseSha256,
        nfe: active.nfe,
        forwardPasses: active.forwardPasses,
        seconds: active.seconds + share,
        scores,
      }
      commits.add(async () => {
        await library.addCandidate(candidate, image, provenance)
        report.finished++
        context.onCandidate()
      })
      if (active.job.arm === 'search') queue.tell(active.job.seq, guideScore(spec, scores))
    })
    const fatal = verdicts.errors.find(({ error }) => endsTheRun.includes(error.code))
    if (fatal !== undefined) throw fatal.error
  }

  let active: Active[] = []
  try {
    for (;;) {
      active.push(...queue.take(batchSlots - active.length).map((job) => begin(job, spec, sampleSize)))
      if (active.length === 0) break
      throwIfCancelled(context.signal)
      report.emit('working', active)

      const answer = await engine.denoise({
        packId: pack.manifest.id,
        prompt: spec.prompt,
        guidance: spec.guidance,
        latents: stack(
          active.map(({ request }) => request.x),
          sampleSize,
        ),
        sigmas: active.map(({ request }) => request.sigma),
      })
      throwIfCancelled(context.signal)
      report.measured(active.length, answer.seconds)

      const finished: Finished[] = []
      active = active.filter((one, i) => {
        one.nfe += 1
        one.forwardPasses += answer.forwardPasses
        one.seconds += answer.seconds / active.length
        one.latestX0 = answer.denoised.subarray(i * sampleSize, (i + 1) * sampleSize)
        if (panel.needsEarly) one.early = nearerToEarly(one.early, one.request.sigma, one.latestX0)
        const next = one.sampler.next(one.latestX0)
        if (next.done === true) finished.push({ active: one, latents: next.value })
        else one.request = next.value
        return next.done !== true
      })
      if (finished.length > 0) await finish(finished)
      commits.throwIfFailed()
    }
    // One failed call costs some scores; a verifier that never gave one is told, not passed over.
    silent.throwIfAny()
    if (!queue.isDone) throw new Error('The search neither proposes nor ends: a defect of its algorithm')
  } finally {
    // Whatever ended the loop, what finished is kept.
    await commits.settled()
  }
  commits.throwIfFailed()
}

/** Starts a job: its noise, its sampler, its first request. */
function begin(job: Job, spec: RunSpec, sampleSize: number): Active {
  const noise = makeNoise(job.recipe, sampleSize)
  const sigmas = scheduleById[spec.schedule](job.steps)
  const sampler = samplerById[spec.sampler](startingState(noise, sigmas), sigmas, {
    form: 'flow',
    noiseOf: () => {
      throw new Error('Expected a deterministic sampler: this caller has no streams of fresh noise')
    },
  })
  const first = sampler.next(noise)
  if (first.done === true) throw new Error('Expected at least one step; the specification allows none fewer')
  return {
    job,
    sampler,
    noiseSha256: noiseSha256(noise),
    request: first.value,
    latestX0: null,
    early: null,
    nfe: 0,
    forwardPasses: 0,
    seconds: 0,
  }
}

/** Errors of a verifier that no later image can escape: the images at hand are kept, then the run ends. */
const endsTheRun: readonly ErrorCode[] = [
  'engine_died',
  'engine_stalled',
  'cancelled',
  'pack_invalid',
  'bad_input',
]

/** The early look after one more x-prediction; of two levels equally near, the earlier one stays. */
function nearerToEarly(known: Active['early'], sigma: number, x0: Float32Array): Active['early'] {
  const nearer = known === null || Math.abs(sigma - earlyLevel) < Math.abs(known.sigma - earlyLevel)
  return nearer ? { sigma, x0 } : known
}

/** What the algorithm is told: an ensemble has no score of one candidate, and random search asks for none. */
function guideScore({ guide }: RunSpec, scores: Scores): number | null {
  const [only, ...others] = guide
  return only === undefined || others.length > 0 ? null : scoreBy({ scores }, only)
}

/** Verifiers that failed and never gave a score: the run is not done with them passed over. */
class SilentVerifiers {
  readonly #scored = new Set<string>()
  readonly #failures: Verdicts['errors'][number][] = []

  heard({ scores, errors }: Verdicts): void {
    for (const id of scores.flatMap((one) => Object.keys(one))) this.#scored.add(id)
    this.#failures.push(...errors)
  }

  throwIfAny(): void {
    const silent = this.#failures.find(({ verifiers }) => !verifiers.some((id) => this.#scored.has(id)))
    if (silent !== undefined) throw silent.error
  }
}

function stack(samples: readonly Float32Array[], sampleSize: number): Float32Array {
  const batch = new Float32Array(samples.length * sampleSize)
  samples.forEach((sample, i) => {
    batch.set(sample, i * sampleSize)
  })
  return batch
}

function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted)
    throw new StudioError('cancelled', 'The run was cancelled; everything finished is kept.')
}

/** Commits that go on beside the loop; remembers the first failure for the loop to find. */
class Commits {
  #pending: Promise<unknown> = Promise.resolve()
  #failure: { readonly error: unknown } | null = null

  /** Starts a commit once the loop has sent the engine its next request: both work at the same time. */
  add(commit: () => Promise<void>): void {
    const done = new Promise((resolve) => setImmediate(resolve)).then(commit).catch((error: unknown) => {
      this.#failure ??= { error }
    })
    this.#pending = Promise.all([this.#pending, done])
  }

  throwIfFailed(): void {
    if (this.#failure !== null) throw this.#failure.error
  }

  /** Resolves when everything added so far is in the library, or has failed. */
  async settled(): Promise<void> {
    await this.#pending
  }
}
