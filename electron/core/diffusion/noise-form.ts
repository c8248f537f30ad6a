/**
 * How noise levels mix image and noise: x = alpha(sigma) x0 + sigma e.
 *
 * - `flow`: alpha = 1 - sigma with sigma in [0, 1] (rectified flow: SiT, SD3, FLUX, the bundled packs)
 * - `variance_exploding`: alpha = 1 (the epsilon and v models, scaled as Karras et al. 2022 write them)
 */
export type NoiseForm = 'flow' | 'variance_exploding'

/** The image's share of x at noise level sigma. */
export function alphaOf(form: NoiseForm, sigma: number): number {
  return form === 'flow' ? 1 - sigma : 1
}

/**
 * The noise's share of x at noise level sigma, whatever the scale of x: what levels mean in specifications, recipes and
 * on the screen, the same for all models. In flow form sigma itself; of x0 + sigma e it is sigma / (1 + sigma), the
 * flow level with the same ratio of image to noise.
 */
export function levelOf(form: NoiseForm, sigma: number): number {
  return form === 'flow' ? sigma : sigma / (1 + sigma)
}

/** The sigma at which noise has this share, below 1. */
export function sigmaAt(form: NoiseForm, level: number): number {
  return form === 'flow' ? level : level / (1 - level)
}
