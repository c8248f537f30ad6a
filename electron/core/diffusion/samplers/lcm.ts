import { alphaOf } from '../noise-form.ts'
import { levelsOf, type Sampler, type SamplerOptions, type SamplerState } from './sampler.ts'

/**
 * Multistep consistency sampling (Song et al. 2023, "Consistency Models", Algorithm 1; Luo et al. 2023, "Latent
 * Consistency Models", Algorithm 3): the estimate of the image, noised afresh to the next level,
 * x' = alpha' x0 + sigma' z; the last estimate is the image.
 *
 * Made for denoisers distilled to jump to the image at once; with others the samples are those of one long step. The
 * boundary scalings c_skip and c_out belong to the denoiser (at the levels in use they are 0 and 1 to six digits).
 *
 * Stochastic: nothing of x stays but what the estimate says; NFE = steps.
 */
export function* sampleLcm(
  start: SamplerState,
  sigmas: readonly number[],
  { form, noiseOf }: SamplerOptions,
): Sampler {
  const x = Float64Array.from(start.x)
  for (let i = start.step; i < sigmas.length - 1; i++) {
    const [sigma, next] = levelsOf(sigmas, i)
    const boundary = { step: i, x, history: [] }
    const x0 = yield { x: Float32Array.from(x), sigma, step: i + 1, boundary }
    if (next === 0) {
      x.set(x0)
      continue
    }
    const alpha = alphaOf(form, next)
    const z = noiseOf(i)
    for (let j = 0; j < x.length; j++) x[j] = alpha * (x0[j] ?? NaN) + next * (z[j] ?? NaN)
  }
  return Float32Array.from(x)
}
