import assert from 'node:assert/strict'
import test from 'node:test'

import { StudioError } from './errors.ts'
import { maxPromptFileBytes, maxPrompts, readPromptFile } from './prompt-file.ts'

const read = (name: string, text: string) => readPromptFile(name, new TextEncoder().encode(text))

const refused = (message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof StudioError, String(error))
  assert.equal(error.code, 'bad_input')
  assert.match(error.message, message)
  return true
}

test('text has a prompt a line; blank lines and comments are passed over, line ends of all systems are read', () => {
  const { rows } = read('a.txt', '# mine\r\n\r\ntwo red stars, in night\r  a "blue" ring  \n\n#no\n')
  assert.deepEqual(
    rows.map(({ line, prompt }) => [line, prompt]),
    [
      [3, 'two red stars, in night'],
      [4, 'a "blue" ring'],
    ],
  )
})

test('a table has quotes, commas and line breaks in its texts, and fields by any way of writing their names', () => {
  const { rows, passedOver } = read(
    'a.csv',
    '\uFEFFPrompts,Category,negative_prompt,Seed,draftSteps\n"a ""red"" star,\nin sky",Colors,,7,\n\nblue ring,,blurred,,3\n',
  )
  assert.deepEqual(passedOver, ['Category'])
  assert.deepEqual(rows, [
    { line: 3, prompt: 'a "red" star,\nin sky', values: { seed: '7' }, fault: null },
    { line: 5, prompt: 'blue ring', values: { negativePrompt: 'blurred', draftSteps: '3' }, fault: null },
  ])
})

test('semicolons and tabs part columns where the first line has them', () => {
  assert.deepEqual(read('a.csv', 'prompt;steps\nred, blue;4\n').rows[0]?.values, { steps: '4' })
  assert.equal(read('a.tsv', 'steps\tprompt\n4\tred; blue, green\n').rows[0]?.prompt, 'red; blue, green')
})

test('UTF-16 of spreadsheets is read, other bytes are refused', () => {
  const utf16 = Buffer.from('\uFEFFprompt\tseed\nein Stern\t7\n', 'utf16le')
  assert.deepEqual(readPromptFile('a.tsv', utf16).rows[0], {
    ...{ line: 2, prompt: 'ein Stern', values: { seed: '7' }, fault: null },
  })
  assert.throws(() => readPromptFile('a.txt', Uint8Array.of(0xff, 0xd8, 0xff)), refused(/UTF-8/))
  assert.throws(() => read('a.txt', 'red\0star'), refused(/UTF-8/))
})

test('a quote within a text that begins without one is a part of it', () => {
  assert.equal(read('a.csv', 'prompt,seed\na 5" ring,7\n').rows[0]?.prompt, 'a 5" ring')
})

test('a row of another width keeps its line and its fault; the others are read', () => {
  const { rows } = read('a.csv', 'prompt,seed\nred star, in sky,7\nblue ring,8\n')
  assert.match(rows[0]?.fault ?? '', /Expected 2 columns, found 3; put quotes/)
  assert.deepEqual([rows[1]?.fault, rows[1]?.line], [null, 3])
})

test('says what is wrong with a file as a whole', () => {
  assert.throws(() => read('a.csv', 'title,seed\nx,1\n'), refused(/column named prompt.*found title, seed/))
  assert.throws(() => read('a.csv', 'prompt,Prompt\nx,1\n'), refused(/prompt twice/))
  assert.throws(() => read('a.csv', 'prompt,seed\n"red,1\n'), refused(/quotes.*at line/))
  assert.throws(() => read('a.csv', ''), refused(/column named prompt.*found nothing/))
  assert.throws(() => read('a.txt', '\n# nothing\n'), refused(/expected a prompt a line, found none/))
})

test('a file is bounded in bytes and in prompts', () => {
  assert.equal(read('a.txt', 'star\n'.repeat(maxPrompts)).rows.length, maxPrompts)
  assert.throws(() => read('a.txt', 'star\n'.repeat(maxPrompts + 1)), refused(/at most 1000.*found more/))
  assert.throws(
    () => read('a.csv', `prompt\n${'star\n'.repeat(maxPrompts + 1)}`),
    refused(/at most 1000.*found more/),
  )
  assert.equal(read('a.csv', `prompt\n${'star\n'.repeat(maxPrompts)}`).rows.length, maxPrompts)
  assert.throws(() => read('a.txt', ' '.repeat(maxPromptFileBytes + 1)), refused(/1 MiB.*split/))
})

test('names that are properties of every object are only columns without a meaning', () => {
  const { rows, passedOver } = read('a.csv', 'prompt,__proto__,constructor\nstar,1,2\n')
  assert.deepEqual([rows[0]?.values, passedOver], [{}, ['__proto__', 'constructor']])
})
