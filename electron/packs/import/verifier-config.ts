/** What transformers' configuration says of a verifier: config.json and preprocessor_config.json. */

import { z } from 'zod'

import { StudioError } from '../../../shared/errors.ts'
import type { PackVerifierId } from '../../../shared/vocabulary.ts'
import { classTemplates, imagenetClasses, namesOfLabels } from './class-lists.ts'
import { findOutput, listed } from './draft.ts'
import { readConfig, type ModelContents } from './model-contents.ts'
import type { Questions } from './questions.ts'
import {
  askClasses,
  imageOutputs,
  logitOutputs,
  type Picture,
  type PictureSize,
  type Recognised,
  type Towers,
} from './verifier-towers.ts'

const triple = z.tuple([z.number(), z.number(), z.number()])
const size = z
  .union([
    z.number(),
    z.looseObject({
      shortest_edge: z.number().optional(),
      height: z.number().optional(),
      width: z.number().optional(),
    }),
  ])
  .nullish()

const preprocessorSchema = z.looseObject({
  size,
  crop_size: size,
  do_center_crop: z.boolean().nullish(),
  do_resize: z.boolean().nullish(),
  resample: z.number().nullish(),
  image_mean: triple.nullish(),
  image_std: triple.nullish(),
})

const configSchema = z.looseObject({
  model_type: z.string().max(100).nullish(),
  _name_or_path: z.string().nullish(),
  projection_dim: z.number().nullish(),
  id2label: z.record(z.string(), z.string()).nullish(),
})

const clipPicture = {
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
} as const

/** By config.json's model_type, as transformers.js and Optimum leave it beside their exports. */
export async function fromTransformers(
  contents: ModelContents,
  towers: Towers,
  pixels: PictureSize,
  questions: Questions,
): Promise<Recognised> {
  const config = await readConfig(contents, 'config.json', configSchema)
  const preprocessor = await readConfig(contents, 'preprocessor_config.json', preprocessorSchema)
  const type = config?.model_type ?? guessType(towers)
  const notes = pictureNotes(preprocessor)
  if (type.startsWith('siglip')) {
    return {
      what: 'SigLIP',
      verifiers: towers.text === undefined ? ['siglip_self'] : ['siglip_score', 'siglip_self'],
      image: pictureOf(preprocessor, pixels, { fit: 'exact', mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] }),
      tokenizer: 'siglip',
      tokens: 64,
      facts: towers.text === undefined ? {} : siglipFacts(questions),
      notes,
    }
  }
  if (type === 'clip' || type === 'clip_vision_model') {
    return {
      ...(await clipVerifiers(contents, config, towers, questions)),
      image: pictureOf(preprocessor, pixels, { fit: 'shortest_edge_then_crop', ...clipPicture }),
      tokenizer: 'clip',
      tokens: 77,
      notes,
    }
  }
  if (type.startsWith('dino')) {
    const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const
    const image = pictureOf(preprocessor, pixels, { fit: 'shortest_edge_then_crop', edge: 256, ...imagenet })
    return {
      ...dinoVerifiers(contents, towers, config?.id2label ?? null, questions),
      image,
      tokenizer: null,
      tokens: 0,
      notes,
    }
  }
  throw new StudioError(
    'pack_invalid',
    `${contents.folder.folder}, config.json, model_type: expected clip, siglip or dinov2, found ${type === '' ? 'nothing' : type.slice(0, 60)}. Other verifiers are exported with a recipe of models/recipes/export, which writes a goldpan.json.`,
  )
}

/** Pillow's numbers of its filters. */
const bilinear = 2
const bicubic = 3

function pictureNotes(preprocessor: z.infer<typeof preprocessorSchema> | null): readonly string[] {
  if (preprocessor === null) {
    return ['The folder has no preprocessor_config.json; pictures are prepared as the family usually does.']
  }
  const filter = preprocessor.resample ?? bicubic
  return filter === bilinear || filter === bicubic
    ? []
    : [
        `preprocessor_config.json asks for filter ${filter} of Pillow; bicubic is taken, scores differ a little.`,
      ]
}

/** Without a config.json only the towers tell: CLIP has embeddings of its own names. */
function guessType({ image, text }: Towers): string {
  const hasEmbeds = image !== undefined && findOutput(image.onnx, ['image_embeds']) !== undefined
  return hasEmbeds && text !== undefined ? 'clip' : ''
}

function siglipFacts(questions: Questions): Readonly<Record<string, unknown>> {
  const about =
    'Learned with the model, and not in its configuration. It spreads the scores; which picture is better does not depend on it.'
  return {
    logitScale: questions.number('logit_scale', 'Scale of the cosine, exp(logit_scale)', about, 117.33),
    logitBias: questions.number('logit_bias', 'Bias of the scaled cosine', about, -12.93),
  }
}

async function clipVerifiers(
  { folder }: ModelContents,
  config: z.infer<typeof configSchema> | null,
  { text }: Towers,
  questions: Questions,
): Promise<Pick<Recognised, 'what' | 'verifiers' | 'facts'>> {
  if (text === undefined) return { what: 'CLIP, pictures only', verifiers: ['clip_self'], facts: {} }
  const name = `${folder.folder.slice(folder.folder.lastIndexOf('/') + 1)} ${config?._name_or_path ?? ''}`
  const hint = /pick[-_]?score/i.test(name) ? 'pick_score' : /hps/i.test(name) ? 'hps_score' : 'clip_score'
  // PickScore and HPSv2 are fine-tunes of CLIP ViT-H with the same graphs.
  const purpose =
    config?.projection_dim === 1024 || hint !== 'clip_score'
      ? questions.choice(
          'verifier',
          'Verifier',
          'CLIP ViT-H, PickScore and HPSv2 are the same network with other weights; the files do not say which it is.',
          { clip_score: 'CLIP', pick_score: 'PickScore', hps_score: 'HPSv2' },
          hint,
        )
      : 'clip_score'
  switch (purpose) {
    case 'pick_score': {
      const about = 'exp of the learned logit scale; PickScore_v1 has 100. It only spreads the scores.'
      const logitScale = questions.number('logit_scale', 'Scale of the cosine', about, 100)
      return { what: 'PickScore', verifiers: ['pick_score'], facts: { logitScale } }
    }
    case 'hps_score':
      return { what: 'HPSv2', verifiers: ['hps_score'], facts: {} }
    case 'clip_score':
      return {
        what: 'CLIP',
        verifiers: ['clip_score', 'clip_zero_shot', 'clip_self'],
        facts: { promptPrefix: 'A photo depicts ', classes: await imagenetClasses(), classTemplates },
      }
  }
}

function dinoVerifiers(
  contents: ModelContents,
  towers: Towers,
  id2label: Readonly<Record<string, string>> | null,
  questions: Questions,
): Pick<Recognised, 'what' | 'verifiers' | 'facts'> {
  const { image } = towers
  const logits = image === undefined ? undefined : findOutput(image.onnx, logitOutputs)
  const embedding = image === undefined ? undefined : findOutput(image.onnx, imageOutputs)
  const ids: PackVerifierId[] = [
    ...(logits === undefined ? [] : (['dino_linear'] as const)),
    ...(embedding === undefined ? [] : (['dino_self'] as const)),
  ]
  if (ids.length === 0) {
    throw new StudioError(
      'pack_invalid',
      `${image?.path ?? contents.folder.folder}: expected logits of a linear head or one embedding a picture, found ${listed(image?.onnx.outputs ?? [])}. Export it with models/recipes/export/dinov2_linear.py.`,
    )
  }
  if (logits === undefined) return { what: 'DINO', verifiers: ids, facts: {} }
  const known = id2label === null ? [] : namesOfLabels(id2label)
  const named = known.length > 0 && known.every((name) => name !== '' && !/^LABEL_\d+$/.test(name))
  const classes = named ? known : askClasses(towers, questions, known.length || undefined)
  return { what: 'DINO with a linear head', verifiers: ids, facts: { classes } }
}

/** A picture's way into the network, by preprocessor_config.json; what it leaves out is the family's. */
function pictureOf(
  config: z.infer<typeof preprocessorSchema> | null,
  pixels: PictureSize,
  family: {
    readonly fit: 'shortest_edge_then_crop' | 'exact'
    readonly edge?: number
    readonly mean: readonly number[]
    readonly std: readonly number[]
  },
): Picture {
  const crop = sides(config?.crop_size)
  const whole = sides(config?.size)
  const shortest = typeof config?.size === 'object' ? config.size?.shortest_edge : undefined
  const edge = shortest ?? (family.fit === 'exact' ? undefined : whole?.height)
  const isExact =
    family.fit === 'exact' || (config !== null && config.do_center_crop === false && shortest === undefined)
  const height = pixels.height ?? (isExact ? whole?.height : (crop?.height ?? edge)) ?? 224
  const width = pixels.width ?? (isExact ? whole?.width : (crop?.width ?? edge)) ?? 224
  const filter = config?.resample === bilinear ? 'bilinear' : 'bicubic'
  return {
    width,
    height,
    mean: config?.image_mean ?? family.mean,
    std: config?.image_std ?? family.std,
    resize: isExact
      ? { fit: 'exact', filter }
      : {
          fit: 'shortest_edge_then_crop',
          filter,
          size: edge ?? (config === null ? (family.edge ?? height) : height),
          cropOffset: 'floor',
        },
  }
}

function sides(
  found: z.infer<typeof size>,
): { readonly height: number | undefined; readonly width: number | undefined } | null {
  if (found === null || found === undefined) return null
  return typeof found === 'number'
    ? { height: found, width: found }
    : { height: found.height, width: found.width }
}
