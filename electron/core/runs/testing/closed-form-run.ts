/** Runs without models, for tests: the pack of the closed-form engine, specifications for it, and a run as the studio works it. */

import type { RunDetail, RunProgress, RunStatus } from '../../../../shared/domain.ts'
import { toErrorData } from '../../../../shared/errors.ts'
import { parseRunSpec, type RunSpec } from '../../../../shared/run-spec.ts'
import type { VerifierId } from '../../../../shared/vocabulary.ts'
import type { ImagePackManifest, InstalledPack } from '../../../packs/manifest.ts'
import type { Engine, Library } from '../adapters.ts'
import { RunControl } from '../control.ts'
import type { SeatedPack } from '../panel.ts'
import { everythingOf } from '../jobs.ts'
import { executeRun } from '../run-loop.ts'

/** Only what the loop reads of a manifest. */
export const pack = {
  folder: '',
  sha256: 'a'.repeat(64),
  manifest: {
    id: 'gaussian',
    version: '1',
    timeConvention: 'sigma_1_is_noise',
    guidanceBy: 'second_pass',
    components: {
      denoiser: { gflopPerForward: 0.1 },
      denoiserGradient: { gflopPerBackward: 0.3 },
      decoderGradient: {},
    },
    latents: {
      channels: 1,
      height: 4,
      width: 4,
      previewMatrix: [[0.2, 0.2, 0.2]],
      previewBias: [0.5, 0.5, 0.5],
    },
  },
} as unknown as InstalledPack<ImagePackManifest>

/** A verifier pack of the closed-form engine, which gives every pack the same features. */
export const packOf = (id: string, verifiers: readonly VerifierId[], rest: object = {}): SeatedPack => ({
  pack: {
    folder: '',
    sha256: 'b'.repeat(64),
    manifest: { id, version: '1', promptPrefix: '', components: {}, ...rest },
  } as unknown as SeatedPack['pack'],
  verifiers,
})

/** Likes bright pictures, and knows how to make them brighter. */
export const seated = packOf('brightness', ['clip_score'], {
  components: { imageTowerGradient: { of: 'embedding' } },
})

const common = {
  prompt: 'a grey thing',
  pack: 'gaussian',
  guide: ['clip_score'],
  heldOut: [],
  sampler: 'euler',
  schedule: 'linear',
  steps: 4,
  guidance: 3,
  baselines: [],
  seed: '7',
}

/** Changes to a specification; those of another algorithm than it has are its own fault to mix. */
export type Changes = Readonly<Record<string, unknown>>

/** Random search by six candidates beside two baselines, unless changed. */
export function specWith(changes: Changes = {}): RunSpec {
  const search = 'algorithm' in changes ? {} : { algorithm: 'random_search', candidates: 6 }
  return parseRunSpec({ ...common, baselines: [2, 9], ...search, ...changes })
}

/** A small search by each algorithm, most with more candidates than are in flight at once (eight). */
export const small = {
  random_search: { ...common, algorithm: 'random_search', candidates: 9, steps: 3, baselines: [2, 6] },
  zero_order_search: {
    ...common,
    ...{ algorithm: 'zero_order_search', rounds: 3, neighbours: 3, steps: 2, baselines: [3] },
  },
  search_over_paths: {
    ...common,
    ...{ algorithm: 'search_over_paths', paths: 2, width: 2, length: 2, steps: 4 },
    ...{ startLevel: 0.2, forward: 0.5, backward: 0.6 },
  },
  first_order_search: { ...common, algorithm: 'first_order_search', iterations: 4, eta: 2, steps: 3 },
  draft_cull_resume: {
    ...common,
    ...{ algorithm: 'draft_cull_resume', candidates: 9, draftSteps: 2, survivors: 3 },
    ...{ steps: 4, sampler: 'dpmpp_2m' },
  },
  fk_steering: {
    ...common,
    ...{ algorithm: 'fk_steering', particles: 5, interval: 2, steps: 4, sampler: 'euler_ancestral' },
  },
}

/** How a run is to be worked. */
export type Work = {
  readonly engine: Engine
  readonly library: Library
  readonly verifierPacks?: readonly SeatedPack[]
  /** Gets the control before the work starts. */
  readonly onControl?: (control: RunControl) => void
  readonly onProgress?: (progress: RunProgress) => void
  readonly onCandidate?: () => void
  readonly now?: () => number
}

/** Starts or goes on with a run that is in the library, as the studio does; returns its end, which is also written down. */
export async function workRun(runId: number, work: Work): Promise<{ end: RunStatus; error: unknown }> {
  const { engine, library, verifierPacks = [seated], onControl, now } = work
  const run = library.run(runId)
  const control = new RunControl(run.interventions)
  onControl?.(control)
  library.setStatus(runId, { kind: 'running' })
  let end: RunStatus
  let error: unknown = null
  try {
    const kind = await executeRun({
      ...{ runId, spec: run.spec, pack, verifierPacks, engine, library, control },
      stored: everythingOf(run),
      failures: run.failures,
      madeOn: run.device,
      onProgress: work.onProgress ?? (() => undefined),
      onCandidate: work.onCandidate ?? (() => undefined),
      ...(now === undefined ? {} : { now }),
    })
    end = { kind }
  } catch (thrown) {
    error = thrown
    end = control.signal.aborted ? { kind: 'cancelled' } : { kind: 'failed', error: toErrorData(thrown) }
  }
  library.setStatus(runId, end)
  return { end, error }
}

/** What of a run must be the same however often it was stopped: all but seconds, ids and the moment of its making. */
export function lasting(run: RunDetail): string {
  return JSON.stringify(run, (key, value: unknown) =>
    ['id', 'runId', 'createdAt', 'queuePlace', 'seconds', 'secondsElapsed', 'pictures'].includes(key)
      ? undefined
      : value,
  )
}
