import { alphaOf, type NoiseForm } from '../noise-form.ts'
import { levelsOf, type Sampler, type SamplerOptions, type SamplerState } from './sampler.ts'

/** Below so many steps the last one is first order whatever its level, as diffusers has it: fewer artefacts. */
const fewSteps = 15

/**
 * DPM-Solver++(2M), the midpoint form (Lu et al. 2022, "DPM-Solver++", Algorithm 2): the exact solution of the ODE's
 * linear part over lambda = log(alpha / sigma), with the estimates of this step and the one before on a straight line.
 *
 * First order in the first step, where lambda is infinite at an end (sigma 1 of the flow form; the step to 0), and in
 * the last of fewer than 15 steps. Second order otherwise; history: the estimate before; NFE = steps.
 */
export function* sampleDpmpp2m(
  start: SamplerState,
  sigmas: readonly number[],
  { form }: SamplerOptions,
): Sampler {
  const x = Float64Array.from(start.x)
  const steps = sigmas.length - 1
  let [before] = start.history
  for (let i = start.step; i < steps; i++) {
    const [sigma, next] = levelsOf(sigmas, i)
    const boundary = { step: i, x, history: before === undefined ? [] : [before] }
    const x0 = yield { x: Float32Array.from(x), sigma, step: i + 1, boundary }
    const lastOfFew = i === steps - 1 && steps < fewSteps
    // 1 / (2 r) of the paper, r = (lambda_i - lambda_{i-1}) / h. 0 is the first order.
    const slope =
      before === undefined || next === 0 || lastOfFew
        ? 0
        : widthOf(form, sigma, next) / (2 * widthOf(form, ...levelsOf(sigmas, i - 1)))
    // exp(-h), without the infinite lambda.
    const decay = (alphaOf(form, sigma) * next) / (alphaOf(form, next) * sigma)
    const gain = alphaOf(form, next) * (1 - decay)
    const keep = next / sigma
    for (let j = 0; j < x.length; j++) {
      const target = x0[j] ?? NaN
      // D of the paper; 0 times a history that is not there would be NaN.
      const ahead = slope === 0 ? target : target + slope * (target - (before?.[j] ?? NaN))
      x[j] = keep * (x[j] ?? NaN) + gain * ahead
    }
    before = Float64Array.from(x0)
  }
  return Float32Array.from(x)
}

/** h of the paper: what lambda = log(alpha / sigma) gains from one level to the next; infinite from alpha 0. */
function widthOf(form: NoiseForm, sigma: number, next: number): number {
  return Math.log((alphaOf(form, next) * sigma) / (alphaOf(form, sigma) * next))
}
