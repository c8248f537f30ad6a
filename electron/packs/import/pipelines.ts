/**
 * Recognises models that make images: Stable Diffusion 1 and 2, their Turbo and LCM distillations, SDXL, SD3, FLUX.1,
 * PixArt-Sigma and SiT. Numbers come from configuration where there is some, else from the family.
 */

import { z } from 'zod'

import { imagenetClasses, namesOfLabels } from './class-lists.ts'
import {
  choosePrecision,
  copiesOf,
  fixed,
  inputOf,
  inputRoles,
  namesOf,
  outputOf,
  packPath,
  requireGraph,
  type PackDraft,
} from './draft.ts'
import {
  denoiserInputs,
  families,
  familyOf,
  requireChannels,
  requireKnownPipeline,
  type Family,
  type Roles,
} from './families.ts'
import { autoencoderSchema, latentScale, networkSchema, sizesOf } from './latents.ts'
import { graphOf, readConfig, type ModelContents, type ModelGraph } from './model-contents.ts'
import type { Questions } from './questions.ts'
import { guidanceOf, samplingOf, type Sampling } from './sampling.ts'
import { schedulerSchema } from './schedulers.ts'
import { describeTexts } from './text-encoders.ts'

const indexSchema = z.looseObject({
  _class_name: z.string().nullish(),
  force_zeros_for_empty_prompt: z.boolean().nullish(),
  requires_aesthetics_score: z.boolean().nullish(),
  id2label: z.record(z.string(), z.string()).nullish(),
})

const predictionNames = ['out_sample', 'out_hidden_states', 'velocity', 'sample', 'noise_pred', 'output']

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
  const variant = choosePrecision(contents, ['unet', 'transformer', 'vae_decoder', 'text_encoder'], questions)
  const denoiser = requireGraph(
    contents,
    'unet',
    graphOf(contents, 'unet', variant) ?? graphOf(contents, 'transformer', variant),
  )
  const decoder = requireGraph(contents, 'vae_decoder', graphOf(contents, 'vae_decoder', variant))
  const network = await readConfig(contents, configBeside(denoiser), networkSchema)
  const roles = inputRoles(denoiser, denoiserInputs)
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
  const levels = samplingOf(family, roles, scheduler, questions)
  const guidance = guidanceOf(contents, family, roles, levels, network?._name_or_path ?? '', questions)
  const text = family.conditioning === null ? null : describeTexts(contents, family, roles, variant)
  const scale = latentScale(contents, family, channels, autoencoder, questions)
  const sizes = sizesOf(family, roles, latents, decoderInput, network, autoencoder)

  // Exporters leave this open where the network reshapes its output.
  const outputs = fixed(prediction, 1) ?? network?.out_channels ?? family.outputs
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

async function describeClasses(
  contents: ModelContents,
  id2label: Readonly<Record<string, string>> | null,
  count: number | null,
  questions: Questions,
): Promise<{ readonly classes: readonly string[] | null; readonly nullClass: number }> {
  const labels = id2label === null ? [] : Object.keys(id2label)
  const total = labels.length === 0 ? (count ?? 1000) : labels.length
  if (id2label !== null && labels.length > 0) return { classes: namesOfLabels(id2label), nullClass: total }
  if (total === 1000 && contents.graphs.length > 0)
    return { classes: await imagenetClasses(), nullClass: total }
  const about =
    'A run names a class; the files do not say what the classes are called. One a line, in the order of their labels.'
  return { classes: questions.names('classes', 'Names of the classes', about, total), nullClass: total }
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
