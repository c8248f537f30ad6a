/** Packs that make images from a sentence. */

import { z } from 'zod'

import {
  checkImageMaker,
  decoder,
  decoderGradient,
  gflopPerBackward,
  gflopPerForward,
  imageMaker,
} from './image-maker.ts'
import { gradientGraph, graph, head, tensorName, textTokens, tokenizer, valueAt } from './parts.ts'

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
