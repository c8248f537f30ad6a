/** Packs that score pictures: which verifiers they are, and the parts that each of these is made of. */

import { z } from 'zod'

import { graderVerifier, idsOf, verifiers, type PackVerifierId } from '../../../shared/vocabulary.ts'
import {
  gradientGraph,
  graph,
  head,
  names,
  pictureInput,
  positive,
  relativeFile,
  tensorName,
  textTokens,
  tokenizer,
  valueAt,
} from './parts.ts'

const accuracy = z.strictObject({
  verifier: z.enum(idsOf(verifiers)),
  accuracy: z.number().min(0).max(1),
  low: z.number().min(0).max(1),
  high: z.number().min(0).max(1),
  votes: z.number().int().nonnegative(),
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
  /** you: the weights over the image feature, and how the votes speak for them (HeldOutAccuracy). */
  personal: z
    .strictObject({
      weights: z.array(z.number()).min(1).max(4096),
      bias: z.number(),
      /** Pack whose image tower this is. */
      features: head.id,
      votes: positive,
      unseenPictures: z.boolean(),
      own: accuracy,
      others: z.array(accuracy),
    })
    .optional(),
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
  personal: ['personal'],
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
  you: ['embedding', 'personal'],
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
