/** The text encoders of a pipeline: which there are, what is read of each, how long its texts are. */

import { StudioError } from '../../../shared/errors.ts'
import {
  findOutput,
  fixed,
  inputOf,
  inputRoles,
  namesOf,
  outputOf,
  packPath,
  requireGraph,
  type TokenizerDraft,
} from './draft.ts'
import type { Family, Roles } from './families.ts'
import { graphOf, type ModelContents, type ModelGraph } from './model-contents.ts'
import type { OnnxTensorInfo } from './onnx-file.ts'

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

/** @throws StudioError `pack_invalid` with the encoder or the tokenizer that is missing */
export function describeTexts(contents: ModelContents, family: Family, roles: Roles, variant: string): Texts {
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
