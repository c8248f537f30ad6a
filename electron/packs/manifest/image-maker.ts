/** What packs that make images have in common, whatever tells them what to draw. */

import { z } from 'zod'

import { idsOf, samplers, schedules, type ScheduleId } from '../../../shared/vocabulary.ts'
import { gradientGraph, graph, positive, rgb, tensorName } from './parts.ts'

export const imageMaker = {
  image: z.object({ width: positive.max(8192), height: positive.max(8192) }),
  /** Sides, in pixels, that the graphs take besides those of `image`; without it only that size. */
  sizes: z
    .strictObject({ multipleOf: positive.max(1024), least: positive.max(8192), most: positive.max(8192) })
    .optional(),
  latents: z
    .object({
      channels: positive.max(256),
      height: positive.max(1024),
      width: positive.max(1024),
      /** Per channel: what the decoder reads is normalised * scale + shift. */
      scale: z.array(z.number()),
      shift: z.array(z.number()),
      /** Per channel: RGB (0..1) of a normalised latent pixel is sum(latent * previewMatrix) + previewBias. */
      previewMatrix: z.array(rgb),
      previewBias: rgb,
    })
    .superRefine((latents, context) => {
      for (const field of ['scale', 'shift', 'previewMatrix'] as const) {
        if (latents[field].length === latents.channels) continue
        const message = `expected one entry for each of the ${latents.channels} channels`
        context.addIssue({ code: 'custom', path: [field], message })
      }
    }),
  /**
   * What the denoiser predicts, with x = alpha x0 + sigma e: the velocity e - x0 of flow models (METHOD, section 3),
   * the noise e, or v = alpha e - sigma x0 of the variance preserving form (Salimans & Ho 2022).
   */
  prediction: z.enum(['velocity', 'epsilon', 'v_prediction']),
  /**
   * What the graph's timestep says of the noise level.
   *
   * - `sigma_1_is_noise`: it is sigma, in flow form
   * - `timestep_1000_is_noise`: it is 1000 sigma, in flow form (SD3)
   * - `timestep_0_is_noise`: it is 1 - sigma, in flow form, and velocities point from noise to image (SiT)
   * - `trained_timesteps`: one of the discrete timesteps of `trainedNoise`
   */
  timeConvention: z.enum([
    'sigma_1_is_noise',
    'timestep_1000_is_noise',
    'timestep_0_is_noise',
    'trained_timesteps',
  ]),
  /** Of `trained_timesteps`: the noise that training added, in the words of diffusers' scheduler_config.json. */
  trainedNoise: z
    .strictObject({
      betas: z.strictObject({
        kind: z.enum(['linear', 'scaled_linear', 'squaredcos_cap_v2']),
        start: z.number().positive().max(1),
        end: z.number().positive().max(1),
        trainSteps: positive.max(100_000),
      }),
      /** Added by the schedule `leading`. */
      stepsOffset: z.number().int().nonnegative().max(1000),
      /** Where DDIM and PNDM end: at the image, or at the lowest trained level (set_alpha_to_one false). */
      final: z.enum(['zero', 'sigma_min']),
      /** Of the schedule `consistency`: steps that the distillation used. */
      originalSteps: positive.max(1000).default(50),
    })
    .optional(),
  /** Of the schedule `shifted_dynamic`, where it is not FLUX.1's. */
  dynamicShift: z
    .strictObject({
      baseTokens: positive,
      maxTokens: positive,
      baseShift: z.number(),
      maxShift: z.number(),
    })
    .optional(),
  /**
   * How guidance reaches the denoiser.
   *
   * - `second_pass`: classifier-free, an unconditional prediction beside the conditional one
   * - `embedding`: a distilled model is told the scale (FLUX.1-dev, LCM)
   * - `none`: a model distilled without it (Turbo, FLUX.1-schnell); a run's guidance is 1
   */
  guidanceBy: z.enum(['second_pass', 'embedding', 'none']).default('second_pass'),
  /** Channels that a second pass guides, the first ones; the others stay as the conditional prediction has them (SiT). */
  guidedChannels: positive.max(256).optional(),
  /** Whether the denoiser predicts a variance as well, in as many channels behind the others, which nothing reads. */
  learnedVariance: z.boolean().default(false),
  defaults: z.object({
    sampler: z.enum(idsOf(samplers)),
    schedule: z.enum(idsOf(schedules)),
    steps: positive,
    guidance: z.number().nonnegative(),
    /** Of the schedule `shifted`. */
    shift: z.number().positive().max(100).optional(),
  }),
}
/** Null where nobody has counted the graph's operations. */
export const gflopPerForward = z.number().positive().nullable()
export const decoder = graph({ latents: tensorName }, { image: tensorName })

/** Of one evaluation of the gradient graph: the denoiser once more, and the way back. */
export const gflopPerBackward = z.number().positive()
export const decoderGradient = gradientGraph({ latents: tensorName }).optional()

/** What no schema of single fields can say of a pack that makes images. */
export function checkImageMaker(
  manifest: {
    readonly timeConvention: string
    readonly prediction: string
    readonly trainedNoise?: unknown
    readonly guidanceBy: string
    readonly defaults: { readonly schedule: ScheduleId; readonly guidance: number }
  },
  context: z.RefinementCtx,
): void {
  const { timeConvention, prediction, trainedNoise, guidanceBy, defaults } = manifest
  const trained = timeConvention === 'trained_timesteps'
  if (trained !== (trainedNoise !== undefined)) {
    const message = `expected ${trained ? 'the noise of training' : 'none'} with the time convention ${timeConvention}`
    context.addIssue({ code: 'custom', path: ['trainedNoise'], message })
  }
  if (trained === (prediction === 'velocity')) {
    const message = `expected ${trained ? 'epsilon or v_prediction' : 'velocity'} with the time convention ${timeConvention}`
    context.addIssue({ code: 'custom', path: ['prediction'], message })
  }
  if (!fitsTimes(defaults.schedule, timeConvention)) {
    const message = `expected a schedule for the time convention ${timeConvention}`
    context.addIssue({ code: 'custom', path: ['defaults', 'schedule'], message })
  }
  if (guidanceBy === 'none' && defaults.guidance !== 1) {
    const message = 'expected 1, no guidance, of a pack that takes none'
    context.addIssue({ code: 'custom', path: ['defaults', 'guidance'], message })
  }
}

/** Whether a schedule gives noise levels of the kind that a pack's time convention has. */
export function fitsTimes(schedule: ScheduleId, timeConvention: string): boolean {
  const kind = timeConvention === 'trained_timesteps' ? 'trained_timesteps' : 'flow'
  return ([kind, 'both'] as readonly string[]).includes(schedules[schedule].of)
}
