import { earlyLevel } from '../verifiers/evidence.ts'

/** The x-prediction at the noise level nearest `earlyLevel` so far; null before the first. */
export type EarlyLook = { readonly sigma: number; readonly x0: Float32Array } | null

/** The early look after one more x-prediction; of two levels equally near, the earlier one stays. */
export function nearerToEarly(known: EarlyLook, sigma: number, x0: Float32Array): EarlyLook {
  const nearer = known === null || Math.abs(sigma - earlyLevel) < Math.abs(known.sigma - earlyLevel)
  return nearer ? { sigma, x0 } : known
}
