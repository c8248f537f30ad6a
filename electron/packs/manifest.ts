/**
 * The manifest of a pack (pack.json): what its files are, what they expect, what they give. Written by
 * models/recipes; read here and nowhere else. Nothing of a pack is guessed from file names.
 */

import { z } from 'zod'

import { assertNever } from '../../shared/assert-never.ts'
import {
  graderVerifier,
  idsOf,
  samplers,
  schedules,
  verifiers,
  type PackVerifierId,
  type ScheduleId,
} from '../../shared/vocabulary.ts'

/** A plain relative path inside the pack: no `..`, no drive, no backslash, no leading slash. */
const relativeFile = z
  .string()
  .max(200)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*(\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$/, {
    error: 'expected a plain relative path such as transformer/model.onnx',
  })

const positive = z.number().int().positive()
const tokenizer = z.strictObject({ file: relativeFile, configFile: relativeFile })
const graph = <In extends z.ZodRawShape, Out extends z.ZodRawShape>(inputs: In, outputs: Out) =>
  z.object({ file: relativeFile, inputs: z.strictObject(inputs), outputs: z.strictObject(outputs) })
const tensorName = z.string().min(1).max(200)

const head = {
  formatVersion: z.literal(1),
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, { error: 'expected lower-case letters, digits and hyphens' }),
  name: z.string().min(1).max(100),
  version: z.string().min(1).max(40),
  licence: z.string().min(1).max(100),
  description: z.string().max(2000),
  files: z.record(
    relativeFile,
    z.strictObject({ bytes: z.number().int().nonnegative(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  ),
}

/** Tokens of a text, padded or cut to this length. */
const textTokens = positive.max(4096)
/** Names in the order of a network's outputs, each once. */
const names = z
  .array(z.string().min(1).max(100))
  .min(1)
  .max(10_000)
  .refine((list) => new Set(list).size === list.length, { error: 'expected each name once' })

/** RGB of one latent channel, for previews. */
const rgb = z.tuple([z.number(), z.number(), z.number()])
const spread = z.tuple([z.number().positive(), z.number().positive(), z.number().positive()])

/** A picture as a network takes it: its size, and per channel (value in 0..1 - mean) / std. */
const pictureInput = z.object({
  width: positive.max(4096),
  height: positive.max(4096),
  mean: rgb,
  std: spread,
  /** How pictures are brought to this size; without it, pictures of another size are refused. */
  resize: z
    .discriminatedUnion('fit', [
      /** The shorter side becomes `size`, then the middle is cut out. */
      z.strictObject({
        fit: z.literal('shortest_edge_then_crop'),
        filter: z.enum(['bicubic', 'bilinear']),
        size: positive.max(4096),
        /** Where an odd margin leaves the middle: `floor` in transformers, `half_even` in torchvision. */
        cropOffset: z.enum(['floor', 'half_even']),
      }),
      /** Both sides change, whatever the proportions. */
      z.strictObject({ fit: z.literal('exact'), filter: z.enum(['bicubic', 'bilinear']) }),
      /** Both sides change, as torch interpolates floats: bilinear, without antialiasing (pytorch-fid). */
      z.strictObject({ fit: z.literal('interpolated') }),
    ])
    .optional(),
})

/** What packs that make images have in common, whatever the condition is. */
const imageMaker = {
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
const gflopPerForward = z.number().positive().nullable()
const decoder = graph({ latents: tensorName }, { image: tensorName })

/**
 * Vector-Jacobian graphs, for first_order_search: the inputs of a graph and a cotangent of its output, to the gradient
 * with respect to its picture or latents. What the way back needs of the way there is evaluated anew inside.
 */
const gradientGraph = <In extends z.ZodRawShape>(inputs: In) =>
  graph({ ...inputs, cotangent: tensorName }, { gradient: tensorName })
/** Of one evaluation of the gradient graph: the denoiser once more, and the way back. */
const gflopPerBackward = z.number().positive()
const decoderGradient = gradientGraph({ latents: tensorName }).optional()

/** Text to features, in the roles that a denoiser takes. `tokens`: padded or cut to this length. */
const textEncoder = graph(
  { inputIds: tensorName, attentionMask: tensorName.optional() },
  { hiddenStates: tensorName.optional(), pooled: tensorName.optional() },
)
const furtherEncoder = textEncoder.extend({ tokens: textTokens }).optional()

/** Inputs of a denoiser beside latents and timestep, each where its family takes it. */
const conditionInputs = {
  /** [batch, tokens, width] */
  hiddenStates: tensorName.optional(),
  /** One feature of the whole text, [batch, width] (SDXL, SD3, FLUX). */
  pooled: tensorName.optional(),
  /** Height, width, top, left, height, width of the picture, [batch, 6] (SDXL, micro-conditioning). */
  timeIds: tensorName.optional(),
  /** 1 for the text's own tokens, [batch, tokens] (PixArt-Sigma). */
  attentionMask: tensorName.optional(),
  /** The guidance scale, [batch] (FLUX.1-dev). */
  guidance: tensorName.optional(),
  /** Sinusoidal embedding of the guidance scale, [batch, width] (LCM). */
  timestepCond: tensorName.optional(),
  /** Places of the packed latents and of the text's tokens, [tokens, 3] (FLUX). */
  imageIds: tensorName.optional(),
  textIds: tensorName.optional(),
}

/** Makes images from a sentence. */
export const textPackSchema = z
  .object({
    ...head,
    kind: z.literal('text_to_image'),
    /** Of the first text encoder. */
    textTokens,
    ...imageMaker,
    /**
     * How texts become what the denoiser is told.
     *
     * - `text`: the hidden states of one encoder (the bundled packs, SD1.5, SD2, LCM)
     * - `sdxl`: hidden states of two encoders side by side, the pooled feature of the second, sizes
     * - `sd3`: as `sdxl`, both pooled features, then the hidden states of T5, where the pack has it
     * - `flux`: hidden states of T5, the pooled feature of CLIP, places; latents packed 2 x 2
     * - `pixart_sigma`: hidden states of T5 with a mask
     */
    conditioning: z.enum(['text', 'sdxl', 'sd3', 'flux', 'pixart_sigma']).default('text'),
    /** Whether an empty text is all zeros instead of what the encoders make of it (SDXL). */
    zerosForEmptyPrompt: z.boolean().default(false),
    vocabularyNote: z.string().max(2000).default(''),
    examplePrompts: z.array(z.string().min(1).max(300)).max(50).default([]),
    components: z.strictObject({
      tokenizer,
      textEncoder,
      tokenizer2: tokenizer.optional(),
      textEncoder2: furtherEncoder,
      tokenizer3: tokenizer.optional(),
      textEncoder3: furtherEncoder,
      denoiser: graph(
        { latents: tensorName, timestep: tensorName, ...conditionInputs },
        { prediction: tensorName },
      ).extend({ gflopPerForward }),
      denoiserGradient: gradientGraph({ latents: tensorName, timestep: tensorName, hiddenStates: tensorName })
        .extend({ gflopPerBackward })
        .optional(),
      decoder,
      decoderGradient,
    }),
  })
  .superRefine(checkImageMaker)
  .superRefine((manifest, context) => {
    for (const path of neededBy[manifest.conditioning]) {
      if (valueAt(manifest, ['components', ...path]) !== undefined) continue
      const message = `expected this part for the conditioning ${manifest.conditioning}`
      context.addIssue({ code: 'custom', path: ['components', ...path], message })
    }
    const { guidance, timestepCond } = manifest.components.denoiser.inputs
    const isTold = guidance !== undefined || timestepCond !== undefined
    if (isTold !== (manifest.guidanceBy === 'embedding')) {
      const message = `expected ${isTold ? '' : 'another than '}embedding of a denoiser that ${isTold ? 'is' : 'is not'} told the scale`
      context.addIssue({ code: 'custom', path: ['guidanceBy'], message })
    }
  })

/** Parts that each conditioning is made of, beyond the first text encoder and its tokenizer. */
const neededBy = {
  text: [
    ['textEncoder', 'outputs', 'hiddenStates'],
    ['denoiser', 'inputs', 'hiddenStates'],
  ],
  sdxl: [
    ['textEncoder', 'outputs', 'hiddenStates'],
    ['tokenizer2'],
    ['textEncoder2', 'outputs', 'hiddenStates'],
    ['textEncoder2', 'outputs', 'pooled'],
    ['denoiser', 'inputs', 'hiddenStates'],
    ['denoiser', 'inputs', 'pooled'],
    ['denoiser', 'inputs', 'timeIds'],
  ],
  sd3: [
    ['textEncoder', 'outputs', 'hiddenStates'],
    ['textEncoder', 'outputs', 'pooled'],
    ['tokenizer2'],
    ['textEncoder2', 'outputs', 'hiddenStates'],
    ['textEncoder2', 'outputs', 'pooled'],
    ['denoiser', 'inputs', 'hiddenStates'],
    ['denoiser', 'inputs', 'pooled'],
  ],
  flux: [
    ['textEncoder', 'outputs', 'pooled'],
    ['tokenizer2'],
    ['textEncoder2', 'outputs', 'hiddenStates'],
    ['denoiser', 'inputs', 'hiddenStates'],
    ['denoiser', 'inputs', 'pooled'],
    ['denoiser', 'inputs', 'imageIds'],
    ['denoiser', 'inputs', 'textIds'],
  ],
  pixart_sigma: [
    ['textEncoder', 'outputs', 'hiddenStates'],
    ['denoiser', 'inputs', 'hiddenStates'],
    ['denoiser', 'inputs', 'attentionMask'],
  ],
} as const satisfies Readonly<Record<string, readonly (readonly string[])[]>>

/** What no schema of single fields can say of a pack that makes images. */
function checkImageMaker(
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

/** Makes images of a class: a run's prompt is the name of one. */
export const classPackSchema = z
  .object({
    ...head,
    kind: z.literal('class_to_image'),
    ...imageMaker,
    /** Names of the classes; a class's label is its place in this list. */
    classes: names,
    /** The label that means no class, for guidance: any that no class has. */
    nullClass: z.number().int().nonnegative(),
    components: z.strictObject({
      /** `classLabels` is int64 [batch]. */
      denoiser: graph(
        { latents: tensorName, timestep: tensorName, classLabels: tensorName },
        { prediction: tensorName },
      ).extend({ gflopPerForward }),
      denoiserGradient: gradientGraph({ latents: tensorName, timestep: tensorName, classLabels: tensorName })
        .extend({ gflopPerBackward })
        .optional(),
      decoder,
      decoderGradient,
    }),
  })
  .superRefine(checkImageMaker)
  .refine(({ classes, nullClass }) => nullClass >= classes.length, {
    path: ['nullClass'],
    error: 'expected a label that no class has',
  })

/** Of a graph that holds both towers: must be fed, and says nothing to the output that is read. */
const spareInput = tensorName.optional()

const verifierFields = z.object({
  ...head,
  kind: z.literal('verifier'),
  verifiers: z
    .array(z.object({ id: z.enum(idsOf(verifiers)).exclude([graderVerifier]) }))
    .min(1)
    .refine((list) => new Set(list.map(({ id }) => id)).size === list.length, {
      error: 'expected each verifier once',
    }),
  image: pictureInput,
  /** Put before every prompt by the verifier's definition. */
  promptPrefix: z.string().max(200).default(''),
  textTokens: textTokens.optional(),
  /** pick_score, siglip_score: what the cosine is multiplied with, exp of the learned logit scale. */
  logitScale: z.number().positive().optional(),
  /** siglip_score: what is added to the scaled cosine. */
  logitBias: z.number().optional(),
  /** image_reward: the score is (reward - mean) / std. */
  reward: z.strictObject({ mean: z.number(), std: z.number().positive() }).optional(),
  /** "red circle": a class's place in this list is its place among the logits. */
  classes: names.optional(),
  /** clip_zero_shot: sentences with `{class}` where the class's name goes. */
  classTemplates: z
    .array(z.string().max(300).includes('{class}', { error: 'expected {class} where the name goes' }))
    .min(1)
    .max(100)
    .optional(),
  /** frechet: little-endian float64, the mean [dimensions], then the covariance [dimensions, dimensions]. */
  reference: z.strictObject({ file: relativeFile, dimensions: positive.max(4096) }).optional(),
  components: z.strictObject({
    tokenizer: tokenizer.optional(),
    /** [batch, 3, height, width] to embedding [batch, width], logits [batch, classes], score [batch] or [batch, 1]. */
    imageTower: graph(
      { pixels: tensorName, inputIds: spareInput, attentionMask: spareInput },
      { embedding: tensorName.optional(), logits: tensorName.optional(), score: tensorName.optional() },
    ).optional(),
    /** `of` is the output of the image tower whose cotangent goes in. */
    imageTowerGradient: gradientGraph({ pixels: tensorName })
      .extend({ of: z.enum(['embedding', 'logits', 'score']) })
      .optional(),
    textTower: graph(
      { inputIds: tensorName, attentionMask: tensorName.optional(), pixels: spareInput },
      { embedding: tensorName },
    ).optional(),
    /** Pictures and texts together to a score, [batch] or [batch, 1]. */
    pairTower: graph(
      { pixels: tensorName, inputIds: tensorName, attentionMask: tensorName.optional() },
      { score: tensorName },
    ).optional(),
    pairTowerGradient: gradientGraph({ pixels: tensorName, inputIds: tensorName }).optional(),
  }),
})

/** The optional parts of a verifier pack, and where each stands in its manifest. */
const parts = {
  textTokens: ['textTokens'],
  logitScale: ['logitScale'],
  logitBias: ['logitBias'],
  reward: ['reward'],
  classes: ['classes'],
  classTemplates: ['classTemplates'],
  reference: ['reference'],
  tokenizer: ['components', 'tokenizer'],
  textTower: ['components', 'textTower'],
  pairTower: ['components', 'pairTower'],
  embedding: ['components', 'imageTower', 'outputs', 'embedding'],
  logits: ['components', 'imageTower', 'outputs', 'logits'],
  score: ['components', 'imageTower', 'outputs', 'score'],
} as const satisfies Readonly<Record<string, readonly string[]>>

const text = ['textTokens', 'tokenizer', 'textTower'] as const

/** Which of the optional parts each verifier is made of (METHOD, section 5). */
const partsOf: Readonly<Record<PackVerifierId, readonly (keyof typeof parts)[]>> = {
  clip_score: ['embedding', ...text],
  clip_zero_shot: ['embedding', ...text, 'classes', 'classTemplates'],
  clip_self: ['embedding'],
  aesthetic_score: ['score'],
  image_reward: ['pairTower', 'textTokens', 'tokenizer', 'reward'],
  pick_score: ['embedding', ...text, 'logitScale'],
  hps_score: ['embedding', ...text],
  siglip_score: ['embedding', ...text, 'logitScale', 'logitBias'],
  dino_linear: ['logits', 'classes'],
  dino_self: ['embedding'],
  siglip_self: ['embedding'],
  inception_confidence: ['logits', 'classes'],
  frechet: ['embedding', 'reference'],
}

export const verifierPackSchema = verifierFields.superRefine((manifest, context) => {
  for (const { id } of manifest.verifiers) {
    for (const part of partsOf[id]) {
      const path = parts[part]
      if (valueAt(manifest, path) !== undefined) continue
      context.addIssue({ code: 'custom', path: [...path], message: `expected this part for ${id}` })
    }
  }
  const { imageTower, imageTowerGradient } = manifest.components
  if (imageTowerGradient !== undefined && imageTower?.outputs[imageTowerGradient.of] === undefined) {
    const path = ['components', 'imageTowerGradient', 'of']
    context.addIssue({ code: 'custom', path, message: 'expected an output of imageTower' })
  }
})

/** A judge: reads what an image shows. Evidence is made with it; it is never offered as a guide. */
export const judgePackSchema = z.object({
  ...head,
  kind: z.literal('judge'),
  image: pictureInput,
  /** Names in the order of the detector's channels; the first texture is "", plain. */
  shapes: names,
  colours: names,
  textures: z.array(z.string().max(100)).min(1).max(100),
  backgrounds: names,
  /** Cells along each side of the image. */
  gridSize: positive.max(1024),
  components: z.strictObject({
    /**
     * [batch, 3, height, width] to background logits [batch, backgrounds] and cells [batch, channels, gridSize,
     * gridSize]: an objectness logit; logits of shapes, colours, textures; the centre's offset (x, y) from the cell's
     * centre, in cells; the radius in pixels over 16.
     */
    detector: graph({ pixels: tensorName }, { cells: tensorName, background: tensorName }),
  }),
})

export const packManifestSchema = z.discriminatedUnion('kind', [
  textPackSchema,
  classPackSchema,
  verifierPackSchema,
  judgePackSchema,
])

export type TextPackManifest = z.infer<typeof textPackSchema>
export type ClassPackManifest = z.infer<typeof classPackSchema>
/** A pack that makes images, whatever tells it what to draw. */
export type ImagePackManifest = TextPackManifest | ClassPackManifest
export type VerifierPackManifest = z.infer<typeof verifierPackSchema>
export type JudgePackManifest = z.infer<typeof judgePackSchema>
export type PackManifest = z.infer<typeof packManifestSchema>

/** A pack on disk whose files have been checked against the manifest's hashes. */
export type InstalledPack<Manifest extends PackManifest = PackManifest> = {
  /** Absolute folder. */
  readonly folder: string
  readonly manifest: Manifest
  /** SHA-256 of pack.json: it holds the hashes of all other files, so it stands for the whole pack. */
  readonly sha256: string
}

/** Whether a pack carries the gradient graphs that first_order_search needs of its kind. */
export function hasGradients(manifest: PackManifest): boolean {
  switch (manifest.kind) {
    case 'text_to_image':
    case 'class_to_image': {
      const { denoiserGradient, decoderGradient } = manifest.components
      return denoiserGradient !== undefined && decoderGradient !== undefined
    }
    case 'verifier': {
      const { imageTowerGradient, pairTowerGradient } = manifest.components
      return imageTowerGradient !== undefined || pairTowerGradient !== undefined
    }
    case 'judge':
      return false
    default:
      return assertNever(manifest, 'kind of pack')
  }
}

function valueAt(manifest: object, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined,
    manifest,
  )
}
