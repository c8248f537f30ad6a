/**
 * Reads prompts as a pack does: the tokenizer of the pack's own files, padded or cut to the length its encoder takes.
 */

import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { Tokenizer as UntypedTokenizer } from '@huggingface/tokenizers'

import type { PromptCheck } from '../../shared/domain.ts'
import { StudioError } from '../../shared/errors.ts'
import { characterMap } from './character-map.ts'
import type { InstalledPack, TextPackManifest, VerifierPackManifest } from './manifest.ts'

/** What is used of the library: its own declarations resolve only in a bundler, so the class arrives untyped. */
type Tokenizer = {
  encode(text: string, options?: { add_special_tokens: boolean }): { readonly ids: readonly number[] }
  token_to_id(token: string): number | undefined
  readonly normalizer: Normalizer | null
}

/** The library's, of which a sequence holds others. */
type Normalizer = {
  normalize(text: string): string
  readonly normalizers?: readonly Normalizer[]
  readonly charsmap?: unknown
}
const Tokenizer = UntypedTokenizer as new (definition: object, config: object) => Tokenizer

/** Regexes that may stand in a tokenizer.json: those that the importer writes. All are linear in the text. */
export const fixedPatterns = {
  /** CLIP's words; of texts in lower case. */
  clipWords: "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+",
  whiteSpace: '\\s+',
  spaces: ' {2,}',
  /** Python's string.punctuation. */
  asciiPunctuation: '[!-/:-@\\[-`{-~]',
} as const

const maxFileBytes = 50_000_000
/** UTF-16 units of a text that are read; what lies beyond would be cut from the tokens in any case. */
const maxTextLength = 4000

/**
 * A word as a person sees it: no white space, no punctuation at its ends. Apostrophes and hyphens hold a word
 * together; symbols and emoji are words, because who typed one meant something by it.
 */
const wordPattern = /[^\s\p{P}]+(?:['’-][^\s\p{P}]+)*/gu
const insideWord = /['’-]/u

/** A text as tokens. */
export type EncodedText = {
  /** [1, tokens of the encoder]: cut as transformers cuts, so that first and last marks stay, or padded. */
  readonly ids: BigInt64Array
  /** 1 for the text's own tokens and marks, 0 for padding, of the same length. */
  readonly attentionMask: BigInt64Array
  /** Tokens of the text and its marks before padding or cutting. */
  readonly tokens: number
}

/** Special tokens that a text begins and ends with. */
type Marks = { readonly first: readonly number[]; readonly last: readonly number[] }

export class PackTokenizer {
  readonly #tokenizer: Tokenizer
  readonly #maxTokens: number
  readonly #marks: Marks
  readonly #padId: bigint
  readonly #unknownId: number | undefined

  private constructor(
    tokenizer: Tokenizer,
    maxTokens: number,
    marks: Marks,
    padId: bigint,
    unknownId: number | undefined,
  ) {
    this.#tokenizer = tokenizer
    this.#maxTokens = maxTokens
    this.#marks = marks
    this.#padId = padId
    this.#unknownId = unknownId
  }

  /**
   * Reads a pack's tokenizer files. Throws `pack_invalid` when there is none, none that can be run, or one with a regex
   * of its own: a regex of a file could run for ever.
   *
   * @param tokenizer one of the pack's, its first unless said otherwise
   * @param tokens that its encoder takes
   */
  static async load(
    pack: InstalledPack<TextPackManifest | VerifierPackManifest>,
    tokenizer = pack.manifest.components.tokenizer,
    tokens = pack.manifest.textTokens,
  ): Promise<PackTokenizer> {
    const { id } = pack.manifest
    if (tokenizer === undefined || tokens === undefined) {
      const message = `Pack ${id}: expected a tokenizer and the length of its texts, found none. Choose a pack that reads text.`
      throw new StudioError('pack_invalid', message)
    }
    const path = join(pack.folder, tokenizer.file)
    try {
      const definition = (await readJson(path)) as Definition
      const config = (await readJson(join(pack.folder, tokenizer.configFile))) as Config
      requireFixedPatterns(definition, path)
      const reader = new Tokenizer(definition, config)
      useCharacterMap(reader.normalizer)
      const { unk_token: unknown, unk_id: unigramUnknown } = definition.model ?? {}
      const unknownId =
        typeof unknown === 'string'
          ? reader.token_to_id(unknown)
          : typeof unigramUnknown === 'number'
            ? unigramUnknown
            : undefined
      const padId = typeof config.pad_token === 'string' ? reader.token_to_id(config.pad_token) : 0
      if (padId === undefined)
        throw new RangeError(`Expected the token ${String(config.pad_token)}, found none`)
      return new PackTokenizer(reader, tokens, marksOf(reader, definition), BigInt(padId), unknownId)
    } catch (error) {
      if (error instanceof StudioError) throw error
      const message = `Expected a tokenizer in ${path}, found something that is none. Install the pack again.`
      throw new StudioError('pack_invalid', message, { detail: String(error), cause: error })
    }
  }

  /** A text as the encoder takes it. Any text is accepted; what lies beyond the length is cut. */
  encode(text: string): EncodedText {
    const { first, last } = this.#marks
    const all = this.#idsOf(text)
    const own = all.slice(0, Math.max(0, this.#maxTokens - first.length - last.length))
    const found = [...first, ...own, ...last].slice(0, this.#maxTokens)
    const ids = new BigInt64Array(this.#maxTokens).fill(this.#padId)
    found.forEach((id, i) => {
      ids[i] = BigInt(id)
    })
    const attentionMask = ids.map((_, i) => (i < found.length ? 1n : 0n))
    return { ids, attentionMask, tokens: first.length + all.length + last.length }
  }

  /** What a person should know about a prompt before it runs: its length and the words that mean nothing here. */
  check(prompt: string): PromptCheck {
    return {
      tokens: this.encode(prompt).tokens,
      maxTokens: this.#maxTokens,
      unknownWords: this.#unknownWords(prompt),
    }
  }

  /** Words with a part outside the vocabulary, in order, each once whatever its case, as the person spelt it. */
  #unknownWords(text: string): readonly string[] {
    if (this.#unknownId === undefined) return []
    const seen = new Set<string>()
    const unknown: string[] = []
    for (const [word] of text.matchAll(wordPattern)) {
      const key = word.toLowerCase()
      if (seen.has(key)) continue
      seen.add(key)
      if (word.split(insideWord).some((part) => this.#isUnknown(part))) unknown.push(word)
    }
    return unknown
  }

  #isUnknown(word: string): boolean {
    return this.#idsOf(word).some((id) => id === this.#unknownId)
  }

  /** Tokens of a text without marks. */
  #idsOf(text: string): readonly number[] {
    return this.#tokenizer.encode(text.slice(0, maxTextLength), { add_special_tokens: false }).ids
  }
}

/** What is read of a tokenizer.json here; the rest is the library's. */
type Definition = {
  readonly normalizer?: unknown
  readonly pre_tokenizer?: unknown
  readonly post_processor?: { readonly type?: unknown; readonly single?: readonly object[] } | null
  readonly decoder?: unknown
  readonly model?: { readonly unk_token?: unknown; readonly unk_id?: unknown }
}

/** What is read of a tokenizer_config.json here. */
type Config = { readonly pad_token?: unknown }

async function readJson(path: string): Promise<object> {
  const { size } = await stat(path)
  if (size > maxFileBytes) throw new RangeError(`Expected at most ${maxFileBytes} bytes, found ${size}`)
  return JSON.parse(await readFile(path, 'utf8')) as object
}

/** Throws `pack_invalid` for a regex that is not one of ours, anywhere in how text is split. */
function requireFixedPatterns({ normalizer, pre_tokenizer, decoder }: Definition, path: string): void {
  const known: readonly unknown[] = Object.values(fixedPatterns)
  JSON.stringify([normalizer, pre_tokenizer, decoder], (key, value: unknown) => {
    if (key === 'Regex' && !known.includes(value)) {
      throw new StudioError(
        'pack_invalid',
        `Expected a tokenizer in ${path} that splits text as a known family does, found the pattern ${JSON.stringify(value).slice(0, 80)}. Import the model again: what splits text is written anew then.`,
      )
    }
    return value
  })
}

/** Gives the library the map itself where it would take NFKC for it. */
function useCharacterMap(normalizer: Normalizer | null): void {
  for (const part of [normalizer, ...(normalizer?.normalizers ?? [])]) {
    if (typeof part?.charsmap === 'string') part.normalize = characterMap(part.charsmap)
  }
}

/** The marks of a text: what post-processing puts before and after its tokens. */
function marksOf(tokenizer: Tokenizer, { post_processor: processor }: Definition): Marks {
  const { ids } = tokenizer.encode('')
  const single = processor?.type === 'TemplateProcessing' ? processor.single : undefined
  // Of the processors without a template each puts one mark before and one after.
  const before = single === undefined ? ids.length / 2 : single.findIndex((part) => 'Sequence' in part)
  return { first: ids.slice(0, before), last: ids.slice(before) }
}
