/**
 * Recognises models that make images: Stable Diffusion 1 and 2, their Turbo and LCM distillations, SDXL, SD3, FLUX.1,
 * PixArt-Sigma and SiT. The family is read off the inputs of the denoiser, by name and rank, because folders of the same
 * model differ in everything else; numbers come from configuration where there is some, else from the family.
 */

import { z } from 'zod'

import { StudioError } from '../../../shared/errors.ts'
import type { SamplerId } from '../../../shared/vocabulary.ts'
import type { ImagePackManifest } from '../manifest.ts'
import {
  copiesOf,
  findOutput,
  fixed,
  inputOf,
  inputRoles,
  namesOf,
  outputOf,
  packPath,
  requireGraph,
  type PackDraft,
  type TokenizerDraft,
} from './draft.ts'
import { graphOf, readConfig, variantsOf, type ModelContents, type ModelGraph } from './model-contents.ts'
import type { OnnxTensorInfo } from './onnx-file.ts'
import { distinct, type Questions } from './questions.ts'
import {
  flowSampling,
  schedulerSchema,
  trainedSampling,
  usualSampling,
  type FlowSampling,
  type SchedulerConfig,
  type TrainedSampling,
} from './schedulers.ts'

const number = z.number().nullish()
const side = z.union([z.number(), z.array(z.number())]).nullish()
const networkSchema = z.looseObject({
  _class_name: z.string().nullish(),
  _name_or_path: z.string().nullish(),
  sample_size: side,
  patch_size: number,
  out_channels: number,
  pos_embed_max_size: number,
  block_out_channels: z.array(z.number()).max(100).nullish(),
  num_classes: number,
})
const autoencoderSchema = z.looseObject({
  scaling_factor: number,
  shift_factor: number,
  latents_mean: z.array(z.number()).max(256).nullish(),
  latents_std: z.array(z.number()).max(256).nullish(),
  block_out_channels: z.array(z.number()).max(100).nullish(),
})
const indexSchema = z.looseObject({
  _class_name: z.string().nullish(),
  force_zeros_for_empty_prompt: z.boolean().nullish(),
  requires_aesthetics_score: z.boolean().nullish(),
  id2label: z.record(z.string(), z.string()).nullish(),
})

/** Names that exporters give the inputs of a denoiser, by role. */
const inputNames = {
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
type InputRole = keyof typeof inputNames
type Roles = ReadonlyMap<InputRole, OnnxTensorInfo>

const predictionNames = ['out_sample', 'out_hidden_states', 'velocity', 'sample', 'noise_pred', 'output']

/** What every model of a family shares (reference values of the released models). */
type Family = {
  readonly id: 'sd' | 'lcm' | 'sdxl' | 'sd3' | 'flux' | 'pixart_sigma' | 'sit'
  readonly what: string
  readonly conditioning: 'text' | 'sdxl' | 'sd3' | 'flux' | 'pixart_sigma' | null
  readonly channels: number
  /** Side of pictures where no configuration says it, in pixels. */
  readonly side: number
  /** Of the autoencoder. */
  readonly scalingFactor: number
  readonly shiftFactor: number
  readonly sampler: SamplerId
  readonly steps: number
  readonly guidance: number
}

const families = {
  sd: {
    id: 'sd',
    what: 'Stable Diffusion',
    conditioning: 'text',
    channels: 4,
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

/** Whether a folder holds a denoiser or the parts around one. */
export function looksLikePipeline({ graphs }: ModelContents): boolean {
  return graphs.some(({ component }) =>
    ['unet', 'transformer', 'vae_decoder', 'text_encoder', 'text_encoder_2'].includes(component ?? ''),
  )
}

/**
 * @throws StudioError `pack_invalid` with what is missing, or with the name of a model that Goldpan does not run
 */
export async function describePipeline(contents: ModelContents, questions: Questions): Promise<PackDraft> {
  const index = await readConfig(contents, 'model_index.json', indexSchema)
  requireKnownPipeline(contents, index?._class_name ?? '')
  const variant = chooseVariant(contents, questions)
  const denoiser = requireGraph(
    contents,
    'unet',
    graphOf(contents, 'unet', variant) ?? graphOf(contents, 'transformer', variant),
  )
  const decoder = requireGraph(contents, 'vae_decoder', graphOf(contents, 'vae_decoder', variant))
  const network = await readConfig(contents, configBeside(denoiser), networkSchema)
  const roles = inputRoles(denoiser, inputNames)
  const family: Family = families[familyOf(denoiser, roles, network?._class_name ?? '')]
  const latents = inputOf(denoiser, roles, 'latents', family.id === 'flux' ? [3] : [4])
  inputOf(denoiser, roles, 'timestep', [0, 1])
  const prediction = outputOf(denoiser, predictionNames)

  const autoencoder = await readConfig(contents, configBeside(decoder), autoencoderSchema)
  const decoderInput = inputOf(
    decoder,
    inputRoles(decoder, { latents: ['latent_sample', 'latents', 'z'] }),
    'latents',
    [4],
  )
  const image = outputOf(decoder, ['sample', 'image', 'out_sample', 'images'])
  const channels = fixed(decoderInput, 1) ?? family.channels
  requireChannels(denoiser, family, latents, channels)

  const scheduler = await readConfig(contents, 'scheduler/scheduler_config.json', schedulerSchema)
  const levels = samplingOf(family, scheduler, questions)
  const guidance = guidanceOf(contents, family, roles, levels, network?._name_or_path ?? '', questions)
  const text = family.conditioning === null ? null : describeTexts(contents, family, roles, variant)
  const scale = latentScale(contents, family, channels, autoencoder, questions)
  const sizes = sizesOf(family, roles, latents, decoderInput, network, autoencoder)

  // Exporters leave this open where the network reshapes its output.
  const outputs = fixed(prediction, 1) ?? network?.out_channels
  const learnedVariance = family.id !== 'flux' && outputs === 2 * channels
  const components = {
    ...text?.components,
    denoiser: {
      file: packPath('denoiser', denoiser),
      inputs: namesOf(roles),
      outputs: { prediction: prediction.name },
      gflopPerForward: null,
    },
    decoder: {
      file: packPath('decoder', decoder),
      inputs: { latents: decoderInput.name },
      outputs: { image: image.name },
    },
  }
  return {
    what: whatOf(family, levels, guidance.guidanceBy, roles),
    roles: {
      denoiser: denoiser.path,
      decoder: decoder.path,
      ...Object.fromEntries((text?.encoders ?? []).map(({ name, graph }) => [name, graph.path])),
    },
    copies: [
      ...copiesOf(contents, 'denoiser', denoiser),
      ...copiesOf(contents, 'decoder', decoder),
      ...(text?.encoders ?? []).flatMap(({ name, graph }) => copiesOf(contents, name, graph)),
    ],
    tokenizers: text?.tokenizers ?? [],
    notes: [...levels.notes, ...(text?.notes ?? []), ...leftOut(contents)],
    manifest: {
      kind: family.conditioning === null ? 'class_to_image' : 'text_to_image',
      ...(family.conditioning === null
        ? await describeClasses(contents, index?.id2label ?? null, network?.num_classes ?? null, questions)
        : { conditioning: family.conditioning, textTokens: text?.tokens }),
      ...(family.id === 'sdxl' && {
        zerosForEmptyPrompt: index?.force_zeros_for_empty_prompt ?? index === null,
      }),
      image: { width: sizes.width, height: sizes.height },
      ...(sizes.others !== null && { sizes: sizes.others }),
      latents: {
        channels,
        height: sizes.height / sizes.factor,
        width: sizes.width / sizes.factor,
        ...scale,
        // Grey until the trial run has fitted how latents look.
        previewMatrix: Array.from({ length: channels }, () => [0, 0, 0]),
        previewBias: [0.5, 0.5, 0.5],
      },
      prediction: levels.prediction,
      ...timesOf(family, levels),
      ...(levels.dynamicShift !== undefined && { dynamicShift: levels.dynamicShift }),
      guidanceBy: guidance.guidanceBy,
      ...(guidance.guidedChannels !== undefined && { guidedChannels: guidance.guidedChannels }),
      learnedVariance,
      defaults: {
        sampler: levels.sampler,
        schedule: levels.schedule,
        steps: guidance.steps,
        guidance: guidance.guidance,
        ...(levels.shift !== undefined && { shift: levels.shift }),
      },
      components,
    },
  }
}

function requireKnownPipeline({ folder, graphs }: ModelContents, className: string): void {
  const refuse = (what: string, todo: string): StudioError =>
    new StudioError(
      'pack_invalid',
      `${folder.folder}: expected Stable Diffusion, SDXL, SD3, FLUX.1, PixArt-Sigma, SiT or an LCM, found ${what}. ${todo}.`,
    )
  const compiled = graphs.find(({ path }) => /(^|\/)[a-z0-9_]+\.opt\//i.test(path))
  if (compiled !== undefined) {
    throw refuse(
      `${compiled.path}, a model prepared for TensorRT`,
      'Take an export by Optimum of the same model',
    )
  }
  if (otherPipelines.test(className)) {
    throw refuse(`a ${className.slice(0, 100)}`, 'Goldpan does not run this family')
  }
  const glue = graphs.find(({ path }) =>
    /(^|\/)(concat_model|latents_model|scheduler_model|scheduler_step_model|sc_prep_model|vae_pre_process_model)/.test(
      path,
    ),
  )
  if (glue !== undefined) {
    throw refuse(
      `${glue.path}, a pipeline cut into pieces for a demonstration in the browser`,
      'Take an export by Optimum of the same model',
    )
  }
}

/** Precision, where a folder has several. */
function chooseVariant(contents: ModelContents, questions: Questions): string {
  const variants = variantsOf(contents, ['unet', 'transformer', 'vae_decoder', 'text_encoder'])
  if (variants.length < 2) return variants[0] ?? ''
  return questions.choice(
    'precision',
    'Precision',
    'The folder has the model in several. Full precision runs fastest on a processor; half takes half the memory.',
    Object.fromEntries(variants.map((variant) => [variant, variant === '' ? 'as exported' : variant])),
    variants[0] ?? '',
  )
}

function familyOf(denoiser: ModelGraph, roles: Roles, className: string): keyof typeof families {
  const has = (...wanted: readonly InputRole[]): boolean => wanted.every((role) => roles.has(role))
  const unknown = (found: string): StudioError =>
    new StudioError(
      'pack_invalid',
      `${denoiser.path}: expected the denoiser of a family that Goldpan runs, found ${found}. Choose another model.`,
    )
  const known = has('latents', 'timestep')
  if (known && otherPipelines.test(className)) throw unknown(className)
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
  throw unknown(`the inputs ${denoiser.onnx.inputs.map(({ name }) => name).join(', ')}`)
}

function requireChannels(
  denoiser: ModelGraph,
  family: Family,
  latents: OnnxTensorInfo,
  channels: number,
): void {
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

type Sampling = (Omit<TrainedSampling, 'prediction'> | FlowSampling) & {
  readonly prediction: ImagePackManifest['prediction']
  readonly trainedNoise?: TrainedSampling['trainedNoise']
  readonly shift?: number
  readonly dynamicShift?: FlowSampling['dynamicShift']
}

function samplingOf(family: Family, scheduler: SchedulerConfig | null, questions: Questions): Sampling {
  const path = 'scheduler/scheduler_config.json'
  switch (family.id) {
    case 'sit':
      return { sampler: 'heun', schedule: 'linear', prediction: 'velocity', notes: [] }
    case 'sd3':
    case 'flux': {
      const evenly = family.id === 'flux'
      const flow = scheduler === null ? usualFlow(evenly, questions) : flowSampling(path, scheduler, evenly)
      return { ...flow, prediction: 'velocity' }
    }
    default:
      return scheduler === null ? askedSampling(family, questions) : trainedSampling(path, scheduler)
  }
}

function usualFlow(evenly: boolean, questions: Questions): FlowSampling {
  if (!evenly) return { sampler: 'euler', schedule: 'sd3', shift: 3, notes: [] }
  const schedule = questions.choice(
    'schedule',
    'Schedule',
    'The folder has no scheduler_config.json. FLUX.1-dev shifts its noise levels with the size of the picture, FLUX.1-schnell does not.',
    { shifted_dynamic: 'Shifted by size (dev)', shifted: 'Even (schnell)' },
    'shifted_dynamic',
  )
  return { sampler: 'euler', schedule, ...(schedule === 'shifted' && { shift: 1 }), notes: [] }
}

function askedSampling(family: Family, questions: Questions): TrainedSampling {
  const sampler =
    family.id === 'lcm'
      ? family.sampler
      : questions.choice(
          'sampler',
          'Sampler',
          'The folder has no scheduler_config.json; any of these works, the suggestion is what the model is usually run with.',
          {
            pndm: 'PNDM',
            ddim: 'DDIM',
            euler: 'Euler',
            euler_ancestral: 'Euler ancestral',
            heun: 'Heun',
            dpmpp_2m: 'DPM++ 2M',
          },
          family.sampler as 'pndm' | 'euler' | 'ddim',
        )
  const prediction = questions.choice(
    'prediction',
    'Prediction',
    'What the network was trained to predict; the wrong one makes noise instead of pictures. Stable Diffusion 2.1 at 768 pixels predicts v, nearly all others the noise.',
    { epsilon: 'The noise (epsilon)', v_prediction: 'The velocity (v)' },
    'epsilon',
  )
  return usualSampling(sampler, prediction)
}

type Guidance = {
  readonly guidanceBy: ImagePackManifest['guidanceBy']
  readonly guidance: number
  readonly steps: number
  readonly guidedChannels?: number
}

/** How the model is guided: some are distilled to need no second pass, and only names and schedules tell. */
function guidanceOf(
  { folder }: ModelContents,
  family: Family,
  roles: Roles,
  levels: Sampling,
  trainedAs: string,
  questions: Questions,
): Guidance {
  const usual = { guidance: family.guidance, steps: family.steps }
  if (roles.has('timestepCond') || roles.has('guidance')) return { guidanceBy: 'embedding', ...usual }
  if (family.id === 'flux') return { guidanceBy: 'none', guidance: 1, steps: 4 }
  if (family.id === 'sit') return { guidanceBy: 'second_pass', ...usual, guidedChannels: 3 }
  const distilled = { guidanceBy: 'none', guidance: 1, steps: 4 } as const
  const guided = { guidanceBy: 'second_pass', ...usual } as const
  const name = `${folder.folder.slice(folder.folder.lastIndexOf('/') + 1)} ${trainedAs}`
  if (/turbo|lightning|hyper-?sd/i.test(name)) return distilled
  const fewSteps = levels.schedule === 'trailing' && levels.sampler.startsWith('euler')
  if (!fewSteps) return guided
  const answer = questions.choice(
    'guidance',
    'Guidance',
    'Its scheduler spaces timesteps as Turbo and Lightning models do, which are distilled to few steps without guidance. The files do not say which it is.',
    { none: 'None: distilled to few steps', second_pass: 'Classifier-free guidance' },
    'none',
  )
  return answer === 'none' ? distilled : guided
}

type Texts = {
  readonly encoders: readonly { readonly name: string; readonly graph: ModelGraph }[]
  readonly tokenizers: readonly TokenizerDraft[]
  readonly components: Readonly<Record<string, unknown>>
  /** Of the first encoder. */
  readonly tokens: number
  readonly notes: readonly string[]
}

type EncoderFacts = {
  readonly folder: 'text_encoder' | 'text_encoder_2' | 'text_encoder_3'
  readonly tokenizer: 'clip' | 't5'
  readonly tokens: number
  readonly hiddenStates?: 'last' | 'penultimate'
  readonly pooled?: 'text_embeds' | 'pooler_output'
  readonly optional?: true
}

const clipTokens = 77

/** Encoders of each conditioning, what is read of each, and the length that its pipeline pads to. */
function encodersOf(family: Family, roles: Roles): readonly EncoderFacts[] {
  const clip = { tokenizer: 'clip', tokens: clipTokens } as const
  switch (family.conditioning) {
    case 'sdxl':
      return [
        { folder: 'text_encoder', ...clip, hiddenStates: 'penultimate' },
        { folder: 'text_encoder_2', ...clip, hiddenStates: 'penultimate', pooled: 'text_embeds' },
      ]
    case 'sd3':
      return [
        { folder: 'text_encoder', ...clip, hiddenStates: 'penultimate', pooled: 'text_embeds' },
        { folder: 'text_encoder_2', ...clip, hiddenStates: 'penultimate', pooled: 'text_embeds' },
        { folder: 'text_encoder_3', tokenizer: 't5', tokens: 256, hiddenStates: 'last', optional: true },
      ]
    case 'flux':
      return [
        { folder: 'text_encoder', ...clip, pooled: 'pooler_output' },
        {
          folder: 'text_encoder_2',
          tokenizer: 't5',
          // FLUX.1-dev was distilled with guidance and 512 tokens, schnell with 256.
          tokens: roles.has('guidance') ? 512 : 256,
          hiddenStates: 'last',
        },
      ]
    case 'pixart_sigma':
      return [{ folder: 'text_encoder', tokenizer: 't5', tokens: 300, hiddenStates: 'last' }]
    default:
      return [{ folder: 'text_encoder', ...clip, hiddenStates: 'last' }]
  }
}

/** What OpenCLIP's texts were filled up with in training: id 0. Those of OpenAI's CLIP end in their end mark. */
const openClipPad = '!'

/** OpenCLIP H and bigG, of SD2, SDXL and SD3, by their width: OpenAI's CLIP-L has 768. */
function isOpenClip({ onnx }: ModelGraph): boolean {
  const width = fixed(findOutput(onnx, ['last_hidden_state']), 2)
  return width === 1024 || width === 1280
}

const encoderInputs = { inputIds: ['input_ids'], attentionMask: ['attention_mask'] } as const

function describeTexts(contents: ModelContents, family: Family, roles: Roles, variant: string): Texts {
  const encoders: { name: string; graph: ModelGraph }[] = []
  const tokenizers: TokenizerDraft[] = []
  const components: Record<string, unknown> = {}
  const notes: string[] = []
  let firstTokens = clipTokens
  for (const facts of encodersOf(family, roles)) {
    const graph = graphOf(contents, facts.folder, variant)
    if (graph === undefined && facts.optional === true) {
      notes.push(`It comes without ${facts.folder} (T5): long prompts are followed less closely.`)
      continue
    }
    const encoder = requireGraph(contents, facts.folder, graph)
    const number = facts.folder.slice('text_encoder_'.length)
    const name = `textEncoder${number}`
    const inputs = inputRoles(encoder, encoderInputs)
    const ids = inputOf(encoder, inputs, 'inputIds', [2])
    const tokens = fixed(ids, 1) ?? tokensOf(facts, roles) ?? facts.tokens
    if (number === '') firstTokens = tokens
    const outputs = {
      ...(facts.hiddenStates !== undefined && {
        hiddenStates: hiddenStatesOf(encoder, facts.hiddenStates, notes).name,
      }),
      ...(facts.pooled !== undefined && { pooled: outputOf(encoder, [facts.pooled]).name }),
    }
    const tokenizerFolder = `tokenizer${number === '' ? '' : `_${number}`}`
    requireTokenizer(contents, tokenizerFolder, family)
    tokenizers.push({
      folder: tokenizerFolder,
      family: facts.tokenizer,
      to: tokenizerFolder,
      ...(facts.tokenizer === 'clip' && isOpenClip(encoder) && { pad: openClipPad }),
    })
    encoders.push({ name, graph: encoder })
    components[`tokenizer${number}`] = {
      file: `${tokenizerFolder}/tokenizer.json`,
      configFile: `${tokenizerFolder}/tokenizer_config.json`,
    }
    components[name] = {
      file: packPath(name, encoder),
      inputs: namesOf(inputs),
      outputs,
      ...(number !== '' && { tokens }),
    }
  }
  return { encoders, tokenizers, components, tokens: firstTokens, notes }
}

/** The length of text that a denoiser was exported for, where one encoder alone fills it. */
function tokensOf({ hiddenStates }: EncoderFacts, roles: Roles): number | undefined {
  if (hiddenStates !== 'last' || roles.has('pooled') !== roles.has('textIds')) return undefined
  const places = roles.get('textIds')
  return fixed(roles.get('hiddenStates'), 1) ?? fixed(places, (places?.dims.length ?? 2) - 2)
}

/** The hidden states that a family reads: of the last layer, or of the one before, as SDXL and SD3 were trained. */
function hiddenStatesOf(encoder: ModelGraph, layer: 'last' | 'penultimate', notes: string[]): OnnxTensorInfo {
  if (layer === 'last') return outputOf(encoder, ['last_hidden_state', 'hidden_states'])
  const layers = encoder.onnx.outputs
    .flatMap((output) => {
      const number = /^hidden_states\.(\d{1,4})$/.exec(output.name)?.[1]
      return number === undefined ? [] : [{ output, number: Number(number) }]
    })
    .sort((a, b) => a.number - b.number)
  const penultimate = layers.at(-2) ?? layers.at(-1)
  if (penultimate !== undefined) return penultimate.output
  const last = findOutput(encoder.onnx, ['last_hidden_state'])
  if (last === undefined) return outputOf(encoder, ['hidden_states.N'])
  notes.push(
    `${encoder.path} gives only its last layer, where the model was trained on the one before: pictures differ from those of diffusers. An export by Optimum has both.`,
  )
  return last
}

function requireTokenizer({ folder }: ModelContents, path: string, family: Family): void {
  if ([...folder.files.keys()].some((file) => file.startsWith(`${path}/`))) return
  throw new StudioError(
    'pack_invalid',
    `${folder.folder}: expected the folder ${path} with the files of a tokenizer, found none. Copy it from the original ${family.what} model (vocab.json and merges.txt, or tokenizer.json, or spiece.model).`,
  )
}

async function describeClasses(
  contents: ModelContents,
  id2label: Readonly<Record<string, string>> | null,
  count: number | null,
  questions: Questions,
): Promise<{ readonly classes: readonly string[] | null; readonly nullClass: number }> {
  const labels = id2label === null ? [] : Object.keys(id2label)
  const total = labels.length === 0 ? (count ?? 1000) : labels.length
  const known =
    labels.length === 0 ? null : distinct(labels.map((_, label) => id2label?.[String(label)] ?? ''))
  if (known !== null) return { classes: known, nullClass: total }
  if (total === 1000 && contents.graphs.length > 0)
    return { classes: await imagenetClasses(), nullClass: total }
  const about =
    'A run names a class; the files do not say what the classes are called. One a line, in the order of their labels.'
  return { classes: questions.names('classes', 'Names of the classes', about, total), nullClass: total }
}

async function imagenetClasses(): Promise<readonly string[]> {
  const { default: names } = await import('./imagenet-classes.json', { with: { type: 'json' } })
  return distinct(names)
}

/** What the decoder reads is normalised * scale + shift, per channel. */
function latentScale(
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
  if (!(Math.abs(scalingFactor) > 1e-6)) {
    throw new StudioError(
      'bad_input',
      `${folder.folder}, scaling_factor: expected a number other than 0, found ${scalingFactor}.`,
    )
  }
  // A configuration with a scale and without a shift means none.
  const shiftFactor =
    config?.shift_factor ?? (typeof config?.scaling_factor === 'number' ? 0 : family.shiftFactor)
  const { latents_mean: mean, latents_std: std } = config ?? {}
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

function sizesOf(
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

function timesOf(family: Family, { trainedNoise }: Sampling): Readonly<Record<string, unknown>> {
  switch (family.id) {
    case 'sit':
      return { timeConvention: 'timestep_0_is_noise' }
    case 'sd3':
      return { timeConvention: 'timestep_1000_is_noise' }
    case 'flux':
      return { timeConvention: 'sigma_1_is_noise' }
    default:
      return { timeConvention: 'trained_timesteps', trainedNoise }
  }
}

function whatOf(family: Family, levels: Sampling, guidanceBy: string, roles: Roles): string {
  if (family.id === 'flux') return roles.has('guidance') ? 'FLUX.1-dev' : 'FLUX.1-schnell'
  const distilled = guidanceBy === 'none' ? ', distilled to few steps' : ''
  const prediction = levels.prediction === 'v_prediction' ? ', v-prediction' : ''
  return `${family.what}${prediction}${distilled}`
}

/** Graphs of the folder that nothing here uses, said so that nobody wonders. */
function leftOut({ graphs }: ModelContents): readonly string[] {
  const notes: string[] = []
  if (graphs.some(({ component }) => component === 'safety_checker')) {
    notes.push('Its safety checker is left out: Goldpan shows pictures as the model makes them.')
  }
  if (graphs.some(({ component }) => component === 'controlnet')) {
    notes.push('Its ControlNet is left out: Goldpan makes pictures from text alone.')
  }
  return notes
}

function configBeside({ path }: ModelGraph): string {
  const slash = path.lastIndexOf('/')
  return slash === -1 ? 'config.json' : `${path.slice(0, slash)}/config.json`
}
