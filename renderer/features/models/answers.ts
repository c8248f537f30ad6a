/** The form of an import: what was found, what is asked, what was typed. Pure. */

import type { ImportAnswers, ImportQuestion, ModelFindings } from '../../../shared/model-import.ts'

/** As typed, by the question's id. */
export type TypedAnswers = Readonly<Record<string, string>>

/** What the form begins with: suggestions, which are also what stands there when nothing is changed. */
export function suggestedAnswers({ questions }: ModelFindings): TypedAnswers {
  return Object.fromEntries(questions.map(({ id, suggestion }) => [id, String(suggestion ?? '')]))
}

/** What is wrong with a typed answer; null for nothing. */
export function answerFault(question: ImportQuestion, typed: string): string | null {
  switch (question.kind) {
    case 'choice':
      return question.choices.some(({ value }) => value === typed) ? null : 'Choose one'
    case 'number':
      return typed.trim() !== '' && Number.isFinite(Number(typed)) ? null : 'Expected a number'
    case 'names': {
      const count = linesOf(typed).length
      if (count === question.count) return null
      return `Expected ${question.count} names, one a line, found ${count}`
    }
  }
}

/** The answers as the studio takes them; only of questions without fault. */
export function answersOf({ questions }: ModelFindings, typed: TypedAnswers): ImportAnswers {
  return Object.fromEntries(
    questions.map(({ id, kind }) => {
      const text = typed[id] ?? ''
      return [id, kind === 'number' ? Number(text) : text]
    }),
  )
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line.trim() !== '')
}
