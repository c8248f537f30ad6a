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
})

/** What packs that make images have in common, whatever the condition is. */
const imageMaker = {
  image: z.object({ width: positive.max(8192), height: positive.max(8192) }),
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
  /** Velocity: v = e - x0 (METHOD: flow models). */
  prediction: z.literal('velocity'),
  /** sigma 1 is pure noise, sigma 0 the image; the graph's timestep is sigma itself. */
  timeConvention: z.literal('sigma_1_is_noise'),
  defaults: z.object({
    sampler: z.enum(idsOf(samplers)),
    schedule: z.enum(idsOf(schedules)),
    steps: positive,
    guidance: z.number().nonnegative(),
  }),
}
const gflopPerForward = z.number().positive()
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

/** Makes images from a sentence. */
export const textPackSchema = z.object({
  ...head,
  kind: z.literal('text_to_image'),
  textTokens,
  ...imageMaker,
  vocabularyNote: z.string().max(2000).default(''),
  examplePrompts: z.array(z.string().min(1).max(300)).max(50).default([]),
  components: z.strictObject({
    tokenizer,
    textEncoder: graph({ inputIds: tensorName }, { hiddenStates: tensorName }),
    denoiser: graph(
      { latents: tensorName, timestep: tensorName, hiddenStates: tensorName },
      { prediction: tensorName },
    ).extend({ gflopPerForward }),
    denoiserGradient: gradientGraph({ latents: tensorName, timestep: tensorName, hiddenStates: tensorName })
      .extend({ gflopPerBackward })
      .optional(),
    decoder,
    decoderGradient,
  }),
})

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
  .refine(({ classes, nullClass }) => nullClass >= classes.length, {
    path: ['nullClass'],
    error: 'expected a label that no class has',
  })

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
  /** pick_score: what the cosine is multiplied with, exp of the learned logit scale. */
  logitScale: z.number().positive().optional(),
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
      { pixels: tensorName },
      { embedding: tensorName.optional(), logits: tensorName.optional(), score: tensorName.optional() },
    ).optional(),
    /** `of` is the output of the image tower whose cotangent goes in. */
    imageTowerGradient: gradientGraph({ pixels: tensorName })
      .extend({ of: z.enum(['embedding', 'logits', 'score']) })
      .optional(),
    textTower: graph({ inputIds: tensorName }, { embedding: tensorName }).optional(),
    /** Pictures and texts together to a score, [batch] or [batch, 1]. */
    pairTower: graph({ pixels: tensorName, inputIds: tensorName }, { score: tensorName }).optional(),
    pairTowerGradient: gradientGraph({ pixels: tensorName, inputIds: tensorName }).optional(),
  }),
})

/** The optional parts of a verifier pack, and where each stands in its manifest. */
const parts = {
  textTokens: ['textTokens'],
  logitScale: ['logitScale'],
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
