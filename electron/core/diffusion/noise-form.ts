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
