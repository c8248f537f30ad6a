/**
 * Reads prompts as a pack does: the tokenizer of the pack's own files, padded or cut to the length its encoder takes.
 */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { Tokenizer as UntypedTokenizer } from '@huggingface/tokenizers'

import type { PromptCheck } from '../../shared/domain.ts'
import { StudioError } from '../../shared/errors.ts'
import type { InstalledPack, TextPackManifest, VerifierPackManifest } from './manifest.ts'

/** What is used of the library: its own declarations resolve only in a bundler, so the class arrives untyped. */
type Tokenizer = {
  encode(text: string, options?: { add_special_tokens: boolean }): { readonly ids: readonly number[] }
  token_to_id(token: string): number | undefined
}
const Tokenizer = UntypedTokenizer as new (definition: object, config: object) => Tokenizer

/** Token that fills a text up to its length, in every pack of format version 1. */
const padId = 0n

/**
 * A word as a person sees it: no white space, no punctuation at its ends. Apostrophes and hyphens hold a word
 * together; symbols and emoji are words, because who typed one meant something by it.
 */
const wordPattern = /[^\s\p{P}]+(?:['’-][^\s\p{P}]+)*/gu
const insideWord = /['’-]/u

/** A text as tokens. */
export type EncodedText = {
  /** [1, textTokens] for the encoder: cut, or padded with 0. */
  readonly ids: BigInt64Array
  /** 1 for the text's own tokens, 0 for padding, of the same length. */
  readonly attentionMask: BigInt64Array
  /** Tokens of the text before padding or cutting. */
  readonly tokens: number
}

export class PackTokenizer {
  readonly #tokenizer: Tokenizer
  readonly #maxTokens: number
  readonly #unknownId: number | undefined

  private constructor(tokenizer: Tokenizer, maxTokens: number, unknownId: number | undefined) {
    this.#tokenizer = tokenizer
    this.#maxTokens = maxTokens
    this.#unknownId = unknownId
  }

  /**
   * Reads a pack's tokenizer files. Throws `pack_invalid` when there is none, or none that can be run.
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
    const { file, configFile } = tokenizer
    const path = join(pack.folder, file)
    try {
      const definition = JSON.parse(await readFile(path, 'utf8')) as { model?: { unk_token?: unknown } }
      const config = JSON.parse(await readFile(join(pack.folder, configFile), 'utf8')) as object
      const reader = new Tokenizer(definition, config)
      const unknown = definition.model?.unk_token
      const unknownId = typeof unknown === 'string' ? reader.token_to_id(unknown) : undefined
      return new PackTokenizer(reader, tokens, unknownId)
    } catch (error) {
      const message = `Expected a tokenizer in ${path}, found something that is none. Install the pack again.`
      throw new StudioError('pack_invalid', message, { detail: String(error), cause: error })
    }
  }

  /** A text as the encoder takes it. Any text is accepted; what lies beyond the length is cut. */
  encode(text: string): EncodedText {
    const found = this.#tokenizer.encode(text).ids
    const ids = new BigInt64Array(this.#maxTokens).fill(padId)
    for (const [i, id] of found.slice(0, this.#maxTokens).entries()) ids[i] = BigInt(id)
    const attentionMask = ids.map((_, i) => (i < found.length ? 1n : 0n))
    return { ids, attentionMask, tokens: found.length }
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
    const { ids } = this.#tokenizer.encode(word, { add_special_tokens: false })
    return ids.some((id) => id === this.#unknownId)
  }
}
