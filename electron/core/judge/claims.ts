/**
 * What a prompt claims. The grammar is that of the bundled world (models/recipes/world.py):
 *
 *     (a | two | three | four) [small | large] THING [(left of | right of | above | below) a THING] in BACKGROUND
 *     THING = [striped | dotted] COLOUR SHAPE, or SHAPE alone: its colour and texture are left open
 *
 * A prompt has one or two nouns: the counted one (noun 0) and, behind a relation, the other one (noun 1). It claims
 *
 * - colour, shape, texture of each noun; one that is left open claims its shape only, and one with a colour but no
 *   texture claims to be plain;
 * - size of noun 0, where the prompt says small or large;
 * - count of each noun;
 * - position, where there is a relation;
 * - background, always.
 *
 * When a claim holds: verdict.ts.
 */

import { StudioError } from '../../../shared/errors.ts'

const counts = ['a', 'two', 'three', 'four'] as const
const sizes = ['small', 'large'] as const
const textures = ['striped', 'dotted'] as const
const colours = [
  'red',
  'orange',
  'yellow',
  'green',
  'teal',
  'blue',
  'purple',
  'pink',
  'white',
  'black',
] as const
const shapes = ['circle', 'square', 'triangle', 'star', 'heart', 'ring', 'moon', 'diamond'] as const
const relations = ['left of', 'right of', 'above', 'below'] as const
const backgrounds = ['sky', 'sand', 'night', 'paper', 'meadow'] as const

export type Size = (typeof sizes)[number]
export type Relation = (typeof relations)[number]
export type Noun = 0 | 1

/** One checkable part of a prompt. Claims about the whole picture have noun 0. */
export type Claim =
  /** Texture "" is plain. */
  | { readonly kind: 'colour' | 'shape' | 'texture'; readonly noun: Noun; readonly value: string }
  | { readonly kind: 'size'; readonly noun: 0; readonly value: Size }
  | { readonly kind: 'count'; readonly noun: Noun; readonly value: number }
  | { readonly kind: 'position'; readonly noun: 0; readonly value: Relation }
  | { readonly kind: 'background'; readonly noun: 0; readonly value: string }

/**
 * Every claim of a prompt, in reading order.
 *
 * @throws `bad_input` for a prompt outside the grammar: the first word that does not fit, and what would
 */
export function claimsOf(prompt: string): readonly Claim[] {
  const words = new Words(prompt)
  const count = 1 + counts.indexOf(words.take(counts, 'a count'))
  const size = words.takeIf(sizes)
  const claims: Claim[] = [{ kind: 'count', noun: 0, value: count }]
  if (size !== null) claims.push({ kind: 'size', noun: 0, value: size })
  claims.push(...looksOf(words, 0, count > 1))
  const relation = words.takeIf(relations)
  if (relation !== null) {
    words.take(['a'], '"a"')
    claims.push({ kind: 'position', noun: 0, value: relation }, { kind: 'count', noun: 1, value: 1 })
    claims.push(...looksOf(words, 1, false))
  }
  words.take(['in'], relation === null ? 'a relation or "in"' : '"in"')
  claims.push({ kind: 'background', noun: 0, value: words.take(backgrounds, 'a background') })
  words.end()
  return claims
}

function looksOf(words: Words, noun: Noun, plural: boolean): Claim[] {
  const texture = words.takeIf(textures)
  const colour = texture === null ? words.takeIf(colours) : words.take(colours, 'a colour')
  const names = plural ? shapes.map((name) => `${name}s`) : shapes
  const shape = words.take(names, colour === null ? 'a colour or a shape' : 'a shape')
  const looks: Claim[] = []
  if (colour !== null) {
    looks.push({ kind: 'texture', noun, value: texture ?? '' }, { kind: 'colour', noun, value: colour })
  }
  return [...looks, { kind: 'shape', noun, value: plural ? shape.slice(0, -1) : shape }]
}

/** The words of a prompt, taken from the front. */
class Words {
  readonly #prompt: string
  #rest: readonly string[]

  constructor(prompt: string) {
    this.#prompt = prompt
    this.#rest = prompt
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '')
  }

  takeIf<Option extends string>(options: readonly Option[]): Option | null {
    for (const option of options) {
      const parts = option.split(' ')
      if (!parts.every((part, i) => this.#rest[i] === part)) continue
      this.#rest = this.#rest.slice(parts.length)
      return option
    }
    return null
  }

  take<Option extends string>(options: readonly Option[], what: string): Option {
    return this.takeIf(options) ?? this.#refuse(`${what} (${options.join(', ')})`)
  }

  end(): void {
    if (this.#rest.length > 0) this.#refuse('the end')
  }

  #refuse(expected: string): never {
    const found = this.#rest[0] === undefined ? 'the end' : JSON.stringify(this.#rest[0])
    throw new StudioError(
      'bad_input',
      `prompt: expected ${expected}, found ${found} in ${JSON.stringify(this.#prompt)}; the judge reads prompts such as "two small striped red stars left of a blue ring in night"`,
    )
  }
}
