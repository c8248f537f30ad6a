import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { RunProgress } from '../../../shared/domain.ts'
import type { RunSpec } from '../../../shared/run-spec.ts'
import type { DenoiseRequest, RgbImage } from './adapters.ts'
import { ClosedFormEngine } from './testing/closed-form-engine.ts'
import { specWith, workRun } from './testing/closed-form-run.ts'
import { temporaryLibrary } from './testing/temporary-library.ts'

/** One that takes its time, on a clock of its own: as on a quiet machine, batches are a little cheaper a sample. */
class TimedEngine extends ClosedFormEngine {
  /** Seconds. */
  clock = 0

  override async denoise(request: DenoiseRequest) {
    const answer = await super.denoise(request)
    return { ...answer, seconds: this.#take(0.05 + 0.2 * request.sigmas.length) }
  }

  override async decode(request: { readonly latents: Float32Array; readonly batch: number }) {
    return { ...(await super.decode(request)), seconds: this.#take(0.3 * request.batch) }
  }

  override async embedImages(request: { readonly images: readonly RgbImage[] }) {
    return { ...(await super.embedImages(request)), seconds: this.#take(0.1 * request.images.length) }
  }

  // Back through a network takes about two evaluations of it.
  override async denoiseGradient(request: Parameters<ClosedFormEngine['denoiseGradient']>[0]) {
    const answer = await super.denoiseGradient(request)
    return { ...answer, seconds: this.#take(0.05 + 0.4 * request.sigmas.length) }
  }

  override async decodeGradient(request: Parameters<ClosedFormEngine['decodeGradient']>[0]) {
    return { ...(await super.decodeGradient(request)), seconds: this.#take(0.6 * request.batch) }
  }

  override async embedImagesGradient(request: Parameters<ClosedFormEngine['embedImagesGradient']>[0]) {
    const answer = await super.embedImagesGradient(request)
    return { ...answer, seconds: this.#take(0.2 * request.images.length) }
  }

  #take(seconds: number): number {
    this.clock += seconds
    return seconds
  }
}

const library = await temporaryLibrary()

/** All reports of a run, and when it ended. */
async function reportsOf(spec: RunSpec) {
  const engine = new TimedEngine()
  const reports: RunProgress[] = []
  const runId = library.createRun(spec, [])
  const { end } = await workRun(runId, {
    ...{ engine, library },
    onProgress: (progress) => reports.push(progress),
    now: () => 1000 * engine.clock,
  })
  assert.deepEqual(end, { kind: 'done' })
  return { reports, ended: engine.clock, run: library.run(runId) }
}

const specs: Readonly<Record<string, RunSpec>> = {
  'random search': specWith({ candidates: 24, steps: 10, baselines: [] }),
  'random search beside baselines': specWith({ candidates: 24, steps: 10, baselines: [5, 20, 80] }),
  'random search with a final image': specWith({
    ...{ candidates: 16, steps: 6, baselines: [] },
    finalSteps: 60,
  }),
  'random search within a budget': specWith({
    ...{ candidates: 60, steps: 10, baselines: [] },
    budget: { nfe: 240 },
  }),
  'random search beside a baseline within verdicts': specWith({
    ...{ candidates: 60, steps: 10, baselines: [30] },
    budget: { verifierCalls: 30 },
  }),
  'random search within seconds': specWith({
    ...{ candidates: 90, steps: 10, baselines: [] },
    budget: { seconds: 80 },
  }),
  'zero-order search': specWith({
    ...{ algorithm: 'zero_order_search', rounds: 6, neighbours: 4, steps: 10, baselines: [] },
  }),
  'draft, cull, resume': specWith({
    ...{ algorithm: 'draft_cull_resume', candidates: 32, draftSteps: 3, survivors: 8, steps: 12 },
    baselines: [],
  }),
  'search over paths': specWith({
    ...{ algorithm: 'search_over_paths', paths: 2, width: 4, length: 6, steps: 10, baselines: [] },
  }),
  'first-order search': specWith({
    ...{ algorithm: 'first_order_search', iterations: 10, eta: 2, steps: 10, baselines: [] },
  }),
  'Feynman-Kac steering': specWith({
    ...{ algorithm: 'fk_steering', particles: 6, interval: 3, steps: 12, baselines: [] },
    sampler: 'euler_ancestral',
  }),
}

for (const [name, spec] of Object.entries(specs)) {
  test(`the forecast of ${name} is within 15 % from the first three images on (on a clock of its own)`, async () => {
    const { reports, ended } = await reportsOf(spec)
    const forecasts = reports.filter(({ secondsLeft }) => secondsLeft !== null)
    assert.ok(forecasts.length > 5, `${forecasts.length} forecasts`)
    // Shown as soon as three images are there, those on their way into the library included.
    const silent = reports.filter(({ secondsLeft, finished }) => secondsLeft === null && finished >= 3)
    assert.deepEqual(silent, [])
    for (const { secondsElapsed, secondsLeft, finished } of forecasts) {
      const forecast = secondsElapsed + (secondsLeft ?? NaN)
      const off = Math.abs(forecast / ended - 1)
      assert.ok(off <= 0.15, `${forecast} s forecast at ${finished} images, ${ended} s needed`)
    }
  })
}

test('what a gradient takes is reported as well', async () => {
  const { reports, run } = await reportsOf(
    specWith({ algorithm: 'first_order_search', iterations: 3, eta: 2, steps: 10, baselines: [] }),
  )
  assert.equal(run.ledger.nfe, 10 * (3 + 2 * 2))
  // The last report comes before the last evaluation.
  const last = reports.at(-1)
  assert.deepEqual([last?.nfe, last?.nfePlanned], [run.ledger.nfe - 1, run.ledger.nfe])
})

test('reports are whole, never go back and end at the plan', async () => {
  const { reports, run } = await reportsOf(specWith({ candidates: 12 }))
  reports.forEach((report, i) => {
    const before = reports[i - 1]
    assert.ok(report.nfe >= (before?.nfe ?? 0) && report.finished >= (before?.finished ?? 0))
    assert.ok(report.nfe <= report.nfePlanned && report.finished <= report.planned)
    assert.deepEqual([report.planned, report.nfePlanned], [14, 12 * 4 + 2 + 9])
    assert.ok(report.previews.every(({ step, steps }) => step >= 0 && step <= steps))
  })
  assert.equal(run.finished, 14)
})
