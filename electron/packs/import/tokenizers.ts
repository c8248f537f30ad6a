/**
 * Tokenizers of imported models: always built anew. Of what people have on disk only vocabulary, merges, scores, the
 * character map and the special tokens are taken; how text is split is ours, by the family, so that no regex of a file is
 * ever run. The result is what transformers' fast tokenizer of the family makes of the same files.
 *
 * transformers' slow CLIP tokenizer, which diffusers loads for Stable Diffusion, differs from it in a few texts: it sets
 * Chinese characters apart, and with ftfy installed it also repairs quotes, ligatures and HTML entities first.
 */

import { StudioError } from '../../../shared/errors.ts'
import { fixedPatterns } from '../tokenizer.ts'
import { ProtobufFault, ProtobufReader } from './protobuf.ts'

export const tokenizerFamilies = ['clip', 't5', 'bert', 'siglip'] as const

/** How a family of models splits text. */
export type TokenizerFamily = (typeof tokenizerFamilies)[number]

/** The files of a tokenizer's folder, whichever there are. */
export type TokenizerFiles = {
  /** tokenizer.json */
  readonly tokenizerJson?: Uint8Array | string
  /** tokenizer_config.json */
  readonly tokenizerConfig?: Uint8Array | string
  /** special_tokens_map.json */
  readonly specialTokens?: Uint8Array | string
  /** added_tokens.json */
  readonly addedTokens?: Uint8Array | string
  /** vocab.json */
  readonly vocab?: Uint8Array | string
  /** merges.txt */
  readonly merges?: Uint8Array | string
  /** vocab.txt */
  readonly vocabTxt?: Uint8Array | string
  /** spiece.model */
  readonly spiece?: Uint8Array
}

/** Of the files of one tokenizer together; those of mT5, with 250,000 entries, have 21 million. */
export const maxTokenizerBytes = 24_000_000
/** Commas, brackets and lines: what each value costs in memory, however few bytes it has. */
const maxParts = 1_000_000
const maxEntries = 300_000
/** UTF-16 units of a token. */
const maxTokenLength = 256
/** Of a character map, base64; that of T5 has 316,720. */
const maxCharacterMap = 2_000_000

type Vocabulary = ReadonlyMap<string, number>
type AddedToken = {
  readonly id: number
  readonly content: string
  readonly single_word: boolean
  readonly lstrip: boolean
  readonly rstrip: boolean
  readonly normalized: boolean
  readonly special: boolean
}

/** What is taken from files, of whatever form they have. */
type Contents = {
  /** The model of a tokenizer.json, complete. */
  readonly model: object
  readonly vocabulary: Vocabulary
  readonly added: readonly AddedToken[]
  /** Of sentencepiece, base64; null for none. */
  readonly characterMap: string | null
  readonly lowercase: boolean
  /** Where sentencepiece puts a space before the text. */
  readonly prependScheme: string
}

/** Names of special tokens: what a text begins and ends with, what stands for the unknown and fills up. */
type Marks = { readonly bos: string | null; readonly eos: string; readonly unk: string; readonly pad: string }

const usualMarks = {
  clip: { bos: '<|startoftext|>', eos: '<|endoftext|>', unk: '<|endoftext|>', pad: '<|endoftext|>' },
  t5: { bos: null, eos: '</s>', unk: '<unk>', pad: '<pad>' },
  siglip: { bos: null, eos: '</s>', unk: '<unk>', pad: '</s>' },
  bert: { bos: '[CLS]', eos: '[SEP]', unk: '[UNK]', pad: '[PAD]' },
} as const satisfies Readonly<Record<TokenizerFamily, Marks>>

/** Tokens that transformers adds to the vocabulary of a T5: `<extra_id_99>` to `<extra_id_0>`. */
const extraIds = 100
/** Merges that transformers reads of a CLIP merges.txt: its vocabulary without 512 letters and two marks. */
const maxClipMerges = 49152 - 256 - 2

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

/** The vocabulary: of tokenizer.json where there is one, else of the files that a slow tokenizer has. */
function contentsOf(
  files: TokenizerFiles,
  family: TokenizerFamily,
  config: Readonly<Record<string, unknown>>,
): Contents {
  const lowercase = config['do_lower_case'] !== false
  switch (family) {
    case 'clip': {
      if (files.vocab !== undefined && files.merges !== undefined) {
        const vocabulary = vocabularyOf('vocab.json', objectOf('vocab.json', files.vocab))
        return plainContents(bytePairs(vocabulary, mergesOf(textOf('merges.txt', files.merges))), vocabulary)
      }
      const { model } = definitionOf(files, 'vocab.json with merges.txt, or tokenizer.json')
      if (model['end_of_word_suffix'] !== '</w>') {
        throw invalid("a CLIP vocabulary, whose words end in '</w>'", `the model ${shown(model['type'])}`)
      }
      const vocabulary = vocabularyOf('tokenizer.json', model['vocab'])
      return plainContents(bytePairs(vocabulary, listOf('merges', model['merges'])), vocabulary)
    }
    case 'bert': {
      if (files.vocabTxt !== undefined) {
        const lines = textOf('vocab.txt', files.vocabTxt).split(/\r?\n/)
        if (lines.at(-1) === '') lines.pop()
        const entries = lines.map((line, i): [string, unknown] => [line, i])
        const vocabulary = vocabularyOf('vocab.txt', Object.fromEntries(entries))
        return { ...plainContents(wordPieces(vocabulary), vocabulary), lowercase }
      }
      const { model, normalizer } = definitionOf(files, 'vocab.txt or tokenizer.json')
      if (model['type'] !== undefined && model['type'] !== 'WordPiece') {
        throw invalid('the word pieces of a BERT', `the model ${shown(model['type'])}`)
      }
      const vocabulary = vocabularyOf('tokenizer.json', model['vocab'])
      const { lowercase: stated } = recordOf(normalizer)
      const lowered = typeof stated === 'boolean' ? stated : lowercase
      return { ...plainContents(wordPieces(vocabulary), vocabulary), lowercase: lowered }
    }
    case 't5':
    case 'siglip':
      return files.tokenizerJson === undefined
        ? sentencePieces(files.spiece, family === 't5' ? extraIds : 0)
        : unigrams(definitionOf(files, 'tokenizer.json'))
  }
}

function plainContents(model: object, vocabulary: Vocabulary): Contents {
  return { model, vocabulary, added: [], characterMap: null, lowercase: true, prependScheme: 'always' }
}

/** The parts of a tokenizer.json that are read; nothing else of it is looked at. */
function definitionOf(files: TokenizerFiles, expected: string) {
  if (files.tokenizerJson === undefined) throw invalid(expected, 'none')
  const definition = objectOf('tokenizer.json', files.tokenizerJson)
  return {
    model: recordOf(definition['model']),
    normalizer: definition['normalizer'],
    preTokenizer: definition['pre_tokenizer'],
  }
}

/** Byte pair encoding as CLIP has it. */
function bytePairs(vocabulary: Vocabulary, merges: readonly unknown[]): object {
  const pairs = merges.map((merge, i) => {
    const pair: readonly unknown[] = Array.isArray(merge) ? merge : String(merge).split(' ')
    const [first, second] = pair
    const joins =
      pair.length === 2 &&
      typeof first === 'string' &&
      typeof second === 'string' &&
      [first, second, first + second].every((part) => vocabulary.has(part))
    if (!joins) {
      throw invalid(`merge ${i + 1} to join two tokens of the vocabulary into a third`, shown(merge))
    }
    return [first, second]
  })
  requireMerges(vocabulary, pairs)
  return {
    type: 'BPE',
    dropout: null,
    continuing_subword_prefix: '',
    end_of_word_suffix: '</w>',
    fuse_unk: false,
    byte_fallback: false,
    vocab: Object.fromEntries(vocabulary),
    merges: pairs,
  }
}

/** Tokens of several letters that no merge need make, because somebody added them; a hundredth of many. */
const mostUnmade = 16

/** A download of merges that broke off would still read any text, in other tokens than the model was trained on. */
function requireMerges(vocabulary: Vocabulary, pairs: readonly (readonly string[])[]): void {
  const made = new Set(pairs.map((pair) => pair.join('')))
  const unmade = [...vocabulary.keys()].filter((token) => {
    const isLetter = Array.from(token.replace(/<\/w>$/, '')).length <= 1
    return !isLetter && !/^<.*>$/s.test(token) && !made.has(token)
  })
  if (unmade.length <= Math.max(mostUnmade, vocabulary.size / 100)) return
  throw invalid(
    `merges that make the ${vocabulary.size} tokens of the vocabulary`,
    `none for ${unmade.length} of them, ${shown(unmade[0])} among these`,
  )
}

/** The pairs of a merges.txt below its first line, which names a version. */
function mergesOf(text: string): readonly string[] {
  const lines = text.trim().split('\n')
  return lines.slice(1, 1 + maxClipMerges).map((line) => line.trim())
}

function wordPieces(vocabulary: Vocabulary): object {
  return {
    type: 'WordPiece',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(vocabulary),
  }
}

/** A unigram language model of a tokenizer.json. */
function unigrams({ model, normalizer, preTokenizer }: ReturnType<typeof definitionOf>): Contents {
  if (model['type'] !== undefined && model['type'] !== 'Unigram') {
    throw invalid('the unigram model of a sentencepiece vocabulary', `the model ${shown(model['type'])}`)
  }
  const pieces = listOf('vocab', model['vocab']).map((entry, i): [string, number] => {
    const [piece, score] = Array.isArray(entry) ? (entry as unknown[]) : []
    if (typeof piece === 'string' && typeof score === 'number' && Number.isFinite(score))
      return [piece, score]
    throw invalid(`entry ${i} of the vocabulary to be a piece with its score`, shown(entry))
  })
  const unknown = model['unk_id']
  const map = partOf(normalizer, 'normalizers', 'Precompiled')['precompiled_charsmap'] ?? null
  const { prepend_scheme: stated = 'always' } = partOf(preTokenizer, 'pretokenizers', 'Metaspace')
  const prependScheme = ['always', 'first', 'never'].find((scheme) => scheme === stated)
  if (prependScheme === undefined) throw invalid('a space before texts always, first or never', shown(stated))
  return { ...unigramContents(pieces, unknown, map, []), prependScheme }
}

/** The part of a type in a description of how text is split: the whole of it, or one of its list. */
function partOf(description: unknown, list: string, type: string): Readonly<Record<string, unknown>> {
  const listed = recordOf(description)[list]
  const parts = [description, ...(Array.isArray(listed) ? (listed as unknown[]) : [])].map(recordOf)
  return parts.find((part) => part['type'] === type) ?? {}
}

/** The same of a spiece.model (sentencepiece_model.proto: ModelProto), with the tokens that a T5 has besides. */
function sentencePieces(spiece: Uint8Array | undefined, extra: number): Contents {
  if (spiece === undefined) throw invalid('tokenizer.json or spiece.model', 'none')
  sized('spiece.model', spiece.length)
  const pieces: [string, number][] = []
  const marks: AddedToken[] = []
  const found = { modelType: 1, unknown: 0, characterMap: null as string | null }
  const reader = ProtobufReader.ofBytes(spiece)
  try {
    reader.message(spiece.length, (field, kind, length) => {
      if (field === 1 && kind === 'bytes') {
        pieces.push(readPiece(reader, length))
        if (pieces.length > maxEntries) throw tooMany('spiece.model')
      } else if (field === 2 && kind === 'bytes') {
        reader.message(length, (of, _, value) => {
          if (of === 3) found.modelType = value
          if (of === 40) found.unknown = value
        })
      } else if (field === 3 && kind === 'bytes') {
        reader.message(length, (of, valueKind, size) => {
          if (of !== 2 || valueKind !== 'bytes' || size === 0) return
          if (size > maxCharacterMap) throw invalid('a character map of usual size', `one of ${size} bytes`)
          found.characterMap = Buffer.from(reader.bytes(size)).toString('base64')
        })
      }
    })
  } catch (error) {
    if (!(error instanceof ProtobufFault)) throw error
    throw invalid('a sentencepiece model in spiece.model', error.message)
  }
  if (found.modelType !== 1) {
    throw invalid('a unigram model in spiece.model', `a sentencepiece model of type ${found.modelType}`)
  }
  for (let i = extra - 1; i >= 0; i--) {
    marks.push(plainToken(pieces.length, `<extra_id_${i}>`, true))
    pieces.push([`<extra_id_${i}>`, 0])
  }
  return unigramContents(pieces, found.unknown, found.characterMap, marks)
}

/** A SentencePiece message: piece 1, score 2 (float). */
function readPiece(reader: ProtobufReader, length: number): [piece: string, score: number] {
  const found = { piece: '', score: 0 }
  reader.message(length, (field, kind, value) => {
    if (field === 1 && kind === 'bytes') found.piece = reader.string(value)
    if (field === 2 && kind === 'fixed' && value === 4) found.score = littleFloat(reader.bytes(value))
  })
  if (!Number.isFinite(found.score)) throw invalid('finite scores in spiece.model', String(found.score))
  return [found.piece, found.score]
}

function littleFloat(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getFloat32(0, true)
}

function unigramContents(
  pieces: readonly (readonly [string, number])[],
  unknown: unknown,
  characterMap: unknown,
  added: readonly AddedToken[],
): Contents {
  const vocabulary = vocabularyOf('pieces', Object.fromEntries(pieces.map(([piece], i) => [piece, i])))
  if (!Number.isInteger(unknown) || pieces[unknown as number] === undefined) {
    throw invalid('the id of the unknown piece within the vocabulary', shown(unknown))
  }
  const isMap =
    typeof characterMap === 'string' &&
    characterMap.length <= maxCharacterMap &&
    /^[A-Za-z0-9+/]*={0,2}$/.test(characterMap)
  if (characterMap !== null && !isMap) {
    throw invalid('a character map in base64 of usual size', shown(characterMap))
  }
  const model = { type: 'Unigram', unk_id: unknown, byte_fallback: false, vocab: pieces }
  return { ...plainContents(model, vocabulary), added, characterMap: isMap ? characterMap : null }
}

/** Tokens by id, checked: whole ids below the cap, each once. */
function vocabularyOf(file: string, value: unknown): Vocabulary {
  const entries = Object.entries(recordOf(value))
  if (entries.length === 0) throw invalid(`a vocabulary in ${file}`, 'none')
  if (entries.length > maxEntries) throw tooMany(file)
  const vocabulary = new Map<string, number>()
  const ids = new Set<number>()
  for (const [token, id] of entries) {
    const checked = idOf(id, token)
    if (ids.has(checked)) throw invalid(`each id of ${file} once`, `${checked} twice`)
    ids.add(checked)
    vocabulary.set(short(token), checked)
  }
  return vocabulary
}

/** Tokens that are cut out of a text before it is split: of tokenizer.json, tokenizer_config.json, added_tokens.json. */
function addedTokensOf(
  files: TokenizerFiles,
  config: Readonly<Record<string, unknown>>,
): readonly AddedToken[] {
  const definition = objectOf('tokenizer.json', files.tokenizerJson)['added_tokens']
  const listed = definition === undefined ? [] : listOf('added_tokens', definition).map(recordOf)
  const decoder = Object.entries(recordOf(config['added_tokens_decoder'])).map(([id, token]) => ({
    ...recordOf(token),
    id: Number(id),
  }))
  const plain = Object.entries(objectOf('added_tokens.json', files.addedTokens)).map(([content, id]) => ({
    content,
    id,
  }))
  return [...plain, ...listed, ...decoder].map((token: Readonly<Record<string, unknown>>) => {
    const content = token['content']
    if (typeof content !== 'string' || content === '') {
      throw invalid('each added token to have a text', shown(token))
    }
    const isSpecial = token['special'] === true
    return {
      ...plainToken(idOf(token['id'], content), short(content), isSpecial),
      lstrip: token['lstrip'] === true,
      rstrip: token['rstrip'] === true,
      normalized: token['normalized'] === true,
    }
  })
}

function plainToken(id: number, content: string, isSpecial: boolean): AddedToken {
  const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false }
  return { id, content, ...plain, special: isSpecial }
}

/** A special token in a configuration: its text, or an object with it. */
function contentOf(value: unknown): string | null {
  const content = typeof value === 'string' ? value : recordOf(value)['content']
  return typeof content === 'string' && content !== '' ? short(content) : null
}

function idOf(id: unknown, token: string): number {
  if (typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < 2 * maxEntries) return id
  throw invalid(`a whole number as the id of ${shown(token)}`, shown(id))
}

function short(token: string): string {
  if (token.length <= maxTokenLength) return token
  throw invalid(`tokens of at most ${maxTokenLength} characters`, `one of ${token.length}`)
}

function textOf(file: string, content: Uint8Array | string): string {
  sized(file, content.length)
  requireFewParts(file, content)
  // Without the mark that editors on Windows put before a text.
  return typeof content === 'string' ? content : new TextDecoder().decode(content)
}

function sized(file: string, length: number): void {
  if (length > maxTokenizerBytes) {
    throw invalid(`at most ${maxTokenizerBytes / 1e6} MB in ${file}`, `${Math.ceil(length / 1e6)} MB`)
  }
}

const marksOf = (text: string): readonly number[] => [...Buffer.from(text)]
const partMarks = { json: marksOf(',[{'), text: marksOf('\n') }

/** Before a parser makes objects of a text: an empty list is a byte or two there, and a hundred in memory. */
function requireFewParts(file: string, content: Uint8Array | string): void {
  const marks = file.endsWith('.json') ? partMarks.json : partMarks.text
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  let parts = 0
  for (const byte of bytes) if (marks.includes(byte)) parts++
  if (parts > maxParts) throw invalid(`at most ${maxParts} parts in ${file}`, String(parts))
}

/** A JSON file's object; empty where there is no file. */
function objectOf(file: string, content: Uint8Array | string | undefined): Readonly<Record<string, unknown>> {
  if (content === undefined) return {}
  const text = textOf(file, content)
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return recordOf(value)
  } catch {
    // Said below.
  }
  throw invalid(`a JSON object in ${file}`, 'something else')
}

function listOf(name: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw invalid(`a list as ${name} of tokenizer.json`, shown(value))
  if (value.length > maxEntries) throw tooMany(`${name} of tokenizer.json`)
  return value
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {}
}

function tooMany(where: string): StudioError {
  return invalid(`at most ${maxEntries} entries in ${where}`, 'more')
}

function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

function invalid(expected: string, found: string): StudioError {
  return new StudioError(
    'pack_invalid',
    `The tokenizer cannot be taken: expected ${expected}, found ${found}. Get its files again from where the model was published.`,
  )
}
