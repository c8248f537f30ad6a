import assert from 'node:assert/strict'
import { test } from 'node:test'

import { gradingRequest, readGrade } from './llm-grader.ts'

const names = ['accuracy', 'originality', 'visual_quality', 'consistency', 'emotional_resonance']

type Marks = Record<string, unknown>
const answerOf = (marks: Marks) =>
  Object.fromEntries(Object.entries(marks).map(([name, mark]) => [name, { reason: 'As seen.', mark }]))
const marksOf = (...marks: readonly unknown[]): Marks =>
  Object.fromEntries(names.map((name, i) => [name, marks[i]]))
const completionOf = (content: unknown, rest: object = {}) =>
  JSON.stringify({
    id: 'chatcmpl-1',
    choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content }, ...rest }],
  })
const saying = (answer: unknown, rest: object = {}) => completionOf(JSON.stringify(answer), rest)

test('the score is the mean of the five marks, from 0 to 10', () => {
  assert.deepEqual(readGrade(saying(answerOf(marksOf(9, 4, 7.5, 8, 6)))), { kind: 'graded', score: 6.9 })
  assert.deepEqual(readGrade(saying(answerOf(marksOf(0, 0, 0, 0, 0)))), { kind: 'graded', score: 0 })
  assert.deepEqual(readGrade(saying(answerOf(marksOf(10, 10, 10, 10, 10)))), { kind: 'graded', score: 10 })
})

test('what a model adds is passed over', () => {
  const answer = { overall: { mark: 1 }, ...answerOf(marksOf(5, 5, 5, 5, 5)) }
  assert.deepEqual(readGrade(saying(answer)), { kind: 'graded', score: 5 })
})

test('a refusal, by the model or by a filter, is no score', () => {
  const refusal = completionOf(null, { message: { content: null, refusal: 'I cannot\nhelp with that.' } })
  assert.deepEqual(readGrade(refusal), { kind: 'refused', found: 'I cannot help with that.' })
  assert.equal(readGrade(saying({}, { finish_reason: 'content_filter' })).kind, 'refused')
})

const good = answerOf(marksOf(5, 5, 5, 5, 5))
const malformed: readonly (readonly [string, string, RegExp])[] = [
  ['prose', completionOf('A lovely picture, 8 of 10.'), /for accuracy: A lovely picture/],
  ['JSON that is no object', completionOf('7'), /for accuracy: 7/],
  ['truncated JSON', completionOf(JSON.stringify(good).slice(0, -30)), /for accuracy/],
  ['an answer cut off by the server', saying(good, { finish_reason: 'length' }), /cut off after 800 tokens/],
  ['a missing aspect', saying(answerOf(marksOf(5, 5, 5, 5))), /for emotional_resonance/],
  ['a mark above 10', saying(answerOf(marksOf(5, 70, 5, 5, 5))), /for originality/],
  ['a mark below 0', saying(answerOf(marksOf(5, 5, -1, 5, 5))), /for visual_quality/],
  ['a mark that is text', saying(answerOf(marksOf(5, 5, 5, '5', 5))), /for consistency/],
  ['marks without objects', saying(marksOf(5, 5, 5, 5, 5)), /for accuracy/],
  ['no choices', '{"choices": []}', /no message: \{"choices": \[\]\}/],
  ['a body that is not JSON', '<html>busy</html>', /no message: <html>/],
  ['a number too large for JSON', saying(good).replaceAll(':5', ':1e999'), /for accuracy/],
]
for (const [what, body, found] of malformed) {
  test(`${what} is malformed, not zero`, () => {
    const grade = readGrade(body)
    assert.equal(grade.kind, 'malformed')
    assert.match(grade.found, found)
    assert.ok(grade.found.length < 220, 'an excerpt, not the whole answer')
  })
}

test('the request names the model, holds prompt and image, and asks for exactly the form that is read', () => {
  const request = gradingRequest('local-vision', 'two red stars', 'data:image/png;base64,AA==')
  const { model, temperature, messages, response_format } = request as {
    model: string
    temperature: number
    messages: readonly { role: string; content: unknown }[]
    response_format: { type: string; json_schema: { schema: { required: string[] } } }
  }
  assert.deepEqual([model, temperature, response_format.type], ['local-vision', 0, 'json_schema'])
  assert.deepEqual(response_format.json_schema.schema.required, names)
  assert.deepEqual(messages[1]?.content, [
    { type: 'text', text: 'The prompt: two red stars' },
    { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
  ])
  for (const name of names) assert.ok((messages[0]?.content as string).includes(`- ${name}: `), name)
})
