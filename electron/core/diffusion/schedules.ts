/**
 * Schedules: how many steps become a sequence of noise levels. Each is a function of the step count alone and returns
 * `steps + 1` sigmas in float64, from 1 (pure noise) falling strictly to 0 (the image).
 */

import type { ScheduleId } from '../../../shared/vocabulary.ts'

/** Evenly spaced sigmas 1, 1 - 1/n, ..., 0: the time grid of rectified flow (Liu et al. 2022) and SiT (Ma et al. 2024). */
export function linearSchedule(steps: number): readonly number[] {
  return Array.from({ length: steps + 1 }, (_, i) => (steps - i) / steps)
}

/** The schedules by id. */
export const scheduleById: Readonly<Record<ScheduleId, (steps: number) => readonly number[]>> = {
  linear: linearSchedule,
}
