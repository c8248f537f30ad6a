/**
 * The noise levels of a sampling run and what the network is told at each: the one place that knows both flow models
 * and those trained on discrete timesteps.
 */

import { schedules, type SamplerId, type ScheduleId } from '../../../shared/vocabulary.ts'
import {
  consistencySchedule,
  discreteSchedule,
  strictlyFalling,
  timestepOf,
  trainedSigmas,
  type BetaSchedule,
  type DiscreteLevels,
  type DiscreteRule,
} from './beta-schedules.ts'
import { levelOf, sigmaAt, type NoiseForm } from './noise-form.ts'
import { scheduleById, type ScheduleParameters } from './schedules.ts'

/** How a model was trained to see noise: the manifest's `timeConvention` and `trainedNoise`. */
export type NoiseTraining =
  | {
      readonly timeConvention: 'sigma_1_is_noise' | 'timestep_1000_is_noise' | 'timestep_0_is_noise'
    }
  | {
      readonly timeConvention: 'trained_timesteps'
      readonly trainedNoise: TrainedNoise
    }

export type TrainedNoise = {
  readonly betas: BetaSchedule
  readonly stepsOffset: number
  /** Where DDIM and PNDM end. */
  readonly final: 'zero' | 'sigma_min'
  /** Of the schedule `consistency`. */
  readonly originalSteps: number
}

export type NoiseLevels = {
  readonly form: NoiseForm
  /** Strictly falling, one more than the steps. */
  readonly sigmas: readonly number[]
  /** What the starting noise is multiplied with. */
  readonly noiseScale: number
  /** What the network is told at a level, one of `sigmas` or any other. */
  readonly timestepAt: (sigma: number) => number
}

/** What a level is chosen by. */
export type LevelChoice = {
  readonly sampler: SamplerId
  readonly schedule: ScheduleId
  readonly steps: number
} & ScheduleParameters

/** No step count has levels: the schedule is for other models, or for other samplers. */
export class WrongScheduleError extends RangeError {}

/**
 * The levels of a run.
 *
 * @throws WrongScheduleError for a schedule that is for other models, and for a sampler that has no such levels
 * @throws RangeError for more steps than there are levels
 */
export function noiseLevels(training: NoiseTraining, choice: LevelChoice): NoiseLevels {
  const { schedule, steps } = choice
  if (training.timeConvention === 'trained_timesteps') return trainedLevels(training.trainedNoise, choice)
  if (!isFlowSchedule(schedule)) throw wrongSchedule(schedule, 'flow')
  // A shift of a damaged configuration can be so large that levels fall together.
  const sigmas = strictlyFalling(scheduleById[schedule](steps, choice))
  const timestepAt = flowTimesteps[training.timeConvention]
  return { form: 'flow', sigmas, noiseScale: sigmas[0] ?? NaN, timestepAt }
}

const flowTimesteps = {
  sigma_1_is_noise: (sigma: number) => sigma,
  timestep_1000_is_noise: (sigma: number) => 1000 * sigma,
  timestep_0_is_noise: (sigma: number) => 1 - sigma,
} as const

/** Which of the trained timesteps each sampler visits, as diffusers' scheduler of that name does. */
const gridOf: Readonly<Record<SamplerId, DiscreteRule['grid']>> = {
  euler: 'fractional',
  heun: 'fractional',
  euler_ancestral: 'fractional',
  lcm: 'fractional',
  ddim: 'whole',
  pndm: 'whole',
  dpmpp_2m: 'whole_but_last',
}

function trainedLevels(
  { betas, stepsOffset, final, originalSteps }: TrainedNoise,
  { sampler, schedule, steps }: LevelChoice,
): NoiseLevels {
  const trained = trainedSigmas(betas)
  const grid = gridOf[sampler]
  const rule = { grid, stepsOffset, final: grid === 'whole' ? final : 'zero' } as const
  const levels = (): DiscreteLevels => {
    switch (schedule) {
      case 'linear':
        return evenLevels(steps, trained)
      case 'consistency':
        return consistencySchedule(steps, betas, originalSteps)
      case 'karras':
        if (grid === 'whole') {
          throw new WrongScheduleError(
            `schedule: expected one of trained timesteps for ${sampler}, which keeps to whole ones, found karras; choose leading, or another sampler`,
          )
        }
        return discreteSchedule(steps, betas, { ...rule, spacing: 'linspace', karras: true })
      case 'leading':
      case 'trailing':
      case 'linspace':
        return discreteSchedule(steps, betas, { ...rule, spacing: schedule, karras: false })
      default:
        throw wrongSchedule(schedule, 'trained_timesteps')
    }
  }
  const { sigmas, timesteps, noiseScale } = levels()
  const told = new Map(timesteps.map((timestep, i) => [sigmas[i], timestep]))
  return {
    form: 'variance_exploding',
    sigmas,
    noiseScale,
    timestepAt: (sigma) => told.get(sigma) ?? timestepOf(sigma, trained),
  }
}

/** Levels whose share of noise is evenly spaced, from the highest trained one to 0: `linear` of other models. */
function evenLevels(steps: number, trained: Float32Array): DiscreteLevels {
  const highest = trained.at(-1) ?? NaN
  const share = levelOf('variance_exploding', highest)
  const sigmas = Array.from({ length: steps + 1 }, (_, i) =>
    i === 0 ? highest : sigmaAt('variance_exploding', (share * (steps - i)) / steps),
  )
  return {
    sigmas,
    timesteps: sigmas.slice(0, -1).map((sigma) => timestepOf(sigma, trained)),
    noiseScale: Math.sqrt(highest * highest + 1),
  }
}

function isFlowSchedule(schedule: ScheduleId): schedule is keyof typeof scheduleById {
  return schedule in scheduleById
}

function wrongSchedule(found: ScheduleId, kind: 'flow' | 'trained_timesteps'): WrongScheduleError {
  const fitting = Object.entries(schedules).flatMap(([id, { of }]) =>
    of === kind || of === 'both' ? [id] : [],
  )
  return new WrongScheduleError(
    `schedule: expected one of ${fitting.join(', ')} for this pack, found ${found}`,
  )
}
