/** What is taken of a tokenizer's files: vocabulary, merges, scores, the character map and the added tokens. */

import { readSentencePieces } from './sentence-pieces.ts'
import {
  idOf,
  invalid,
  listOf,
  maxCharacterMap,
  maxEntries,
  objectOf,
  recordOf,
  short,
  shown,
  textOf,
  tooMany,
  type TokenizerFamily,
  type TokenizerFiles,
} from './tokenizer-files.ts'

type Vocabulary = ReadonlyMap<string, number>
export type AddedToken = {
  readonly id: number
  readonly content: string
  readonly single_word: boolean
  readonly lstrip: boolean
  readonly rstrip: boolean
  readonly normalized: boolean
  readonly special: boolean
}

/** What is taken from files, of whatever form they have. */
export type Contents = {
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

/** Tokens that transformers adds to the vocabulary of a T5: `<extra_id_99>` to `<extra_id_0>`. */
const extraIds = 100
/** Merges that transformers reads of a CLIP merges.txt: its vocabulary without 512 letters and two marks. */
const maxClipMerges = 49152 - 256 - 2

/** The vocabulary: of tokenizer.json where there is one, else of the files that a slow tokenizer has. */
export function contentsOf(
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

/** The same of a spiece.model, with the tokens that a T5 has besides. */
function sentencePieces(spiece: Uint8Array | undefined, extra: number): Contents {
  if (spiece === undefined) throw invalid('tokenizer.json or spiece.model', 'none')
  const { pieces: trained, unknown, characterMap } = readSentencePieces(spiece)
  const pieces = [...trained]
  const marks: AddedToken[] = []
  for (let i = extra - 1; i >= 0; i--) {
    marks.push(plainToken(pieces.length, `<extra_id_${i}>`, true))
    pieces.push([`<extra_id_${i}>`, 0])
  }
  return unigramContents(pieces, unknown, characterMap, marks)
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
export function addedTokensOf(
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

export function plainToken(id: number, content: string, isSpecial: boolean): AddedToken {
  const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false }
  return { id, content, ...plain, special: isSpecial }
}
