/**
 * Recognises verifiers: graphs named as transformers.js names them (vision_model, text_model, pair_model, model), with
 * transformers' config.json and preprocessor_config.json, or with the goldpan.json that models/recipes/export writes,
 * which says what no graph can.
 */

import { StudioError } from '../../../shared/errors.ts'
import { choosePrecision, type PackDraft } from './draft.ts'
import { readConfig, type ModelContents } from './model-contents.ts'
import type { Questions } from './questions.ts'
import { cardSchema, describeReference, fromCard } from './verifier-card.ts'
import { fromTransformers } from './verifier-config.ts'
import { describeTowers, pixelsOf, textTokens, towersOf } from './verifier-towers.ts'

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
