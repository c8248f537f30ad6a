/**
 * Ids and labels of everything a run can name. Data only: the same words in code, database, command line and screen.
 * Ids follow the field's use (k-diffusion for samplers, Ma et al. 2025 for algorithms and verifiers).
 */

/**
 * `evaluations` of a step: one; two but one for the last step; one but two for the first of several. `stochastic`
 * samplers draw fresh noise on the way; `multistep` ones need the steps before.
 */
export const samplers = {
  euler: {
    label: 'Euler',
    about: 'First order, one evaluation a step.',
    evaluations: 'one',
    stochastic: false,
    multistep: false,
  },
  heun: {
    label: 'Heun',
    about: 'Second order, two evaluations a step but the last.',
    evaluations: 'two_but_last',
    stochastic: false,
    multistep: false,
  },
  ddim: {
    label: 'DDIM',
    about: 'Deterministic (eta 0). The same step as Euler, under the name that papers and packs use.',
    evaluations: 'one',
    stochastic: false,
    multistep: false,
  },
  euler_ancestral: {
    label: 'Euler ancestral',
    about: 'Steps below the next level and adds fresh noise, so that two paths from one noise part.',
    evaluations: 'one',
    stochastic: true,
    multistep: false,
  },
  dpmpp_2m: {
    label: 'DPM++ 2M',
    about: 'Second order at one evaluation a step, by remembering the estimate before.',
    evaluations: 'one',
    stochastic: false,
    multistep: true,
  },
  lcm: {
    label: 'LCM',
    about: 'For models distilled to a few steps: jumps to the image and noises it anew.',
    evaluations: 'one',
    stochastic: true,
    multistep: false,
  },
  pndm: {
    label: 'PNDM',
    about: 'Linear multistep (PLMS) on even steps, one evaluation a step but two in the first.',
    evaluations: 'one_but_first',
    stochastic: false,
    multistep: true,
  },
} as const satisfies Readonly<Record<string, SamplerFacts>>

export type SamplerFacts = {
  readonly label: string
  readonly about: string
  readonly evaluations: 'one' | 'two_but_last' | 'one_but_first'
  readonly stochastic: boolean
  readonly multistep: boolean
}

/** `of`: the models that a schedule is for, flow models, those trained on discrete timesteps, or both. */
export const schedules = {
  linear: { label: 'Linear', about: 'Evenly spaced from pure noise to the image.', of: 'both' },
  karras: {
    label: 'Karras',
    about: 'Denser towards the image: evenly spaced in the seventh root of the level.',
    of: 'both',
  },
  shifted: {
    label: 'Shifted',
    about: 'Moved towards the noise by a chosen shift, as SD3 does; 1 is linear.',
    of: 'flow',
  },
  shifted_dynamic: {
    label: 'Shifted by size',
    about: 'Moved towards the noise by a shift that grows with the picture, as FLUX does.',
    of: 'flow',
  },
  sd3: {
    label: 'SD3',
    about: "The levels of SD3's released pipelines: shifted, with their own lowest level.",
    of: 'flow',
  },
  leading: {
    label: 'Leading',
    about: 'Every so many trained timesteps, counted from the image: SD1.5 and SDXL.',
    of: 'trained_timesteps',
  },
  trailing: {
    label: 'Trailing',
    about: 'Every so many trained timesteps, counted from pure noise: Turbo models.',
    of: 'trained_timesteps',
  },
  linspace: {
    label: 'Linspace',
    about: 'Trained timesteps from the first to the last, evenly spaced.',
    of: 'trained_timesteps',
  },
  consistency: {
    label: 'Consistency',
    about: 'The timesteps on which latent consistency models were distilled.',
    of: 'trained_timesteps',
  },
} as const satisfies Readonly<Record<string, ScheduleFacts>>

export type ScheduleFacts = {
  readonly label: string
  readonly about: string
  readonly of: 'flow' | 'trained_timesteps' | 'both'
}

/** What starting noises are drawn with. */
export const generators = {
  'philox4x32-10': {
    label: 'Goldpan',
    about: 'Counter-based: any candidate can be made alone, whatever was made before it.',
  },
  'torch-cpu-mt19937': {
    label: 'PyTorch on CPU',
    about:
      'The noise that diffusers and ComfyUI draw on the CPU for the same seed; each candidate takes the next seed.',
  },
} as const

/** What models can run on, by the runtime's execution provider. Offered where a probe of this machine succeeds. */
export const devices = {
  cpu: { label: 'CPU', about: 'The processor; always there.' },
  webgpu: { label: 'WebGPU', about: 'The graphics processor through Vulkan, Direct3D 12 or Metal.' },
  cuda: { label: 'CUDA', about: 'NVIDIA graphics processors on Linux; its libraries are installed apart.' },
  dml: { label: 'DirectML', about: 'Graphics processors on Windows.' },
  coreml: { label: 'Core ML', about: "Apple's processors on macOS." },
} as const

export const algorithms = {
  random_search: {
    label: 'Random search',
    about: 'Draws independent starting noises, samples each to the end, keeps the best score.',
  },
  zero_order_search: {
    label: 'Zero-order search',
    about:
      'Moves a pivot: each round samples neighbours at a fixed angle; the best becomes the pivot if it beats it.',
  },
  search_over_paths: {
    label: 'Search over paths',
    about:
      'Noises unfinished samples again and again, samples them back, keeps the best paths of each round.',
  },
  first_order_search: {
    label: 'First-order search',
    about: 'Follows the gradient of the verifier through the sampler; needs a pack that carries gradients.',
  },
  draft_cull_resume: {
    label: 'Draft, cull, resume',
    about:
      'Scores every candidate after a few steps, drops the worst, finishes the others from where they stood.',
  },
  fk_steering: {
    label: 'Feynman-Kac steering',
    about: 'Samples particles side by side and draws them anew on the way, the better ones more often.',
  },
} as const

/** What Feynman-Kac steering weighs a particle by at each drawing (Singhal et al. 2025, arXiv 2501.06848). */
export const potentials = {
  difference: { label: 'Difference', about: 'What the score gained since the last drawing.' },
  max: { label: 'Maximum', about: 'The best score on the way so far.' },
  sum: { label: 'Sum', about: 'All scores on the way so far.' },
} as const

/**
 * What can judge an image. Whichever of them steers a run is its guide; the others are held out. Exact definitions
 * stand with the arithmetic, one file each in electron/core/verifiers. Higher is better.
 */
export const verifiers = {
  clip_score: {
    label: 'CLIP score',
    about: 'Agreement of image and prompt: 2.5 × max(cosine, 0) of their CLIP features. Higher is better.',
  },
  clip_zero_shot: {
    label: 'CLIP zero-shot',
    about: 'Agreement of the image with the class in the prompt: cosine with the mean of several sentences.',
  },
  aesthetic_score: {
    label: 'Aesthetic',
    about: 'Looks, about 0 to 10, whatever the prompt says: a linear head on the CLIP image feature.',
  },
  image_reward: {
    label: 'ImageReward',
    about: 'Preference, learned from ranked pairs by a network that reads image and prompt together.',
  },
  pick_score: {
    label: 'PickScore',
    about: 'Preference, learned from pairs: scaled cosine of image and prompt.',
  },
  hps_score: {
    label: 'HPSv2',
    about: 'Preference, learned from rankings of generated images: cosine of image and prompt.',
  },
  siglip_score: {
    label: 'SigLIP score',
    about: 'Agreement of image and prompt as a probability: the sigmoid of their scaled cosine.',
  },
  dino_linear: {
    label: 'DINO class',
    about: 'Logit of the class in the prompt, by a linear head on features learned without labels.',
  },
  inception_confidence: {
    label: 'Classifier confidence',
    about: 'Probability of the class in the prompt, by the classifier: the oracle for the Inception score.',
  },
  clip_self: {
    label: 'CLIP self-similarity',
    about: 'Cosine of the CLIP features of an early prediction and of the final image; needs no prompt.',
  },
  dino_self: {
    label: 'DINO self-similarity',
    about: 'Cosine of the DINO features of an early prediction and of the final image; needs no prompt.',
  },
  siglip_self: {
    label: 'SigLIP self-similarity',
    about: 'Cosine of the SigLIP features of an early prediction and of the final image; needs no prompt.',
  },
  llm_grader: {
    label: 'LLM grader',
    about: 'Mean of five marks from 0 to 10 by a vision language model that runs on this machine.',
  },
  you: {
    label: 'You',
    about: "The artist's own eye, learned from blind votes: a linear head on the features of the image.",
  },
  frechet: {
    label: 'Fréchet distance',
    about:
      'Minus the distance of a growing set of images, this one among them, from the reference: the oracle for FID.',
  },
} as const

export type SamplerId = keyof typeof samplers
export type ScheduleId = keyof typeof schedules
export type GeneratorId = keyof typeof generators
export type DeviceId = keyof typeof devices
/** Schedules that give levels in flow form. */
export type FlowScheduleId = {
  [Id in ScheduleId]: (typeof schedules)[Id]['of'] extends 'flow' | 'both' ? Id : never
}[ScheduleId]
export type AlgorithmId = keyof typeof algorithms
export type VerifierId = keyof typeof verifiers

/** Asks a grader outside the studio; every other verifier is evaluated from a pack. */
export const graderVerifier = 'llm_grader'
export type PackVerifierId = Exclude<VerifierId, typeof graderVerifier>

/** Judges sets of images as wholes: no single candidate has a score by it, so it neither guides nor is held out. */
export const setVerifier = 'frechet'

/** The verifiers that a run can name, in the order above. */
export const imageVerifiers: readonly VerifierId[] = idsOf(verifiers).filter((id) => id !== setVerifier)

/** The ids of one of the tables above, as a tuple that zod's `enum` takes. */
export function idsOf<Id extends string>(table: Readonly<Record<Id, unknown>>): [Id, ...Id[]] {
  return Object.keys(table) as [Id, ...Id[]]
}
