/** Sizes and scale of a pipeline's latents, by the shapes of its graphs and the configuration beside them. */

import { z } from 'zod'

import { StudioError } from '../../../shared/errors.ts'
import { fixed } from './draft.ts'
import type { Family, Roles } from './families.ts'
import type { ModelContents } from './model-contents.ts'
import type { OnnxTensorInfo } from './onnx-file.ts'
import type { Questions } from './questions.ts'

const number = z.number().nullish()
const side = z.union([z.number(), z.array(z.number())]).nullish()
/** config.json of a denoiser. */
export const networkSchema = z.looseObject({
  _class_name: z.string().nullish(),
  _name_or_path: z.string().nullish(),
  sample_size: side,
  patch_size: number,
  out_channels: number,
  pos_embed_max_size: number,
  block_out_channels: z.array(z.number()).max(100).nullish(),
  num_classes: number,
})
/** config.json of a decoder. */
export const autoencoderSchema = z.looseObject({
  scaling_factor: number,
  shift_factor: number,
  latents_mean: z.array(z.number()).max(256).nullish(),
  latents_std: z.array(z.number()).max(256).nullish(),
  block_out_channels: z.array(z.number()).max(100).nullish(),
})

/** What the decoder reads is normalised * scale + shift, per channel. */
export function latentScale(
  { folder }: ModelContents,
  family: Family,
  channels: number,
  config: z.infer<typeof autoencoderSchema> | null,
  questions: Questions,
): { readonly scale: readonly number[]; readonly shift: readonly number[] } {
  const scalingFactor =
    config?.scaling_factor ??
    questions.number(
      'scaling_factor',
      "Autoencoder's scaling factor",
      `The folder has no config.json of the decoder that says it; ${family.what} has ${family.scalingFactor}.`,
      family.scalingFactor,
    )
  // Beyond, float32 pictures are grey or not finite. Those of released models lie between 0.1 and 2.
  if (!(Math.abs(scalingFactor) > 1e-6 && Math.abs(scalingFactor) < 1e6)) {
    throw new StudioError(
      'bad_input',
      `${folder.folder}, scaling_factor: expected a number between 0.000001 and 1000000, found ${scalingFactor}.`,
    )
  }
  // A configuration with a scale and without a shift means none.
  const shiftFactor =
    config?.shift_factor ?? (typeof config?.scaling_factor === 'number' ? 0 : family.shiftFactor)
  const { latents_mean: mean, latents_std: std } = config ?? {}
  for (const [field, values] of Object.entries({ latents_mean: mean, latents_std: std })) {
    const isOfEach = values?.length === channels && !(field === 'latents_std' && values.includes(0))
    if (values === undefined || values === null || isOfEach) continue
    throw new StudioError(
      'pack_invalid',
      `${folder.folder}, ${field} of the decoder: expected a number for each of the ${channels} channels, found [${values.slice(0, 20).join(', ')}]. Download its config.json again.`,
    )
  }
  const each = (value: (channel: number) => number): readonly number[] =>
    Array.from({ length: channels }, (_, i) => value(i))
  return {
    scale: each((i) => (std?.[i] ?? 1) / scalingFactor),
    shift: each((i) => mean?.[i] ?? shiftFactor),
  }
}

type Sizes = {
  readonly width: number
  readonly height: number
  /** Pixels along a side of a latent pixel. */
  readonly factor: number
  readonly others: { readonly multipleOf: number; readonly least: number; readonly most: number } | null
}

const mostSide = 2048

export function sizesOf(
  family: Family,
  roles: Roles,
  latents: OnnxTensorInfo,
  decoderInput: OnnxTensorInfo,
  network: z.infer<typeof networkSchema> | null,
  autoencoder: z.infer<typeof autoencoderSchema> | null,
): Sizes {
  const levels = autoencoder?.block_out_channels?.length
  const factor = levels === undefined ? 8 : 2 ** (levels - 1)
  const places = roles.get('imageIds')
  // FLUX: as many tokens as places; a fixed number is taken for a square.
  const tokens = fixed(latents, 1) ?? fixed(places, (places?.dims.length ?? 2) - 2)
  const square = family.id === 'flux' && tokens !== undefined ? 2 * Math.round(Math.sqrt(tokens)) : undefined
  const fixedHeight =
    square ?? (family.id === 'flux' ? undefined : fixed(latents, 2)) ?? fixed(decoderInput, 2)
  const fixedWidth =
    square ?? (family.id === 'flux' ? undefined : fixed(latents, 3)) ?? fixed(decoderInput, 3)
  const sample = network?.sample_size
  const [configHeight, configWidth] = typeof sample === 'number' ? [sample, sample] : (sample ?? [])
  const usual = family.side / factor
  const height = (fixedHeight ?? configHeight ?? usual) * factor
  const width = (fixedWidth ?? configWidth ?? usual) * factor
  const isFixed = fixedHeight !== undefined || fixedWidth !== undefined || family.id === 'sit'
  if (isFixed) return { width, height, factor, others: null }
  // A UNet halves its sides from level to level, a transformer cuts them into patches.
  const unetLevels = network?.block_out_channels?.length ?? 4
  const isUnet = family.id === 'sd' || family.id === 'lcm' || family.id === 'sdxl'
  const cut = isUnet ? 2 ** (unetLevels - 1) : family.id === 'flux' ? 2 : (network?.patch_size ?? 2)
  const multipleOf = factor * cut
  const places2d = network?.pos_embed_max_size
  const most = typeof places2d === 'number' ? Math.min(mostSide, places2d * multipleOf) : mostSide
  return {
    width,
    height,
    factor,
    others: { multipleOf, least: multipleOf, most: Math.max(most, width, height) },
  }
}
