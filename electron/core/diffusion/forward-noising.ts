import { alphaOf, type NoiseForm } from './noise-form.ts'

/**
 * Forward noising from level `from` up to level `to`, so that a sample of the marginal at `from` becomes one of the
 * marginal at `to` (search over paths: Ma et al. 2025, section 3.2). Per dimension, with a = alpha(to) / alpha(from):
 *
 *     x_to = a x_from + sqrt(to^2 - a^2 from^2) z
 *
 * @param x latents at `from`, any shape flattened; not modified
 * @param from noise level, at least 0; @param to above it (in flow form at most 1)
 * @param z standard normal noise of the same length
 * @returns latents at `to`; throws RangeError for levels that do not rise
 */
export function renoise(
  x: Float64Array,
  from: number,
  to: number,
  z: Float32Array,
  form: NoiseForm,
): Float64Array {
  if (!(from >= 0 && to > from) || (form === 'flow' && to > 1)) {
    throw new RangeError(
      `Expected a noise level above ${from}${form === 'flow' ? ', at most 1' : ''}, found ${to}`,
    )
  }
  const a = alphaOf(form, to) / alphaOf(form, from)
  const fresh = Math.sqrt(to * to - a * a * from * from)
  return x.map((value, j) => a * value + fresh * (z[j] ?? NaN))
}
