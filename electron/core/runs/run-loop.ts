/**
 * The only async loop: drives samplers with the engine's answers, scores and keeps what finishes, counts, reports,
 * cancels. Everything it decides is decided by the pure core; everything it keeps is kept by the library.
 */

import type { RunProgress } from '../../../shared/domain.ts'
import { StudioError, type ErrorCode } from '../../../shared/errors.ts'
import type { RunSpec } from '../../../shared/run-spec.ts'
import type { ImagePackManifest, InstalledPack, VerifierPackManifest } from '../../packs/manifest.ts'
import { makeNoise, noiseSha256 } from '../diffusion/noise.ts'
import { samplerById } from '../diffusion/samplers/index.ts'
import type { DenoiseStep, Sampler } from '../diffusion/samplers/sampler.ts'
import { scheduleById } from '../diffusion/schedules.ts'
import { clipScore } from '../verifiers/clip-score.ts'
import type { Engine, Library, NewCandidate, Provenance, RgbImage } from './adapters.ts'
import { JobQueue, type Job } from './jobs.ts'
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
  readonly verifierPack: InstalledPack<VerifierPackManifest>
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
  const { spec, pack, verifierPack, engine, library, runId } = context
  const shape = pack.manifest.latents
  const sampleSize = shape.channels * shape.height * shape.width
  const provenance: Provenance = {
    spec,
    packs: [pack, verifierPack].map(({ manifest: { id, version }, sha256 }) => ({ id, version, sha256 })),
  }
  const queue = new JobQueue(spec)
  const report = new ProgressReport({ ...context, shape, queue, slots: batchSlots })
  const commits = new Commits()
  const verifier: { error: StudioError | null; everScored: boolean } = { error: null, everScored: false }

  report.emit('loading', [])
  const info = await engine.load([pack, verifierPack])
  throwIfCancelled(context.signal)
  library.setDevice(runId, `${info.device}, ${info.runtime}`)
  const { embedding: promptFeature } = await engine.embedText({
    packId: verifierPack.manifest.id,
    text: verifierPack.manifest.promptPrefix + spec.prompt,
  })

  /** Decodes, scores and commits samples that reached sigma 0. The commit itself overlaps the next steps. */
  const finish = async (finished: readonly Finished[]): Promise<void> => {
    // A disk slower than the models holds the run up here, instead of filling the memory with pictures.
    await commits.settled()
    commits.throwIfFailed()
    const decoded = await engine.decode({
      packId: pack.manifest.id,
      latents: stack(
        finished.map(({ latents }) => latents),
        sampleSize,
      ),
      batch: finished.length,
    })
    const judged = await judge(engine, verifierPack, promptFeature, decoded.images)
    const share = (decoded.seconds + judged.seconds) / finished.length
    finished.forEach(({ active }, i) => {
      const image = decoded.images[i]
      if (image === undefined) throw new Error(`Expected ${finished.length} decoded images, found ${i}`)
      const score = judged.scores[i] ?? null
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
        scores: score === null ? {} : { [spec.verifier]: score },
      }
      commits.add(async () => {
        await library.addCandidate(candidate, image, provenance)
        report.finished++
        context.onCandidate()
      })
      if (active.job.arm === 'search') queue.tell(active.job.seq, score)
    })
    if (judged.error !== null && endsTheRun.includes(judged.error.code)) throw judged.error
    verifier.error ??= judged.error
    verifier.everScored ||= judged.scores.some((score) => score !== null)
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
        const next = one.sampler.next(one.latestX0)
        if (next.done === true) finished.push({ active: one, latents: next.value })
        else one.request = next.value
        return next.done !== true
      })
      if (finished.length > 0) await finish(finished)
      commits.throwIfFailed()
    }
    // One failed call costs some scores; a verifier that never gave one is told, not passed over.
    if (verifier.error !== null && !verifier.everScored) throw verifier.error
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
  const sampler = samplerById[spec.sampler](noise, scheduleById[spec.schedule](job.steps))
  const first = sampler.next(noise)
  if (first.done === true) throw new Error('Expected at least one step; the specification allows none fewer')
  return {
    job,
    sampler,
    noiseSha256: noiseSha256(noise),
    request: first.value,
    latestX0: null,
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

/**
 * Scores images. A verifier that fails leaves them without a score; its error comes back beside, so that the images
 * are kept whatever becomes of the run.
 */
async function judge(
  engine: Engine,
  verifierPack: InstalledPack<VerifierPackManifest>,
  promptFeature: Float32Array,
  images: readonly RgbImage[],
): Promise<{ scores: readonly (number | null)[]; seconds: number; error: StudioError | null }> {
  try {
    const { features, seconds } = await engine.embedImages({ packId: verifierPack.manifest.id, images })
    const scores = features.map(({ embedding }) =>
      embedding === null ? null : clipScore(embedding, promptFeature),
    )
    return { scores, seconds, error: null }
  } catch (error) {
    if (!(error instanceof StudioError)) throw error
    return { scores: [], seconds: 0, error }
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
