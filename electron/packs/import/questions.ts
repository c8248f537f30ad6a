/** What a folder cannot say and a person is asked, each with what it most likely is. */

import { StudioError } from '../../../shared/errors.ts'
import type { ImportAnswers, ImportQuestion } from '../../../shared/model-import.ts'

/** Asks, and remembers what was asked. */
export class Questions {
  readonly asked: ImportQuestion[] = []
  readonly #answers: ImportAnswers

  constructor(answers: ImportAnswers) {
    this.#answers = answers
  }

  /** @returns the answer, or the suggestion. Throws `bad_input` for an answer that is none of the choices. */
  choice<Value extends string>(
    id: string,
    label: string,
    about: string,
    choices: Readonly<Record<Value, string>>,
    suggestion: NoInfer<Value>,
  ): Value {
    const list = Object.entries<string>(choices).map(([value, text]) => ({ value, label: text }))
    this.asked.push({ kind: 'choice', id, label, about, choices: list, suggestion })
    const answer = this.#answers[id]
    if (answer === undefined) return suggestion
    if (typeof answer === 'string' && Object.hasOwn(choices, answer)) return answer as Value
    throw wrong(id, `one of ${Object.keys(choices).join(', ')}`, answer)
  }

  /** @returns the answer, or the suggestion. Throws `bad_input` for anything that is no finite number. */
  number(id: string, label: string, about: string, suggestion: number): number {
    this.asked.push({ kind: 'number', id, label, about, suggestion })
    const answer = this.#answers[id]
    if (answer === undefined) return suggestion
    const number = typeof answer === 'string' && answer.trim() !== '' ? Number(answer) : answer
    if (typeof number === 'number' && Number.isFinite(number)) return number
    throw wrong(id, 'a number', answer)
  }

  /** @returns the names; null while nobody has given them. Throws `bad_input` for more or fewer than `count`. */
  names(id: string, label: string, about: string, count: number): readonly string[] | null {
    this.asked.push({ kind: 'names', id, label, about, count, suggestion: null })
    const answer = this.#answers[id]
    if (answer === undefined) return null
    const names = String(answer)
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
    if (names.length === count) return distinct(names)
    throw wrong(id, `${count} names, one a line`, `${names.length} names`)
  }

  /** Throws `bad_input` for an answer that nobody asked for: it would be silently without effect. */
  requireAllAsked(): void {
    const ids = this.asked.map(({ id }) => id)
    for (const id of Object.keys(this.#answers)) {
      if (ids.includes(id)) continue
      const expected = ids.length === 0 ? 'no answers' : `answers to ${ids.join(', ')}`
      throw new StudioError('bad_input', `Expected ${expected} for this model, found one to ${id}.`)
    }
  }
}

/** The same names with a number where one repeats: ImageNet has two cranes. */
export function distinct(names: readonly string[]): readonly string[] {
  const seen = new Map<string, number>()
  return names.map((name) => {
    const count = (seen.get(name) ?? 0) + 1
    seen.set(name, count)
    return count === 1 ? name : `${name} (${count})`
  })
}

function wrong(id: string, expected: string, found: string | number): StudioError {
  return new StudioError(
    'bad_input',
    `Answer ${id}: expected ${expected}, found ${String(found).slice(0, 80)}.`,
  )
}
