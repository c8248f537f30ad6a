import { finite } from './cosine.ts'

/**
 * ImageReward (Xu et al. 2023): the network's reward, moved to mean 0 and standard deviation 1 over the data it was
 * trained on, (r - mean) / std.
 *
 * @param reward of the pair tower
 * @param scale mean and standard deviation of the pack's manifest
 */
export function imageReward(
  reward: number | null,
  scale: { readonly mean: number; readonly std: number } | null,
): number | null {
  return reward === null || scale === null ? null : finite((reward - scale.mean) / scale.std)
}

/** The gradient of `imageReward` over the network's reward: 1 / std, one number; null where there is no score. */
export function imageRewardGradient(
  reward: number | null,
  scale: { readonly mean: number; readonly std: number } | null,
): Float32Array | null {
  return scale === null || imageReward(reward, scale) === null ? null : Float32Array.of(1 / scale.std)
}
