import { earlyLevel } from '../verifiers/evidence.ts'

/** The x-prediction at the noise level nearest `earlyLevel` so far; null before the first. */
export type EarlyLook = { readonly level: number; readonly x0: Float32Array } | null

/** The early look after one more x-prediction; of two levels equally near, the earlier one stays. */
export function nearerToEarly(known: EarlyLook, level: number, x0: Float32Array): EarlyLook {
  const nearer = known === null || Math.abs(level - earlyLevel) < Math.abs(known.level - earlyLevel)
  return nearer ? { level, x0 } : known
}
