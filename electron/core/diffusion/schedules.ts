/**
 * Schedules: how many steps become a sequence of noise levels, in flow form. Each returns `steps + 1` sigmas in
 * float64, from 1 (pure noise) falling strictly to 0 (the image). The levels of epsilon and v models come from their
 * training: beta-schedules.ts.
 */

import type { FlowScheduleId } from '../../../shared/vocabulary.ts'

export type ScheduleParameters = {
  /** Of `shifted`: above 1 moves levels towards the noise, 1 leaves them evenly spaced. Above 0. */
  readonly shift: number
  /** Of `shifted_dynamic`: how many tokens the denoiser sees of one picture's latents. */
  readonly tokens: number
  /** Of `shifted_dynamic`: the line that gives the shift, that of FLUX.1 where the pack says no other. */
  readonly dynamicShift?: DynamicShift | undefined
}

/** mu on a straight line over the number of tokens. */
export type DynamicShift = {
  readonly baseTokens: number
  readonly maxTokens: number
  readonly baseShift: number
  readonly maxShift: number
}

const fluxShift: DynamicShift = { baseTokens: 256, maxTokens: 4096, baseShift: 0.5, maxShift: 1.15 }

export type Schedule = (steps: number, parameters: ScheduleParameters) => readonly number[]

/** Evenly spaced sigmas 1, 1 - 1/n, ..., 0: the time grid of rectified flow (Liu et al. 2022) and SiT (Ma et al. 2024). */
export function linearSchedule(steps: number): readonly number[] {
  return Array.from({ length: steps + 1 }, (_, i) => (steps - i) / steps)
}

/**
 * Levels moved towards the noise, sigma' = shift sigma / (1 + (shift - 1) sigma), because larger pictures need more of
 * it to be hidden (Esser et al. 2024, equation 23; SD3 has shift 3).
 */
export function shiftedSchedule(
  steps: number,
  { shift }: Pick<ScheduleParameters, 'shift'>,
): readonly number[] {
  return linearSchedule(steps).map((sigma) => shifted(sigma, shift))
}

/**
 * The shift that FLUX.1-dev takes for the size of the picture: e^mu, with mu on a straight line over the number of
 * tokens, 0.5 at 256 and 1.15 at 4096 (Black Forest Labs, `get_lin_function` and `time_shift`).
 */
export function dynamicallyShiftedSchedule(
  steps: number,
  { tokens, dynamicShift = fluxShift }: Pick<ScheduleParameters, 'tokens' | 'dynamicShift'>,
): readonly number[] {
  const { baseTokens, maxTokens, baseShift, maxShift } = dynamicShift
  const mu = baseShift + ((tokens - baseTokens) * (maxShift - baseShift)) / (maxTokens - baseTokens)
  return shiftedSchedule(steps, { shift: Math.exp(mu) })
}

/** The lowest level that flow models of a thousand training steps saw. */
const lowestTrained = 1 / 1000

/**
 * Levels denser towards the image: evenly spaced in sigma^(1/7) from 1 to 0.001, then 0 (Karras et al. 2022, equation 5
 * with rho 7; the ends as diffusers' FlowMatchEulerDiscrete with use_karras_sigmas takes them).
 */
export function karrasSchedule(steps: number): readonly number[] {
  return [...karrasLevels(1, lowestTrained, steps), 0]
}

/**
 * The levels of SD3's released pipelines, for pictures that shall come out as there: the shift is applied to the lowest
 * trained level, the levels are evenly spaced down to it, and shifted again; then 0.
 */
export function sd3Schedule(steps: number, { shift }: Pick<ScheduleParameters, 'shift'>): readonly number[] {
  const lowest = shifted(lowestTrained, shift)
  const even = Array.from({ length: steps }, (_, i) => (i === 0 ? 1 : 1 + (i / (steps - 1)) * (lowest - 1)))
  return [...even.map((sigma) => shifted(sigma, shift)), 0]
}

/** shift sigma / (1 + (shift - 1) sigma), written so that 1 stays 1 and 0 stays 0 to the bit. */
function shifted(sigma: number, shift: number): number {
  return sigma / (sigma + (1 - sigma) / shift)
}

/** `count` levels from `highest` to `lowest`, evenly spaced in sigma^(1/7) (Karras et al. 2022, equation 5). */
export function karrasLevels(highest: number, lowest: number, count: number): readonly number[] {
  const rho = 7
  const from = highest ** (1 / rho)
  const to = lowest ** (1 / rho)
  return Array.from({ length: count }, (_, i) =>
    i === 0 ? highest : (from + (i / (count - 1)) * (to - from)) ** rho,
  )
}

/** The schedules of flow models by id. */
export const scheduleById: Readonly<Record<FlowScheduleId, Schedule>> = {
  linear: linearSchedule,
  karras: karrasSchedule,
  shifted: shiftedSchedule,
  shifted_dynamic: dynamicallyShiftedSchedule,
  sd3: sd3Schedule,
}
