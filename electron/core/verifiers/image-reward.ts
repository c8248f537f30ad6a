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
