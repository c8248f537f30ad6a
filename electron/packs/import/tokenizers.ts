/**
 * Tokenizers of imported models: always built anew. Of what people have on disk only vocabulary, merges, scores, the
 * character map and the special tokens are taken; how text is split is ours, by the family, so that no regex of a file is
 * ever run. The result is what transformers' fast tokenizer of the family makes of the same files.
 *
 * transformers' slow CLIP tokenizer, which diffusers loads for Stable Diffusion, differs from it in a few texts: it sets
 * Chinese characters apart, and with ftfy installed it also repairs quotes, ligatures and HTML entities first.
 */

import { fixedPatterns } from '../tokenizer.ts'
import {
  invalid,
  objectOf,
  recordOf,
  short,
  type TokenizerFamily,
  type TokenizerFiles,
} from './tokenizer-files.ts'
import { addedTokensOf, contentsOf, plainToken, type AddedToken, type Contents } from './vocabularies.ts'

/** Names of special tokens: what a text begins and ends with, what stands for the unknown and fills up. */
type Marks = { readonly bos: string | null; readonly eos: string; readonly unk: string; readonly pad: string }

const usualMarks = {
  clip: { bos: '<|startoftext|>', eos: '<|endoftext|>', unk: '<|endoftext|>', pad: '<|endoftext|>' },
  t5: { bos: null, eos: '</s>', unk: '<unk>', pad: '<pad>' },
  siglip: { bos: null, eos: '</s>', unk: '<unk>', pad: '</s>' },
  bert: { bos: '[CLS]', eos: '[SEP]', unk: '[UNK]', pad: '[PAD]' },
} as const satisfies Readonly<Record<TokenizerFamily, Marks>>

/**
 * A tokenizer.json and a tokenizer_config.json of our own.
 *
 * @param pad the token that fills texts up where no file names one; the family's usual one unless said otherwise
 * @throws `pack_invalid`, saying what was expected and found
 */
export function makeTokenizer(
  files: TokenizerFiles,
  family: TokenizerFamily,
  pad?: string,
): { readonly tokenizerJson: object; readonly tokenizerConfig: object } {
  const config = objectOf('tokenizer_config.json', files.tokenizerConfig)
  const specials = objectOf('special_tokens_map.json', files.specialTokens)
  const contents = contentsOf(files, family, config)
  const { model, vocabulary, added } = contents
  const tokens = new Map<string, AddedToken>()
  const known = (content: string) => tokens.get(content)?.id ?? vocabulary.get(content)
  for (const token of [...added, ...addedTokensOf(files, config)]) {
    const id = known(token.content)
    if (id !== undefined && id !== token.id) {
      throw invalid(`${JSON.stringify(token.content)} with one id`, `${id} and ${token.id}`)
    }
    tokens.set(token.content, token)
  }
  const usual = usualMarks[family]
  const named = (role: string, otherwise: string) =>
    contentOf(specials[role]) ?? contentOf(config[role]) ?? otherwise
  const marks: Marks = {
    bos: usual.bos === null ? null : named(family === 'bert' ? 'cls_token' : 'bos_token', usual.bos),
    eos: named(family === 'bert' ? 'sep_token' : 'eos_token', usual.eos),
    unk: named('unk_token', usual.unk),
    pad: named('pad_token', pad ?? usual.pad),
  }
  for (const content of Object.values(marks)) {
    if (content === null || tokens.has(content)) continue
    const id = known(content)
    if (id === undefined) throw invalid(`the special token ${JSON.stringify(content)}`, 'none of that name')
    tokens.set(content, plainToken(id, content, true))
  }
  return {
    tokenizerJson: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: [...tokens.values()].sort((a, b) => a.id - b.id),
      ...pipelineOf(family, marks, (content) => known(content) ?? NaN, contents),
      model: { ...model, ...(family === 't5' || family === 'siglip' ? {} : { unk_token: marks.unk }) },
    },
    tokenizerConfig: {
      ...(marks.bos === null ? {} : { bos_token: marks.bos }),
      eos_token: marks.eos,
      unk_token: marks.unk,
      pad_token: marks.pad,
    },
  }
}

/** A special token in a configuration: its text, or an object with it. */
function contentOf(value: unknown): string | null {
  const content = typeof value === 'string' ? value : recordOf(value)['content']
  return typeof content === 'string' && content !== '' ? short(content) : null
}

/** How text becomes tokens, but for the model: as transformers' converters of slow tokenizers have it. */
function pipelineOf(
  family: TokenizerFamily,
  { bos, eos }: Marks,
  idOf: (content: string) => number,
  { characterMap, lowercase, prependScheme }: Contents,
): object {
  const ends = [eos, idOf(eos)]
  const starts = [bos, idOf(bos ?? '')]
  const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: prependScheme, split: true }
  const mapped = characterMap === null ? [] : [{ type: 'Precompiled', precompiled_charsmap: characterMap }]
  const spaced = [
    { type: 'Strip', strip_left: false, strip_right: true },
    replacing(fixedPatterns.spaces, '▁'),
  ]
  const closed = {
    type: 'TemplateProcessing',
    single: [sequence('A'), special(eos)],
    pair: [sequence('A'), special(eos), sequence('B'), special(eos)],
    special_tokens: { [eos]: { id: eos, ids: [idOf(eos)], tokens: [eos] } },
  }
  switch (family) {
    case 'clip':
      return {
        normalizer: inSequence([
          { type: 'NFC' },
          replacing(fixedPatterns.whiteSpace, ' '),
          { type: 'Lowercase' },
        ]),
        pre_tokenizer: {
          type: 'Sequence',
          pretokenizers: [
            { type: 'Split', pattern: { Regex: fixedPatterns.clipWords }, behavior: 'Removed', invert: true },
            { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
          ],
        },
        post_processor: {
          type: 'RobertaProcessing',
          sep: ends,
          cls: starts,
          trim_offsets: false,
          add_prefix_space: false,
        },
        decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
      }
    case 't5':
      return {
        normalizer: inSequence([...mapped, ...spaced]),
        pre_tokenizer: metaspace,
        post_processor: closed,
        decoder: metaspace,
      }
    case 'siglip':
      return {
        normalizer: inSequence([
          { type: 'Lowercase' },
          replacing(fixedPatterns.asciiPunctuation, ''),
          replacing(fixedPatterns.whiteSpace, ' '),
          { type: 'Strip', strip_left: true, strip_right: true },
          ...mapped,
          ...spaced,
        ]),
        pre_tokenizer: metaspace,
        post_processor: closed,
        decoder: metaspace,
      }
    case 'bert':
      return {
        normalizer: {
          type: 'BertNormalizer',
          clean_text: true,
          handle_chinese_chars: true,
          strip_accents: null,
          lowercase,
        },
        pre_tokenizer: { type: 'BertPreTokenizer' },
        post_processor: { type: 'BertProcessing', sep: ends, cls: starts },
        decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
      }
  }
}

const inSequence = (normalizers: readonly object[]) => ({ type: 'Sequence', normalizers })
const replacing = (pattern: string, content: string) => ({
  type: 'Replace',
  pattern: { Regex: pattern },
  content,
})
const sequence = (id: string) => ({ Sequence: { id, type_id: 0 } })
const special = (id: string) => ({ SpecialToken: { id, type_id: 0 } })
