/** The arithmetic of flow models (METHOD, section 3): from a predicted velocity to an x-prediction. */

/**
 * x0 = x - sigma v, where v = u + guidance (c - u) for the conditional and unconditional velocities c and u
 * (classifier-free guidance, Ho & Salimans 2022, in the form where 1 means no guidance). Computed in float64, rounded
 * once to float32; each sample by itself, so a sample's result does not depend on its batch.
 *
 * @param latents x, [batch, ...]
 * @param velocity [batch, ...], or [2 * batch, ...]: all conditional ones, then all unconditional ones
 * @param sigmas of each sample
 * @param guidance used when `velocity` holds two batches
 */
export function xPrediction(
  latents: Float32Array,
  velocity: Float32Array,
  sigmas: readonly number[],
  guidance: number,
): Float32Array {
  const total = latents.length
  const size = total / sigmas.length
  const guided = velocity.length === 2 * total
  const denoised = new Float32Array(total)
  sigmas.forEach((sigma, sample) => {
    for (let i = sample * size; i < (sample + 1) * size; i++) {
      const c = velocity[i] ?? NaN
      const u = guided ? (velocity[total + i] ?? NaN) : c
      const v = guided ? u + guidance * (c - u) : c
      denoised[i] = (latents[i] ?? NaN) - sigma * v
    }
  })
  return denoised
}
