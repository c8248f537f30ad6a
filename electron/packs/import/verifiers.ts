/**
 * Recognises verifiers: graphs named as transformers.js names them (vision_model, text_model, pair_model, model), with
 * transformers' config.json and preprocessor_config.json, or with the goldpan.json that models/recipes/export writes,
 * which says what no graph can.
 */

import { z } from 'zod'

import { StudioError } from '../../../shared/errors.ts'
import { idsOf, verifiers, type PackVerifierId } from '../../../shared/vocabulary.ts'
import type { VerifierPackManifest } from '../manifest.ts'
import { classTemplates, imagenetClasses, namesOfLabels } from './class-lists.ts'
import {
  choosePrecision,
  copiesOf,
  findOutput,
  fixed,
  inputOf,
  inputRoles,
  listed,
  namesOf,
  outputOf,
  packPath,
  type PackDraft,
} from './draft.ts'
import { graphOf, readConfig, type ModelContents, type ModelGraph } from './model-contents.ts'
import { distinct, type Questions } from './questions.ts'
import { readSmallFile } from './safe-copy.ts'
import { tokenizerFamilies, type TokenizerFamily } from './tokenizers.ts'

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

/** As wide as a manifest lets features be. */
const maxDimensions = 4096

/** goldpan.json: the fields of a verifier's manifest that its graphs cannot say. */
const cardSchema = z.looseObject({
  kind: z.literal('verifier', { error: 'expected verifier' }),
  verifiers: z.array(z.enum(idsOf(verifiers))).min(1),
  image: z.looseObject({
    width: z.number().optional(),
    height: z.number().optional(),
    mean: triple,
    std: triple,
    resize: z
      .looseObject({
        fit: z.enum(['shortest_edge_then_crop', 'exact']),
        filter: z.enum(['bicubic', 'bilinear', 'tensor_bilinear']),
        size: z.number(),
        cropOffset: z.enum(['floor', 'half_even']).default('floor'),
      })
      .optional(),
  }),
  components: z.looseObject({ tokenizer: z.enum(tokenizerFamilies).optional() }).default({}),
  textTokens: z.number().optional(),
  promptPrefix: z.string().optional(),
  logitScale: z.number().optional(),
  logitBias: z.number().optional(),
  reward: z.unknown().optional(),
  classes: z.array(z.string()).max(10_000).optional(),
  classTemplates: z.array(z.string()).optional(),
  reference: z.looseObject({ file: z.string(), dimensions: z.int().min(1).max(maxDimensions) }).optional(),
})

type Resize = NonNullable<VerifierPackManifest['image']['resize']>

type Picture = {
  readonly width: number
  readonly height: number
  readonly mean: readonly number[]
  readonly std: readonly number[]
  readonly resize?: Resize
}

/** What a family of verifiers has in common. */
type Recognised = {
  readonly what: string
  readonly verifiers: readonly string[]
  readonly image: Picture
  readonly tokenizer: TokenizerFamily | null
  readonly tokens: number
  /** promptPrefix, logitScale, classes, ... of the manifest. */
  readonly facts: Readonly<Record<string, unknown>>
  readonly notes: readonly string[]
}

const clipPicture = {
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
} as const

const imageOutputs = [
  'image_embeds',
  'embedding',
  'pooler_output',
  'features',
  'image_features',
  'pooled',
] as const
const logitOutputs = ['logits', 'logits_unbiased'] as const
const scoreOutputs = ['score', 'reward', 'aesthetic_score'] as const
const textOutputs = ['text_embeds', 'embedding', 'pooler_output', 'text_features'] as const
const inputNames = {
  pixels: ['pixel_values', 'pixels', 'image'],
  inputIds: ['input_ids'],
  attentionMask: ['attention_mask', 'text_attention_mask'],
} as const

export function looksLikeVerifier({ graphs }: ModelContents): boolean {
  return graphs.some(({ component }) =>
    ['vision_model', 'text_model', 'pair_model', 'model'].includes(component ?? ''),
  )
}

/** @throws StudioError `pack_invalid` with what is missing, or for a model that Goldpan does not know as a verifier */
export async function describeVerifier(contents: ModelContents, questions: Questions): Promise<PackDraft> {
  const variant = choosePrecision(contents, ['vision_model', 'text_model', 'pair_model', 'model'], questions)
  const towers = towersOf(contents, variant)
  const card = await readConfig(contents, 'goldpan.json', cardSchema)
  const pixels = pixelsOf(towers)
  const recognised =
    card === null
      ? await fromTransformers(contents, towers, pixels, questions)
      : await fromCard(card, towers, pixels, questions)
  const manifestTowers = describeTowers(contents, towers)
  const reference =
    card?.reference === undefined ? null : await describeReference(contents, towers, card.reference)
  const textual = towers.text !== undefined || towers.pair !== undefined
  const tokens = textTokens(towers) ?? recognised.tokens
  if (textual) requireTokenizer(contents)
  const tokenizer = textual && recognised.tokenizer !== null
  return {
    what: recognised.what,
    roles: manifestTowers.roles,
    copies: [...manifestTowers.copies, ...(reference === null ? [] : [reference.copy])],
    tokenizers: tokenizer ? [{ folder: '', family: recognised.tokenizer, to: 'tokenizer' }] : [],
    notes: recognised.notes,
    manifest: {
      kind: 'verifier',
      verifiers: recognised.verifiers.map((id) => ({ id })),
      image: recognised.image,
      ...(textual && { textTokens: tokens }),
      ...recognised.facts,
      ...(reference !== null && { reference: reference.field }),
      components: {
        ...(tokenizer && {
          tokenizer: { file: 'tokenizer/tokenizer.json', configFile: 'tokenizer/tokenizer_config.json' },
        }),
        ...manifestTowers.components,
      },
    },
  }
}

/** The graphs of a verifier: two towers, in one file or in two, or one that reads picture and text together. */
type Towers = {
  readonly image: ModelGraph | undefined
  readonly text: ModelGraph | undefined
  readonly pair: ModelGraph | undefined
}

function towersOf(contents: ModelContents, variant: string): Towers {
  const vision = graphOf(contents, 'vision_model', variant)
  const text = graphOf(contents, 'text_model', variant)
  const pair = graphOf(contents, 'pair_model', variant)
  // The split export is smaller than the whole: where a folder has both, the towers are taken.
  if (vision !== undefined || pair !== undefined) return { image: vision, text, pair }
  const whole = graphOf(contents, 'model', variant)
  if (whole === undefined) {
    const found = contents.graphs.map(({ path }) => path).join(', ')
    throw new StudioError(
      'pack_invalid',
      `${contents.folder.folder}: expected vision_model.onnx, pair_model.onnx or model.onnx, found ${found}. Export the missing part too.`,
    )
  }
  const isScore = findOutput(whole.onnx, scoreOutputs) !== undefined
  const readsText = whole.onnx.inputs.some(({ name }) => name === 'input_ids')
  if (isScore && readsText) return { image: undefined, text: undefined, pair: whole }
  return { image: whole, text: readsText ? whole : undefined, pair: undefined }
}

type PictureSize = { readonly height?: number; readonly width?: number }

/** Where pictures go in, with their size where the graph fixes it. */
function pixelsOf({ image, pair }: Towers): PictureSize {
  const graph = image ?? pair
  if (graph === undefined) throw new RangeError('Expected an image tower or a pair tower')
  const pixels = inputOf(graph, inputRoles(graph, inputNames), 'pixels', [4])
  const [height, width] = [fixed(pixels, 2), fixed(pixels, 3)]
  return { ...(height !== undefined && { height }), ...(width !== undefined && { width }) }
}

function textTokens({ text, pair }: Towers): number | undefined {
  const graph = text ?? pair
  if (graph === undefined) return undefined
  return fixed(inputOf(graph, inputRoles(graph, inputNames), 'inputIds', [2]), 1)
}

function describeTowers(
  contents: ModelContents,
  { image, text, pair }: Towers,
): {
  readonly components: Readonly<Record<string, unknown>>
  readonly roles: Readonly<Record<string, string>>
  readonly copies: PackDraft['copies']
} {
  const components: Record<string, unknown> = {}
  const roles: Record<string, string> = {}
  const copies: PackDraft['copies'][number][] = []
  const add = (name: string, folder: string, graph: ModelGraph, outputs: object): void => {
    components[name] = {
      file: packPath(folder, graph),
      inputs: namesOf(inputRoles(graph, inputNames)),
      outputs,
    }
    roles[name] = graph.path
    // Both towers in one file are one copy.
    for (const copy of copiesOf(contents, folder, graph)) {
      if (!copies.some(({ to }) => to === copy.to)) copies.push(copy)
    }
  }
  if (image !== undefined) {
    const outputNames = { embedding: imageOutputs, logits: logitOutputs, score: scoreOutputs }
    const outputs = Object.fromEntries(
      Object.entries(outputNames).flatMap(([role, names]) => {
        const found = findOutput(image.onnx, names)
        return found === undefined ? [] : [[role, found.name]]
      }),
    )
    // Says which outputs there are, where none is known.
    if (Object.keys(outputs).length === 0) outputOf(image, [...imageOutputs, ...logitOutputs])
    add('imageTower', 'image_tower', image, outputs)
  }
  if (text !== undefined) {
    const folder = text === image ? 'image_tower' : 'text_tower'
    add('textTower', folder, text, { embedding: outputOf(text, textOutputs).name })
  }
  if (pair !== undefined) {
    add('pairTower', 'pair_tower', pair, { score: outputOf(pair, scoreOutputs).name })
  }
  return { components, roles, copies }
}

async function fromCard(
  card: z.infer<typeof cardSchema>,
  towers: Towers,
  pixels: PictureSize,
  questions: Questions,
): Promise<Recognised> {
  const { verifiers: ids, image } = card
  const zeroShot = ids.includes('clip_zero_shot')
  const classes = card.classes ?? (zeroShot ? await imagenetClasses() : undefined)
  const reads = ids.some((id) => id === 'dino_linear' || id === 'inception_confidence')
  const facts = defined(card, ['promptPrefix', 'logitScale', 'logitBias', 'reward', 'classTemplates'])
  return {
    what: ids.map((id) => verifiers[id].label).join(', '),
    verifiers: ids,
    image: {
      width: image.width ?? pixels.width ?? 224,
      height: image.height ?? pixels.height ?? 224,
      mean: image.mean,
      std: image.std,
      ...(image.resize !== undefined && { resize: resizeOf(image.resize) }),
    },
    tokenizer: card.components.tokenizer ?? (towers.pair === undefined ? 'clip' : 'bert'),
    tokens: card.textTokens ?? (towers.pair === undefined ? 77 : 35),
    facts: {
      ...(zeroShot && { classTemplates }),
      ...facts,
      ...(classes !== undefined && { classes: distinct(classes) }),
      ...(classes === undefined && reads && { classes: askClasses(towers, questions) }),
    },
    notes: [],
  }
}

/**
 * The numbers that frechet is held against (manifest.ts, reference), looked at before they are copied.
 *
 * @throws StudioError `pack_invalid` for a file that is not there, does not fit the network, has another length, or holds what is no number
 */
async function describeReference(
  { folder }: ModelContents,
  { image }: Towers,
  { file: path, dimensions }: NonNullable<z.infer<typeof cardSchema>['reference']>,
): Promise<{ readonly copy: PackDraft['copies'][number]; readonly field: object }> {
  const expected = 8 * (dimensions + dimensions ** 2)
  const refuse = (found: string): StudioError =>
    new StudioError(
      'pack_invalid',
      `${folder.folder}, ${path.slice(0, 200)}: expected ${expected} bytes, the mean and the covariance of ${dimensions} features as finite float64, found ${found}. Export the model again with models/recipes/export/inception.py --statistics.`,
    )
  const width = fixed(image === undefined ? undefined : findOutput(image.onnx, imageOutputs), 1)
  if (width !== undefined && width !== dimensions) throw refuse(`a network of ${width} features`)
  const file = folder.files.get(path)
  if (file?.bytes !== expected) throw refuse(file === undefined ? 'no such file' : `${file.bytes}`)
  const { buffer } = await readSmallFile(folder, file, expected)
  const view = new DataView(buffer)
  for (let at = 0; at < expected; at += 8) {
    const value = view.getFloat64(at, true)
    if (!Number.isFinite(value)) throw refuse(`${value} at byte ${at}`)
  }
  const to = 'reference.bin'
  return { copy: { file, to }, field: { file: to, dimensions } }
}

/** The recipes' words for it in those of a manifest. */
function resizeOf({
  fit,
  filter,
  size: edge,
  cropOffset,
}: NonNullable<z.infer<typeof cardSchema>['image']['resize']>): Resize {
  if (filter === 'tensor_bilinear') return { fit: 'interpolated' }
  return fit === 'exact' ? { fit, filter } : { fit, filter, size: edge, cropOffset }
}

function askClasses({ image }: Towers, questions: Questions, count?: number): readonly string[] | null {
  const logits = image === undefined ? undefined : findOutput(image.onnx, logitOutputs)
  const about =
    'A prompt is scored by the class that it names; the files do not say what the classes are called. One a line, in the order of the logits.'
  return questions.names('classes', 'Names of the classes', about, fixed(logits, 1) ?? count ?? 1000)
}

function defined(source: object, keys: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(source).filter(([key, value]) => keys.includes(key) && value !== undefined),
  )
}

/** By config.json's model_type, as transformers.js and Optimum leave it beside their exports. */
async function fromTransformers(
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

const tokenizerFiles = [
  'tokenizer.json',
  'vocab.json',
  'vocab.txt',
  'spiece.model',
  'sentencepiece.bpe.model',
]

function requireTokenizer({ folder }: ModelContents): void {
  if (tokenizerFiles.some((file) => folder.files.has(file))) return
  throw new StudioError(
    'pack_invalid',
    `${folder.folder}: expected the files of a tokenizer (tokenizer.json, or vocab.json and merges.txt, or vocab.txt), found none. Copy them from the original model.`,
  )
}
