/** The graphs of a verifier, by the names that people give them, and what is recognised of it. */

import { StudioError } from '../../../shared/errors.ts'
import type { VerifierPackManifest } from '../manifest.ts'
import {
  copiesOf,
  findOutput,
  fixed,
  inputOf,
  inputRoles,
  namesOf,
  outputOf,
  packPath,
  type PackDraft,
} from './draft.ts'
import { graphOf, type ModelContents, type ModelGraph } from './model-contents.ts'
import type { Questions } from './questions.ts'
import type { TokenizerFamily } from './tokenizer-files.ts'

export type Resize = NonNullable<VerifierPackManifest['image']['resize']>

/** The field `image` of the manifest in the making. */
export type Picture = {
  readonly width: number
  readonly height: number
  readonly mean: readonly number[]
  readonly std: readonly number[]
  readonly resize?: Resize
}

/** What a family of verifiers has in common. */
export type Recognised = {
  readonly what: string
  readonly verifiers: readonly string[]
  readonly image: Picture
  readonly tokenizer: TokenizerFamily | null
  readonly tokens: number
  /** promptPrefix, logitScale, classes, ... of the manifest. */
  readonly facts: Readonly<Record<string, unknown>>
  readonly notes: readonly string[]
}

export const imageOutputs = [
  'image_embeds',
  'embedding',
  'pooler_output',
  'features',
  'image_features',
  'pooled',
] as const
export const logitOutputs = ['logits', 'logits_unbiased'] as const
const scoreOutputs = ['score', 'reward', 'aesthetic_score'] as const
const textOutputs = ['text_embeds', 'embedding', 'pooler_output', 'text_features'] as const
const inputNames = {
  pixels: ['pixel_values', 'pixels', 'image'],
  inputIds: ['input_ids'],
  attentionMask: ['attention_mask', 'text_attention_mask'],
} as const

/** The graphs of a verifier: two towers, in one file or in two, or one that reads picture and text together. */
export type Towers = {
  readonly image: ModelGraph | undefined
  readonly text: ModelGraph | undefined
  readonly pair: ModelGraph | undefined
}

/** @throws StudioError `pack_invalid` for a folder with neither an image tower nor a pair tower */
export function towersOf(contents: ModelContents, variant: string): Towers {
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

export type PictureSize = { readonly height?: number; readonly width?: number }

/** Where pictures go in, with their size where the graph fixes it. */
export function pixelsOf({ image, pair }: Towers): PictureSize {
  const graph = image ?? pair
  if (graph === undefined) throw new RangeError('Expected an image tower or a pair tower')
  const pixels = inputOf(graph, inputRoles(graph, inputNames), 'pixels', [4])
  const [height, width] = [fixed(pixels, 2), fixed(pixels, 3)]
  return { ...(height !== undefined && { height }), ...(width !== undefined && { width }) }
}

/** Tokens of a text, where a graph fixes them. */
export function textTokens({ text, pair }: Towers): number | undefined {
  const graph = text ?? pair
  if (graph === undefined) return undefined
  return fixed(inputOf(graph, inputRoles(graph, inputNames), 'inputIds', [2]), 1)
}

/** Components of the manifest, which file is which, and what is copied where. */
export function describeTowers(
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

/** What the logits stand for, where no file says it. */
export function askClasses(
  { image }: Towers,
  questions: Questions,
  count?: number,
): readonly string[] | null {
  const logits = image === undefined ? undefined : findOutput(image.onnx, logitOutputs)
  const about =
    'A prompt is scored by the class that it names; the files do not say what the classes are called. One a line, in the order of the logits.'
  return questions.names('classes', 'Names of the classes', about, fixed(logits, 1) ?? count ?? 1000)
}
