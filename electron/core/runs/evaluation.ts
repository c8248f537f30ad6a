/** One evaluation of the denoiser for each candidate of a batch: asked for together, counted and handed back to each. */

import { levelOf } from '../diffusion/noise-form.ts'
import { askedOf } from './asked.ts'
import { stack } from './batch.ts'
import { nearerToEarly } from './early-look.ts'
import type { Failures } from './failures.ts'
import type { RunParts } from './run-parts.ts'
import type { Active, Finished } from './under-way.ts'

/**
 * Takes each candidate one evaluation further. One whose x-prediction is not finite is kept as failed and in neither
 * list, as is one that was abandoned meanwhile.
 *
 * @returns those that reached the end of their path, and those that ask for more
 * @throws `cancelled`, the engine's errors
 */
export async function evaluate(
  { spec, pack, engine, control, report, panel }: RunParts,
  failures: Failures,
  batch: readonly Active[],
): Promise<{ readonly finished: readonly Finished[]; readonly left: Active[] }> {
  const answers = await failures.isolate(
    batch,
    (part) =>
      engine.denoise({
        ...askedOf(spec, pack.manifest),
        latents: stack(part.map(({ request }) => request.x)),
        sigmas: part.map(({ request }) => request.sigma),
        timesteps: part.map(({ request, rule }) => rule.timestepAt(request.sigma)),
      }),
    ({ job, request, rule }) => ({
      job,
      at: `step ${request.step}, noise level ${levelOf(rule.form, request.sigma)}`,
    }),
  )
  control.throwIfCancelled()
  const finished: Finished[] = []
  const left: Active[] = []
  for (const { part, answer } of answers) {
    report.measured(part.length, answer.seconds)
    part.forEach((one, i) => {
      if (one.abandoned) return
      one.nfe += 1
      one.forwardPasses += answer.forwardPasses
      one.seconds += answer.seconds / part.length
      const size = one.noise.length
      const x0 = answer.denoised.subarray(i * size, (i + 1) * size)
      one.latestX0 = x0
      if (panel.needsEarly && one.nfe > one.noiseCost.nfe) {
        one.early = nearerToEarly(one.early, levelOf(one.rule.form, one.request.sigma), x0)
      }
      const next = one.path.next(x0)
      if (next.done === true) finished.push({ active: one, end: next.value })
      else {
        one.request = next.value
        left.push(one)
      }
    })
  }
  return { finished, left }
}
