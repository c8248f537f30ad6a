/** What the manifests of all kinds of packs are made of: their head, files, graphs, pictures. */

import { z } from 'zod'

/** A plain relative path inside the pack: no `..`, no drive, no backslash, no leading slash. */
export const relativeFile = z
  .string()
  .max(200)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*(\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$/, {
    error: 'expected a plain relative path such as transformer/model.onnx',
  })

export const positive = z.number().int().positive()
export const tokenizer = z.strictObject({ file: relativeFile, configFile: relativeFile })
/** A graph's file, and how it names its inputs and outputs in each of these roles. */
export const graph = <In extends z.ZodRawShape, Out extends z.ZodRawShape>(inputs: In, outputs: Out) =>
  z.object({ file: relativeFile, inputs: z.strictObject(inputs), outputs: z.strictObject(outputs) })
export const tensorName = z.string().min(1).max(200)

/** What every manifest begins with. */
export const head = {
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
export const textTokens = positive.max(4096)
/** Names in the order of a network's outputs, each once. */
export const names = z
  .array(z.string().min(1).max(100))
  .min(1)
  .max(10_000)
  .refine((list) => new Set(list).size === list.length, { error: 'expected each name once' })

/** RGB of one latent channel, for previews. */
export const rgb = z.tuple([z.number(), z.number(), z.number()])
const spread = z.tuple([z.number().positive(), z.number().positive(), z.number().positive()])

/** A picture as a network takes it: its size, and per channel (value in 0..1 - mean) / std. */
export const pictureInput = z.object({
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

/**
 * Vector-Jacobian graphs, for first_order_search: the inputs of a graph and a cotangent of its output, to the gradient
 * with respect to its picture or latents. What the way back needs of the way there is evaluated anew inside.
 */
export const gradientGraph = <In extends z.ZodRawShape>(inputs: In) =>
  graph({ ...inputs, cotangent: tensorName }, { gradient: tensorName })

/** What stands at a path of a manifest; undefined where there is nothing. */
export function valueAt(manifest: object, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined,
    manifest,
  )
}
