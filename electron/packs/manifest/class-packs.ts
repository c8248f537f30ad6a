/** Packs that make images of a class: a run's prompt is the name of one. */

import { z } from 'zod'

import {
  checkImageMaker,
  decoder,
  decoderGradient,
  gflopPerBackward,
  gflopPerForward,
  imageMaker,
} from './image-maker.ts'
import { gradientGraph, graph, head, names, tensorName } from './parts.ts'

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
