import assert from 'node:assert/strict'
import test from 'node:test'

import type { ImportQuestion, ModelFindings } from '../../../shared/model-import.ts'
import { answerFault, answersOf, suggestedAnswers } from './answers.ts'
import type { TypedAnswers } from './answers.ts'

const choice: ImportQuestion = {
  ...({ kind: 'choice', id: 'prediction', label: 'Prediction', about: '' } as const),
  choices: [
    { value: 'epsilon', label: 'Noise' },
    { value: 'v_prediction', label: 'Velocity' },
  ],
  suggestion: 'epsilon',
}
const scale: ImportQuestion = { kind: 'number', id: 'scale', label: 'Scale', about: '', suggestion: 0.18215 }
const classes: ImportQuestion = {
  ...({ kind: 'names', id: 'classes', label: 'Classes', about: '' } as const),
  ...{ count: 2, suggestion: null },
}
const found: ModelFindings = {
  ...{ folder: '/m', what: 'SD', kind: 'text_to_image', roles: {}, bytes: 1, licence: 'unknown' },
  ...{ questions: [choice, scale, classes], notes: [], suggested: { id: 'm', name: 'm' } },
}

test('the form begins with the suggestions, and what has none is still to be answered', () => {
  const typed: TypedAnswers = suggestedAnswers(found)
  assert.deepEqual({ ...typed }, { prediction: 'epsilon', scale: '0.18215', classes: '' })
  assert.deepEqual(
    found.questions.map((question) => answerFault(question, typed[question.id] ?? '') === null),
    [true, true, false],
  )
})

test('answers are held against what was asked', () => {
  assert.equal(answerFault(choice, 'other'), 'Choose one')
  for (const wrong of ['', ' ', 'x', 'Infinity']) assert.ok(answerFault(scale, wrong), wrong)
  assert.equal(answerFault(scale, '-1e-3'), null)
  assert.match(answerFault(classes, 'a\n\nb\nc') ?? '', /found 3/)
  assert.equal(answerFault(classes, ' a \n b\n'), null)
})

test('numbers are sent as numbers', () => {
  assert.deepEqual(answersOf(found, { prediction: 'epsilon', scale: '0.5', classes: 'a\nb' }), {
    prediction: 'epsilon',
    scale: 0.5,
    classes: 'a\nb',
  })
})
