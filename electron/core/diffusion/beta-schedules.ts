/**
 * Noise levels of models trained on discrete timesteps (SD1.5, SD2, SDXL, PixArt-Sigma), in variance exploding form:
 * sigma = sqrt((1 - abar) / abar), abar the cumulative product of 1 - beta. Numbers follow diffusers to the last bit of
 * float32, because pictures that people have were made with them.
 */

import { karrasLevels } from './schedules.ts'

/** How much noise each training step added. */
export type BetaSchedule = {
  readonly kind: 'linear' | 'scaled_linear' | 'squaredcos_cap_v2'
  /** First beta; read by the two linear ones. */
  readonly start: number
  /** Last beta; read by the two linear ones. */
  readonly end: number
  /** T, 1000 for all models in use. */
  readonly trainSteps: number
}

/** Which of the trained timesteps a sampler visits, in the words of a pack's scheduler_config.json. */
export type DiscreteRule = {
  /**
   * - `fractional`: Euler, Euler ancestral and Heun keep fractions of timesteps
   * - `whole`: DDIM and PNDM round them
   * - `whole_but_last`: DPM++ rounds one more than it takes, and leaves out the last
   */
  readonly grid: 'fractional' | 'whole' | 'whole_but_last'
  /** timestep_spacing (Lin et al. 2024, "Common Diffusion Noise Schedules and Sample Steps are Flawed", table 2) */
  readonly spacing: 'leading' | 'trailing' | 'linspace'
  /** steps_offset: added by `leading` */
  readonly stepsOffset: number
  /** use_karras_sigmas: levels spaced anew between the same ends; not for `whole` */
  readonly karras: boolean
  /** final_sigmas_type; for DDIM and PNDM set_alpha_to_one: true is `zero`, false is `sigma_min` */
  readonly final: 'zero' | 'sigma_min'
}

/** The levels of a sampling run: `timesteps[i]` is what the network is told at `sigmas[i]`. */
export type DiscreteLevels = {
  /** One a step, falling. */
  readonly timesteps: readonly number[]
  /** One a step and the last, strictly falling, float32 values. */
  readonly sigmas: readonly number[]
  /** init_noise_sigma in variance exploding form: what the starting noise is multiplied with. */
  readonly noiseScale: number
}

/** abar, the share of the image's variance that is left at each timestep: float32, `trainSteps` long, falling. */
export function cumulativeAlphas(betas: BetaSchedule): Float32Array {
  const cumulative = new Float32Array(betas.trainSteps)
  // torch accumulates in double and rounds what it gives out.
  let product = 1
  betasOf(betas).forEach((beta, t) => {
    product *= Math.fround(1 - beta)
    cumulative[t] = product
  })
  return cumulative
}

function betasOf({ kind, start, end, trainSteps }: BetaSchedule): Float32Array {
  switch (kind) {
    case 'linear':
      return torchLinspace(start, end, trainSteps)
    case 'scaled_linear':
      return torchLinspace(Math.sqrt(start), Math.sqrt(end), trainSteps).map((root) => root * root)
    case 'squaredcos_cap_v2': {
      // Nichol & Dhariwal 2021, section 3.2.
      const share = (time: number): number => Math.cos(((time + 0.008) / 1.008) * (Math.PI / 2)) ** 2
      return Float32Array.from({ length: trainSteps }, (_, t) =>
        Math.min(1 - share((t + 1) / trainSteps) / share(t / trainSteps), 0.999),
      )
    }
  }
}

/** torch.linspace in float32: from both ends to the middle, each with one rounding (fused multiply-add). */
function torchLinspace(start: number, end: number, count: number): Float32Array {
  const first = Math.fround(start)
  const last = Math.fround(end)
  const step = Math.fround(Math.fround(last - first) / (count - 1))
  return Float32Array.from({ length: count }, (_, i) =>
    // Products and sums of these float32 numbers are exact in double: the only rounding is that of the array.
    i < count / 2 ? first + step * i : last - step * (count - 1 - i),
  )
}

/** sigma of every trained timestep: float32, rising. */
export function trainedSigmas(betas: BetaSchedule): Float32Array {
  return cumulativeAlphas(betas).map((abar) => Math.sqrt(Math.fround(Math.fround(1 - abar) / abar)))
}

/**
 * The levels that diffusers' schedulers take for so many steps. One difference: DDIM and PNDM go there from t to
 * t - floor(T / steps), which for spacings other than `leading` is not the next timestep of their list; here it is.
 *
 * Throws RangeError for more steps than the spacing has levels for, and for a final sigma_min that was reached before.
 */
export function discreteSchedule(steps: number, betas: BetaSchedule, rule: DiscreteRule): DiscreteLevels {
  const trained = trainedSigmas(betas)
  const lowest = trained[0] ?? NaN
  const highest = trained.at(-1) ?? NaN
  let timesteps: readonly number[] = spacedTimesteps(steps, betas.trainSteps, rule)
  let sigmas = timesteps.map((t) => interpolate(t, trained))
  if (rule.karras) {
    const [from, to] =
      rule.grid === 'whole_but_last' ? [highest, lowest] : [sigmas[0] ?? NaN, sigmas.at(-1) ?? NaN]
    sigmas = [...karrasLevels(from, to, steps)]
    timesteps = sigmas.map((sigma) => timestepOf(sigma, trained))
    if (rule.grid === 'whole_but_last') {
      timesteps = timesteps.map(betas.kind === 'squaredcos_cap_v2' ? Math.trunc : roundHalfEven)
    }
  }
  const largest = Math.fround(sigmas[0] ?? NaN)
  const startsAtNoise = rule.grid === 'fractional' && rule.spacing !== 'leading'
  return {
    timesteps,
    sigmas: strictlyFalling([...sigmas, rule.final === 'zero' ? 0 : lowest].map(Math.fround)),
    noiseScale: startsAtNoise ? largest : Math.sqrt(largest * largest + 1),
  }
}

/**
 * The levels of latent consistency models: `steps` of the `originalSteps` timesteps that the distillation used, as
 * diffusers' LCMScheduler chooses them. Throws RangeError for more steps than that.
 */
export function consistencySchedule(steps: number, betas: BetaSchedule, originalSteps = 50): DiscreteLevels {
  const trained = trainedSigmas(betas)
  const stride = Math.floor(betas.trainSteps / originalSteps)
  const timesteps = Array.from(
    { length: steps },
    (_, i) => (originalSteps - Math.floor((i * originalSteps) / steps)) * stride - 1,
  )
  const sigmas = timesteps.map((t) => interpolate(t, trained))
  return {
    timesteps,
    sigmas: strictlyFalling([...sigmas, 0]),
    noiseScale: Math.sqrt((sigmas[0] ?? NaN) ** 2 + 1),
  }
}

function spacedTimesteps(
  steps: number,
  trainSteps: number,
  { grid, spacing, stepsOffset }: DiscreteRule,
): readonly number[] {
  const round = grid === 'fractional' ? Math.fround : roundHalfEven
  const extra = grid === 'whole_but_last' ? 1 : 0
  // Written as numpy computes them, because rounding to whole timesteps shows the last bit.
  const falling = (timestep: (k: number) => number): number[] =>
    Array.from({ length: steps }, (_, i) => timestep(steps + extra - 1 - i))
  switch (spacing) {
    case 'linspace': {
      const last = steps + extra - 1
      const step = (trainSteps - 1) / Math.max(1, last)
      return falling((k) => round(k === last && k > 0 ? trainSteps - 1 : k * step))
    }
    case 'leading': {
      const stride = Math.floor(trainSteps / (steps + extra))
      return falling((k) => k * stride + stepsOffset)
    }
    case 'trailing': {
      const stride = trainSteps / steps
      return Array.from({ length: steps }, (_, i) => roundHalfEven(trainSteps - i * stride) - 1)
    }
  }
}

/** Half to even, as numpy rounds. */
function roundHalfEven(value: number): number {
  const rounded = Math.round(value)
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded
}

/** sigma at a timestep that may lie between two trained ones or beyond the last. */
function interpolate(t: number, trained: Float32Array): number {
  const low = Math.min(Math.floor(t), trained.length - 1)
  const from = trained[low] ?? NaN
  const to = trained[low + 1] ?? from
  return from + (to - from) * (t - low)
}

/** The timestep at which training had this sigma, on a straight line between the logarithms around it. */
export function timestepOf(sigma: number, trained: Float32Array): number {
  const logs = trained.map(Math.log)
  const wanted = Math.log(sigma)
  const above = logs.findIndex((log) => log > wanted)
  const low = above === -1 ? logs.length - 2 : Math.max(0, above - 1)
  const from = logs[low] ?? NaN
  const share = (wanted - from) / ((logs[low + 1] ?? NaN) - from)
  return low + Math.min(1, Math.max(0, share))
}

/** The same levels; throws RangeError where a sampler could not step from each to the next. */
export function strictlyFalling(sigmas: readonly number[]): readonly number[] {
  if (sigmas[0] === Infinity) throw new RangeError('Expected a finite noise level, found Infinity')
  const stuck = sigmas.findIndex((sigma, i) => i > 0 && !(sigma < (sigmas[i - 1] ?? NaN)))
  if (stuck > 0) {
    throw new RangeError(
      `Expected strictly falling noise levels, found ${sigmas[stuck - 1]} and then ${sigmas[stuck]}; take fewer steps, or another schedule`,
    )
  }
  return sigmas
}
