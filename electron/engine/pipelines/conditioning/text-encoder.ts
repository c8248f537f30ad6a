/** One of a pack's text encoders with its tokenizer: texts to features. */

import { StudioError } from '../../../../shared/errors.ts'
import type { InstalledPack, TextPackManifest } from '../../../packs/manifest.ts'
import { PackTokenizer } from '../../../packs/tokenizer.ts'
import { Model } from '../../model.ts'
import { RecentlyUsed } from '../../recently-used.ts'
import type { Feeds, Sessions } from '../../sessions.ts'
import type { Features } from './features.ts'

/** Texts whose features are kept: a run asks for two at every step. Those of FLUX.1-dev's T5 are 8 MB each. */
const rememberedTexts = 8

type Component = TextPackManifest['components']['textEncoder']

/** Features of a text; one that the encoder does not give is empty. */
export type TextFeatures = {
  /** [tokens, width] */
  readonly hiddenStates: Features
  /** [width] */
  readonly pooled: Features
  /** 1 for the text's own tokens, 0 for padding, [tokens]. */
  readonly attentionMask: Features
}

export class TextEncoder {
  readonly tokens: number
  readonly #model: Model
  readonly #component: Component
  readonly #tokenizer: PackTokenizer
  readonly #features = new RecentlyUsed<TextFeatures>(rememberedTexts)

  private constructor(model: Model, component: Component, tokenizer: PackTokenizer, tokens: number) {
    this.#model = model
    this.#component = component
    this.#tokenizer = tokenizer
    this.tokens = tokens
  }

  /**
   * Opens an encoder of a pack with its tokenizer.
   *
   * @param which '' for the first, '2' or '3', as diffusers numbers them
   * @throws `pack_invalid` for one that the pack does not have
   */
  static async open(
    sessions: Sessions,
    pack: InstalledPack<TextPackManifest>,
    which: '' | '2' | '3',
  ): Promise<TextEncoder> {
    const { id, textTokens, components } = pack.manifest
    const component = components[`textEncoder${which}`]
    const tokenizer = components[`tokenizer${which}`]
    const output = component?.outputs.hiddenStates ?? component?.outputs.pooled
    if (component === undefined || tokenizer === undefined || output === undefined) {
      throw new StudioError(
        'pack_invalid',
        `Pack ${id}: expected a text encoder ${which} with a tokenizer and an output, found none. Install the pack again.`,
      )
    }
    const tokens = 'tokens' in component ? component.tokens : textTokens
    return new TextEncoder(
      await Model.open(sessions, pack, `text encoder ${which}`.trim(), component, output),
      component,
      await PackTokenizer.load(pack, tokenizer, tokens),
      tokens,
    )
  }

  /** The features of a text, remembered. Throws `model_output_invalid` where one is not finite. */
  encode(text: string): Promise<TextFeatures> {
    return this.#features.get(text, async () => {
      const { inputs, outputs } = this.#component
      const { ids, attentionMask } = this.#tokenizer.encode(text)
      const dims = [1, this.tokens]
      const feeds: Feeds = {
        [inputs.inputIds]: { type: 'int64', data: ids, dims },
        ...(inputs.attentionMask === undefined
          ? {}
          : { [inputs.attentionMask]: { type: 'int64', data: attentionMask, dims } }),
      }
      const values = await this.#model.evaluateAll(feeds, {
        ...(outputs.hiddenStates === undefined ? {} : { [outputs.hiddenStates]: [1, this.tokens, -1] }),
        ...(outputs.pooled === undefined ? {} : { [outputs.pooled]: [1, -1] }),
      })
      const valuesOf = (output: string | undefined): Float32Array => {
        const found = values.get(output ?? '') ?? new Float32Array()
        this.#model.requireFinite(found, 1)
        return found
      }
      const hidden = valuesOf(outputs.hiddenStates)
      const pooled = valuesOf(outputs.pooled)
      return {
        hiddenStates: { type: 'float32', data: hidden, dims: [this.tokens, hidden.length / this.tokens] },
        pooled: { type: 'float32', data: pooled, dims: [pooled.length] },
        attentionMask: {
          type: 'float32',
          data: Float32Array.from(attentionMask, Number),
          dims: [this.tokens],
        },
      }
    })
  }
}
