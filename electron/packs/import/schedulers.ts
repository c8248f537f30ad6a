/**
 * scheduler_config.json of diffusers in the words of a pack: sampler, schedule, prediction and the noise of training.
 * diffusers calls all of them together the scheduler; defaults where a file is silent are those of its classes (0.39).
 */

import { z } from 'zod'

import { StudioError } from '../../../shared/errors.ts'
import type { SamplerId, ScheduleId } from '../../../shared/vocabulary.ts'
import type { ImagePackManifest } from '../manifest.ts'

const number = z.number().nullish()

/** The fields that change what a model does; everything else in the file is for other programs. */
export const schedulerSchema = z.looseObject({
  _class_name: z.string().max(100),
  beta_start: number,
  beta_end: number,
  beta_schedule: z.string().nullish(),
  num_train_timesteps: number,
  trained_betas: z.unknown().optional(),
  prediction_type: z.string().nullish(),
  steps_offset: number,
  set_alpha_to_one: z.boolean().nullish(),
  timestep_spacing: z.string().nullish(),
  use_karras_sigmas: z.boolean().nullish(),
  rescale_betas_zero_snr: z.boolean().nullish(),
  timestep_type: z.string().nullish(),
  original_inference_steps: number,
  solver_order: number,
  algorithm_type: z.string().nullish(),
  shift: number,
  use_dynamic_shifting: z.boolean().nullish(),
  time_shift_type: z.string().nullish(),
  base_image_seq_len: number,
  max_image_seq_len: number,
  base_shift: number,
  max_shift: number,
})

export type SchedulerConfig = z.infer<typeof schedulerSchema>

/** The noise of Stable Diffusion's training, and of nearly everything made from it. */
const stableDiffusionNoise = {
  betas: { kind: 'scaled_linear', start: 0.00085, end: 0.012, trainSteps: 1000 },
  stepsOffset: 1,
  final: 'sigma_min',
  originalSteps: 50,
} as const

export type TrainedNoise = NonNullable<ImagePackManifest['trainedNoise']>

/** How a model trained on discrete timesteps is sampled. */
export type TrainedSampling = {
  readonly sampler: SamplerId
  readonly schedule: ScheduleId
  readonly prediction: 'epsilon' | 'v_prediction'
  readonly trainedNoise: TrainedNoise
  /** What differs from the file, for people. */
  readonly notes: readonly string[]
}

type SamplerFacts = {
  readonly sampler: SamplerId
  /** timestep_spacing where the file does not say. */
  readonly spacing: 'leading' | 'linspace'
  readonly note?: string
}

const samplerOfClass: ReadonlyMap<string, SamplerFacts> = new Map([
  ['PNDMScheduler', { sampler: 'pndm', spacing: 'leading' }],
  ['DDIMScheduler', { sampler: 'ddim', spacing: 'leading' }],
  ['EulerDiscreteScheduler', { sampler: 'euler', spacing: 'linspace' }],
  ['EulerAncestralDiscreteScheduler', { sampler: 'euler_ancestral', spacing: 'linspace' }],
  ['HeunDiscreteScheduler', { sampler: 'heun', spacing: 'linspace' }],
  ['DPMSolverMultistepScheduler', { sampler: 'dpmpp_2m', spacing: 'linspace' }],
  ['LCMScheduler', { sampler: 'lcm', spacing: 'leading' }],
])

/** Sampling of a model without a scheduler_config.json, as its family is usually sampled. */
export function usualSampling(sampler: SamplerId, prediction: 'epsilon' | 'v_prediction'): TrainedSampling {
  const schedule = sampler === 'lcm' ? 'consistency' : 'leading'
  return { sampler, schedule, prediction, trainedNoise: stableDiffusionNoise, notes: [] }
}

/** @throws StudioError `pack_invalid` for noise or a prediction that no sampler here knows */
export function trainedSampling(path: string, config: SchedulerConfig): TrainedSampling {
  const name = config._class_name
  if (/^EDM|^FlowMatch/.test(name)) {
    throw unsupported(path, '_class_name', 'a scheduler of trained timesteps', name)
  }
  if (config.timestep_type === 'continuous') {
    throw unsupported(path, 'timestep_type', 'discrete', 'continuous')
  }
  const notes: string[] = []
  const facts = samplerOfClass.get(name) ?? { sampler: 'euler', spacing: 'leading' }
  if (!samplerOfClass.has(name)) {
    notes.push(`Its scheduler ${name} is not among Goldpan's samplers; Euler is taken in its place.`)
  }
  if (config.algorithm_type?.startsWith('sde') === true || (config.solver_order ?? 2) > 2) {
    notes.push(`${name} is taken as DPM++ 2M: second order, without noise on the way.`)
  }
  notes.push(...unheeded(config))
  return {
    sampler: facts.sampler,
    schedule: scheduleOf(config, facts),
    prediction: predictionOf(path, config),
    trainedNoise: {
      betas: betasOf(path, config),
      stepsOffset: config.steps_offset ?? 0,
      final: endsAtImage(config) ? 'zero' : 'sigma_min',
      originalSteps: config.original_inference_steps ?? 50,
    },
    notes,
  }
}

/** Switches that change pictures a little, and that no sampler here has. */
const switches = [
  'clip_sample',
  'thresholding',
  'use_exponential_sigmas',
  'use_beta_sigmas',
  'use_lu_lambdas',
  'use_flow_sigmas',
  'invert_sigmas',
  'stochastic_sampling',
] as const

function unheeded(config: SchedulerConfig): readonly string[] {
  return switches
    .filter((field) => config[field] === true)
    .map((field) => `Its scheduler asks for ${field}, which Goldpan does not have; pictures differ a little.`)
}

function scheduleOf(config: SchedulerConfig, { sampler, spacing }: SamplerFacts): ScheduleId {
  if (sampler === 'lcm') return 'consistency'
  // DDIM and PNDM keep to whole timesteps.
  if (config.use_karras_sigmas === true && sampler !== 'ddim' && sampler !== 'pndm') return 'karras'
  const asked = config.timestep_spacing ?? spacing
  return asked === 'trailing' || asked === 'linspace' ? asked : 'leading'
}

function predictionOf(path: string, { prediction_type }: SchedulerConfig): 'epsilon' | 'v_prediction' {
  if (prediction_type === null || prediction_type === undefined) return 'epsilon'
  if (prediction_type === 'epsilon' || prediction_type === 'v_prediction') return prediction_type
  throw unsupported(path, 'prediction_type', 'epsilon or v_prediction', prediction_type)
}

function betasOf(path: string, config: SchedulerConfig): TrainedNoise['betas'] {
  if (config.trained_betas !== null && config.trained_betas !== undefined) {
    throw unsupported(path, 'trained_betas', 'none', 'a list of its own')
  }
  if (config.rescale_betas_zero_snr === true) {
    throw unsupported(path, 'rescale_betas_zero_snr', 'false', 'true')
  }
  const kind = config.beta_schedule ?? 'linear'
  if (kind !== 'linear' && kind !== 'scaled_linear' && kind !== 'squaredcos_cap_v2') {
    throw unsupported(path, 'beta_schedule', 'linear, scaled_linear or squaredcos_cap_v2', kind)
  }
  return {
    kind,
    start: config.beta_start ?? 0.0001,
    end: config.beta_end ?? 0.02,
    trainSteps: config.num_train_timesteps ?? 1000,
  }
}

/** Where the file is silent, as diffusers' DDIM has it, but for a file of PNDM. */
function endsAtImage({ _class_name, set_alpha_to_one }: SchedulerConfig): boolean {
  return set_alpha_to_one ?? _class_name !== 'PNDMScheduler'
}

/** How a flow model is sampled. */
export type FlowSampling = {
  readonly sampler: 'euler' | 'heun'
  readonly schedule: 'linear' | 'shifted' | 'shifted_dynamic' | 'sd3'
  readonly shift?: number
  readonly dynamicShift?: NonNullable<ImagePackManifest['dynamicShift']>
  readonly notes: readonly string[]
}

/**
 * @param evenly whether the pipeline of the family hands even levels to its scheduler (FLUX), which shifts them once;
 * otherwise the scheduler shifts its own lowest level as well (SD3)
 */
export function flowSampling(path: string, config: SchedulerConfig, evenly: boolean): FlowSampling {
  const name = config._class_name
  const notes = [...unheeded(config)]
  const known = name === 'FlowMatchEulerDiscreteScheduler' || name === 'FlowMatchHeunDiscreteScheduler'
  if (!known)
    notes.push(`Its scheduler ${name} is not among Goldpan's samplers; Euler is taken in its place.`)
  const sampler = name === 'FlowMatchHeunDiscreteScheduler' ? 'heun' : 'euler'
  if (config.use_dynamic_shifting === true) {
    if (config.time_shift_type === 'linear') {
      throw unsupported(path, 'time_shift_type', 'exponential', 'linear')
    }
    const dynamicShift = {
      baseTokens: config.base_image_seq_len ?? 256,
      maxTokens: config.max_image_seq_len ?? 4096,
      baseShift: config.base_shift ?? 0.5,
      maxShift: config.max_shift ?? 1.15,
    }
    return { sampler, schedule: 'shifted_dynamic', dynamicShift, notes }
  }
  return { sampler, schedule: evenly ? 'shifted' : 'sd3', shift: config.shift ?? 1, notes }
}

function unsupported(path: string, field: string, expected: string, found: string): StudioError {
  return new StudioError(
    'pack_invalid',
    `${path}, ${field}: expected ${expected}, found ${found}, which Goldpan does not have. Choose another export of the model.`,
  )
}
