/**
 * The manifest of a pack (pack.json): what its files are, what they expect, what they give. Written by
 * models/recipes; read here and nowhere else. Nothing of a pack is guessed from file names.
 */

import { z } from 'zod'

import { idsOf, samplers, schedules, verifiers } from '../../shared/vocabulary.ts'

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
  /** Tokens of a text, padded or cut to this length. */
  textTokens: positive.max(4096),
  files: z.record(
    relativeFile,
    z.strictObject({ bytes: z.number().int().nonnegative(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  ),
}

/** RGB of one latent channel, for previews. */
const rgb = z.tuple([z.number(), z.number(), z.number()])
const spread = z.tuple([z.number().positive(), z.number().positive(), z.number().positive()])

export const imagePackSchema = z.object({
  ...head,
  kind: z.literal('text_to_image'),
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
  vocabularyNote: z.string().max(2000).default(''),
  examplePrompts: z.array(z.string().min(1).max(300)).max(50).default([]),
  components: z.strictObject({
    tokenizer,
    textEncoder: graph({ inputIds: tensorName }, { hiddenStates: tensorName }),
    denoiser: graph(
      { latents: tensorName, timestep: tensorName, hiddenStates: tensorName },
      { prediction: tensorName },
    ).extend({ gflopPerForward: z.number().positive() }),
    decoder: graph({ latents: tensorName }, { image: tensorName }),
  }),
})

export const verifierPackSchema = z.object({
  ...head,
  kind: z.literal('verifier'),
  verifiers: z.array(z.object({ id: z.enum(idsOf(verifiers)) })).min(1),
  image: z.object({ width: positive.max(4096), height: positive.max(4096), mean: rgb, std: spread }),
  /** Put before every prompt by the verifier's definition. */
  promptPrefix: z.string().max(200).default(''),
  components: z.strictObject({
    tokenizer,
    imageTower: graph({ pixels: tensorName }, { embedding: tensorName }),
    textTower: graph({ inputIds: tensorName }, { embedding: tensorName }),
  }),
})

export const packManifestSchema = z.discriminatedUnion('kind', [imagePackSchema, verifierPackSchema])

export type ImagePackManifest = z.infer<typeof imagePackSchema>
export type VerifierPackManifest = z.infer<typeof verifierPackSchema>
export type PackManifest = z.infer<typeof packManifestSchema>

/** A pack on disk whose files have been checked against the manifest's hashes. */
export type InstalledPack<Manifest extends PackManifest = PackManifest> = {
  /** Absolute folder. */
  readonly folder: string
  readonly manifest: Manifest
  /** SHA-256 of pack.json: it holds the hashes of all other files, so it stands for the whole pack. */
  readonly sha256: string
}
