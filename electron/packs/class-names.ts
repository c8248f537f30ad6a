/** Reads prompts as a class-to-image pack does: each is the name of one of its classes. */

import { labelOfClass } from '../../shared/class-names.ts'
import type { PromptCheck } from '../../shared/domain.ts'
import { StudioError } from '../../shared/errors.ts'
import type { ClassPackManifest } from './manifest.ts'

/** Names that the message about an unknown one lists. */
const shownNames = 4

export class ClassNames {
  readonly #packId: string
  readonly #classes: readonly string[]

  constructor({ id, classes }: Pick<ClassPackManifest, 'id' | 'classes'>) {
    this.#packId = id
    this.#classes = classes
  }

  /**
   * The label of the class that a prompt names, whatever its case and spacing.
   *
   * @throws `bad_input` with a few of the names and the way to all of them
   */
  labelOf(prompt: string): number {
    const label = labelOfClass(this.#classes, prompt)
    if (label !== null) return label
    const some = this.#classes.slice(0, shownNames).join(', ')
    const more = this.#classes.length > shownNames ? `, ... (${this.#classes.length} in all)` : ''
    throw new StudioError(
      'bad_input',
      `prompt: expected a class of pack ${this.#packId}: ${some}${more}, found ${JSON.stringify(prompt)}; \`packs --classes ${this.#packId}\` lists them`,
    )
  }

  /** As a tokenizer's check: a class is one token, and a prompt that names none is refused. Throws as `labelOf`. */
  check(prompt: string): PromptCheck {
    this.labelOf(prompt)
    return { tokens: 1, maxTokens: 1, unknownWords: [] }
  }
}
