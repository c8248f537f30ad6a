/**
 * Families of models that make pictures: what each is known by, and what all of a family share. A family is read off
 * the inputs of the denoiser, by name and rank, because folders of the same model differ in everything else.
 */

import { StudioError } from '../../../shared/errors.ts'
import type { SamplerId } from '../../../shared/vocabulary.ts'
import { fixed, listed } from './draft.ts'
import type { ModelContents, ModelGraph } from './model-contents.ts'
import type { OnnxTensorInfo } from './onnx-file.ts'

/** Names that exporters give the inputs of a denoiser, by role. */
export const denoiserInputs = {
  latents: ['sample', 'hidden_states', 'latent_sample', 'x'],
  timestep: ['timestep', 't'],
  hiddenStates: ['encoder_hidden_states'],
  pooled: ['text_embeds', 'pooled_projections'],
  timeIds: ['time_ids'],
  attentionMask: ['encoder_attention_mask'],
  guidance: ['guidance'],
  timestepCond: ['timestep_cond'],
  imageIds: ['img_ids'],
  textIds: ['txt_ids'],
  classLabels: ['class_labels', 'y'],
} as const
type InputRole = keyof typeof denoiserInputs
export type Roles = ReadonlyMap<InputRole, OnnxTensorInfo>

/** What every model of a family shares (reference values of the released models). */
export type Family = {
  readonly id: 'sd' | 'lcm' | 'sdxl' | 'sd3' | 'flux' | 'pixart_sigma' | 'sit'
  readonly what: string
  readonly conditioning: 'text' | 'sdxl' | 'sd3' | 'flux' | 'pixart_sigma' | null
  readonly channels: number
  /** Channels of a prediction where nothing says it: twice those of latents with a learned variance. */
  readonly outputs: number
  /** Side of pictures where no configuration says it, in pixels. */
  readonly side: number
  /** Of the autoencoder. */
  readonly scalingFactor: number
  readonly shiftFactor: number
  readonly sampler: SamplerId
  readonly steps: number
  readonly guidance: number
}

export const families = {
  sd: {
    id: 'sd',
    what: 'Stable Diffusion',
    conditioning: 'text',
    channels: 4,
    outputs: 4,
    side: 512,
    scalingFactor: 0.18215,
    shiftFactor: 0,
    sampler: 'pndm',
    steps: 25,
    guidance: 7.5,
  },
  lcm: {
    id: 'lcm',
    what: 'Latent consistency model',
    conditioning: 'text',
    channels: 4,
    outputs: 4,
    side: 512,
    scalingFactor: 0.18215,
    shiftFactor: 0,
    sampler: 'lcm',
    steps: 4,
    guidance: 8.5,
  },
  sdxl: {
    id: 'sdxl',
    what: 'Stable Diffusion XL',
    conditioning: 'sdxl',
    channels: 4,
    outputs: 4,
    side: 1024,
    scalingFactor: 0.13025,
    shiftFactor: 0,
    sampler: 'euler',
    steps: 30,
    guidance: 5,
  },
  sd3: {
    id: 'sd3',
    what: 'Stable Diffusion 3',
    conditioning: 'sd3',
    channels: 16,
    outputs: 16,
    side: 1024,
    scalingFactor: 1.5305,
    shiftFactor: 0.0609,
    sampler: 'euler',
    steps: 28,
    guidance: 7,
  },
  flux: {
    id: 'flux',
    what: 'FLUX.1',
    conditioning: 'flux',
    channels: 16,
    outputs: 16,
    side: 1024,
    scalingFactor: 0.3611,
    shiftFactor: 0.1159,
    sampler: 'euler',
    steps: 28,
    guidance: 3.5,
  },
  pixart_sigma: {
    id: 'pixart_sigma',
    what: 'PixArt-Sigma',
    conditioning: 'pixart_sigma',
    channels: 4,
    outputs: 8,
    side: 1024,
    scalingFactor: 0.13025,
    shiftFactor: 0,
    sampler: 'ddim',
    steps: 30,
    guidance: 4.5,
  },
  sit: {
    id: 'sit',
    what: 'SiT',
    conditioning: null,
    channels: 4,
    outputs: 4,
    side: 256,
    scalingFactor: 0.18215,
    shiftFactor: 0,
    sampler: 'heun',
    steps: 25,
    guidance: 1,
  },
} as const satisfies Readonly<Record<string, Family>>

/** Pipelines of diffusers that look like the above and are not, by a part of their class name. */
const otherPipelines =
  /Sana|ZImage|Kontext|Qwen|Flux2|Cascade|Wuerstchen|Kandinsky|Hunyuan|Lumina|AuraFlow|Chroma|Video|Wan|LTX|CogVideo|CogView|Inpaint|InstructPix2Pix|Upscale|ControlNet|Refiner|PixArtAlpha|DiTPipeline/

/** Files of demonstrations that do a piece of what a sampler or a tokenizer does. */
const glue =
  /(^|\/)(concat_model|latents_model|scheduler_model|scheduler_step_model|sc_prep_model|vae_pre_process_model)/

/** Names the layouts that people have and Goldpan does not take. @throws StudioError `pack_invalid` */
export function requireKnownLayout({ folder, graphs }: ModelContents): void {
  const refuse = (path: string, what: string): StudioError =>
    new StudioError(
      'pack_invalid',
      `${folder.folder}: expected a plain ONNX export, found ${path}, ${what}. Take an export by Optimum of the same model.`,
    )
  const compiled = graphs.find(({ path }) => /(^|\/)[a-z0-9_]+\.opt\//i.test(path))
  if (compiled !== undefined) throw refuse(compiled.path, 'a model prepared for TensorRT')
  const piece = graphs.find(({ path }) => glue.test(path))
  if (piece !== undefined) {
    throw refuse(piece.path, 'a pipeline cut into pieces for a demonstration in the browser')
  }
}

/** @throws StudioError `pack_invalid` for a model_index.json of another family */
export function requireKnownPipeline({ folder }: ModelContents, className: string): void {
  if (!otherPipelines.test(className)) return
  throw new StudioError(
    'pack_invalid',
    `${folder.folder}: expected Stable Diffusion, SDXL, SD3, FLUX.1, PixArt-Sigma, SiT or an LCM, found a ${className.slice(0, 100)}. Goldpan does not run this family.`,
  )
}

/** @throws StudioError `pack_invalid` for a denoiser of another family */
export function familyOf(denoiser: ModelGraph, roles: Roles, className: string): keyof typeof families {
  const has = (...wanted: readonly InputRole[]): boolean => wanted.every((role) => roles.has(role))
  const unknown = (found: string): StudioError =>
    new StudioError(
      'pack_invalid',
      `${denoiser.path}: expected the denoiser of a family that Goldpan runs, found ${found}. Choose another model.`,
    )
  const known = has('latents', 'timestep')
  if (known && otherPipelines.test(className)) throw unknown(className)
  if (has('hiddenStates', 'classLabels')) throw unknown('one that takes labels beside a text')
  if (known && has('imageIds', 'textIds', 'hiddenStates', 'pooled')) return 'flux'
  if (known && has('timeIds', 'pooled', 'hiddenStates')) {
    if (fixed(roles.get('timeIds'), 1) === 5)
      throw unknown('the refiner of SDXL, which only finishes pictures of another model')
    return 'sdxl'
  }
  if (known && has('pooled', 'hiddenStates')) return 'sd3'
  if (known && has('attentionMask', 'hiddenStates')) return 'pixart_sigma'
  if (known && has('timestepCond', 'hiddenStates')) return 'lcm'
  if (known && has('hiddenStates')) return 'sd'
  if (known && has('classLabels')) return 'sit'
  throw unknown(`the inputs ${listed(denoiser.onnx.inputs)}`)
}

/** As many as a manifest may have; real ones have 4 to 32. */
const mostChannels = 256

/** @throws StudioError `pack_invalid` for a denoiser that takes more than noise: a picture, a mask */
export function requireChannels(
  denoiser: ModelGraph,
  family: Family,
  latents: OnnxTensorInfo,
  channels: number,
): void {
  if (channels > mostChannels) {
    throw new StudioError(
      'pack_invalid',
      `${denoiser.path}: expected latents of at most ${mostChannels} channels, found ${channels}. Choose another export.`,
    )
  }
  // FLUX takes 2 x 2 latent pixels as one token.
  const expected = family.id === 'flux' ? 4 * channels : channels
  const found = fixed(latents, family.id === 'flux' ? 2 : 1) ?? expected
  if (found === expected) return
  const why = found > expected ? ' It is probably made for inpainting or for changing pictures.' : ''
  throw new StudioError(
    'pack_invalid',
    `${denoiser.path}: expected ${expected} channels at ${latents.name}, as many as the decoder takes, found ${found}.${why} Choose a model that makes pictures from text.`,
  )
}
